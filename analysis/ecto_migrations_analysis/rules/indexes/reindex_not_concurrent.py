"""Indexes rebuilt while everybody waits.

## What happens
`REINDEX` holds SHARE on the table for the whole build: inserts, updates and deletes wait. Each index that it rebuilds
is under ACCESS EXCLUSIVE, and the planner looks at every index of a table: nearly all queries on it wait too. In a
transaction the locks stay until the migration commits.

## When it is silent
- `CONCURRENTLY`.
- The migration creates the table itself.

## Instead
    @disable_ddl_transaction true
    @disable_migration_lock true

    def up, do: execute("REINDEX INDEX CONCURRENTLY posts_slug_index")
    def down, do: :ok

Better still from a console, once, and not in a migration that every environment runs.

## Measured
PostgreSQL 18, `pg_locks` after `REINDEX TABLE posts`: SHARE on `posts`, ACCESS EXCLUSIVE on each of its indexes.

## References
- PostgreSQL documentation, REINDEX, "Rebuilding Indexes Concurrently"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...findings import Finding, Level
from ...operations import Reindex, Relation
from ...schema.state import Table
from ..base import Case, Rule, subject
from ..context import MigrationContext


class ReindexNotConcurrent(Rule):
    id = "reindex-not-concurrent"
    level = Level.DANGER
    tags = ("indexes", "blocking")

    fires = (
        Case(about="A table", text='execute "«REINDEX TABLE posts»", ""'),
        Case(
            about="An index",
            before=("create table(:posts)\ncreate index(:posts, [:id])",),
            text='execute "«REINDEX INDEX posts_id_index»", ""',
        ),
    )
    silent = (
        Case(
            about="Concurrently",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up, do: execute("REINDEX TABLE CONCURRENTLY posts")
            def down, do: :ok
            """,
        ),
        Case(about="A new table", text='create table(:posts)\nexecute "REINDEX TABLE posts", ""'),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(Reindex):
            if operation.concurrently:
                continue
            relation, where = _place(step.before.tables, operation)
            if relation is not None and context.is_new(relation, step):
                continue
            yield self.finding(
                operation.span,
                f"Rebuilds {where} under SHARE, each index under ACCESS EXCLUSIVE: writes wait, and reads that plan"
                " with the index.",
                level=context.level(self.level, relation or operation.name, step),
                label="writes and most reads wait",
                reason="The planner looks at every index of a table, so that nearly every query waits for the build.",
                advice="`REINDEX … CONCURRENTLY`, in a migration of its own with `@disable_ddl_transaction true`.",
                subject=subject(relation or operation.name, step.statement),
            )


def _place(tables: Mapping[Relation, Table], operation: Reindex) -> tuple[Relation | None, str]:
    """The table, where it is one and known, and how to call what is rebuilt."""
    name = operation.name
    if operation.kind == "table":
        return name, f"the indexes of `{name}`"
    if operation.kind == "index":
        found = next((table.relation for table in tables.values() if name.name in table.indexes), None)
        return found, f"`{name}`" + (f" of `{found}`" if found is not None else "")
    return None, f"every index of the {operation.kind} `{name}`" if name.name else "every index"
