"""Index on a partitioned table.

## What happens
PostgreSQL cannot build an index on a partitioned table concurrently: `cannot create index on partitioned table
"t" concurrently`. The plain form builds it on every partition in one statement, with SHARE on all of them until
the last is done.

## When it is silent
- `only: true`: the parent's index is made in the catalog alone.
- The table is not known to be partitioned, or is new.

## Instead
Make it on the parent only, build one on each partition concurrently, and attach them:

    create index(:events, [:user_id], only: true)
    -- for each partition, in a migration without a transaction:
    create index(:events_2026, [:user_id], concurrently: true)
    execute "ALTER INDEX events_user_id_index ATTACH PARTITION events_2026_user_id_index", ""

## Measured
PostgreSQL 13 to 18: the error above; SHARE on the parent and every partition.

## References
- PostgreSQL documentation, Table Partitioning, Partition Maintenance
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateIndex
from ..base import Case, Rule, subject
from ..context import MigrationContext

_EVENTS = """
create table(:events, primary_key: false, options: "PARTITION BY RANGE (inserted_at)") do
  add :user_id, :bigint
  add :inserted_at, :utc_datetime, null: false
end
"""


class IndexOnPartitionedParent(Rule):
    id = "index-on-partitioned-parent"
    level = Level.DANGER
    tags = ("indexes", "partitions", "history")
    silences = ("statement-fails",)

    fires = (
        Case(
            about="Concurrently: fails",
            before=(_EVENTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              «create index(:events, [:user_id], concurrently: true)»
            end
            """,
        ),
        Case(
            about="Plainly: every partition at once",
            before=(_EVENTS,),
            text="«create index(:events, [:user_id])»",
        ),
        Case(
            about="With a partition that the history knows",
            before=(
                _EVENTS,
                "execute \"CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01')"
                ' TO (\'2027-01-01\')", ""',
            ),
            text="«create index(:events, [:user_id])»",
        ),
    )
    silent = (
        Case(
            about="On the parent only",
            before=(_EVENTS,),
            text="create index(:events, [:user_id], only: true)",
        ),
        Case(
            about="Not partitioned",
            before=("create table(:events) do\n  add :user_id, :bigint\nend",),
            text="create index(:events, [:user_id])",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateIndex):
            table = step.before.table(operation.relation)
            if table is None or table.partition_by is None or operation.only:
                continue
            if context.is_new(operation.relation, step):
                continue
            if operation.concurrently:
                message = (
                    f"Fails: PostgreSQL cannot create an index on partitioned table `{operation.relation}`"
                    " concurrently."
                )
            else:
                message = (
                    f"Builds an index on every partition of `{operation.relation}` under SHARE on all of them:"
                    " inserts, updates and deletes wait until the last is built."
                )
            yield self.finding(
                operation.span,
                message,
                level=context.level(self.level, operation.relation, step),
                label="the table is partitioned",
                reason="An index on a partitioned table is one index on each partition, and all are built in one"
                " statement.",
                advice="Create it with `only: true`, build one on each partition with `concurrently: true`, then"
                " attach them.",
                subject=subject(operation.relation, step.statement, index=operation.name),
            )
