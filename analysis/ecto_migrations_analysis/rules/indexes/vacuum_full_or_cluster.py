"""Table written anew by VACUUM FULL or CLUSTER.

## What happens
Both copy the whole table and rebuild all of its indexes under ACCESS EXCLUSIVE: reads and writes wait until it is
done, and as much disk again is needed meanwhile. `VACUUM FULL` cannot run in a transaction; `CLUSTER` can, and then
holds the lock until the migration commits. The order that `CLUSTER` makes is lost again with the next updates.

## When it is silent
- Plain `VACUUM` and `ANALYZE`, which make nobody wait.
- The migration creates the table itself.

## Instead
`VACUUM (ANALYZE)` where space is only to be used again. Where the table must shrink, `pg_repack` or `pg_squeeze`,
which copy it while the application goes on, and not from a migration.

## Measured
PostgreSQL 18, `pg_locks` after `CLUSTER posts USING posts_slug_index`: ACCESS EXCLUSIVE on `posts` and on all of its
indexes, every one of which is built anew. `VACUUM FULL` takes the same.

## References
- PostgreSQL documentation, VACUUM, `FULL`; CLUSTER
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Maintenance
from ..base import Case, Rule, subject
from ..context import MigrationContext


class VacuumFullOrCluster(Rule):
    id = "vacuum-full-or-cluster"
    level = Level.DANGER
    tags = ("tables", "blocking")

    fires = (
        Case(
            about="VACUUM FULL",
            text="""
            @disable_ddl_transaction true

            def up, do: execute("«VACUUM FULL posts»")
            def down, do: :ok
            """,
        ),
        Case(about="CLUSTER", text='execute "«CLUSTER posts USING posts_slug_index»", ""'),
    )
    silent = (
        Case(
            about="VACUUM and ANALYZE",
            text="""
            @disable_ddl_transaction true

            def up do
              execute "VACUUM posts"
              execute "ANALYZE posts"
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="A new table",
            text='create table(:posts)\nexecute "CLUSTER posts USING posts_pkey", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(Maintenance):
            if operation.command not in ("vacuum full", "cluster"):
                continue
            old = [relation for relation in operation.relations if not context.is_new(relation, step)]
            if operation.relations and not old:
                continue
            names = " and ".join(f"`{relation}`" for relation in old) or "every table"
            yield self.finding(
                operation.span,
                f"{operation.command.upper()} writes {names} anew under ACCESS EXCLUSIVE: reads and writes wait until"
                " it is done.",
                level=context.level(self.level, old[0], step) if old else self.level,
                label="copies the whole table",
                reason="The table and all of its indexes are copied while nobody else may touch it.",
                advice="Plain VACUUM makes the space usable again; to shrink a table while it is used, pg_repack.",
                **({"subject": subject(old[0], step.statement)} if old else {}),
            )
