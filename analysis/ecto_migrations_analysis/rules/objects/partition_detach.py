"""Partition detached under ACCESS EXCLUSIVE.

## What happens
`DETACH PARTITION` locks the whole partitioned table ACCESS EXCLUSIVE, until the commit: every query on every partition
waits behind it, and it waits behind the longest of them. The default partition is locked as well. Where a foreign key
points to the partitioned table, the rows of the referencing table are read under that lock.

## When it is silent
- `DETACH PARTITION … CONCURRENTLY` (PostgreSQL 14), which runs outside of a transaction.
- The migration creates the partitioned table itself.

## Instead

    @disable_ddl_transaction true
    @disable_migration_lock true

    def up do
      execute "ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY"
    end

It needs SHARE UPDATE EXCLUSIVE only, and cannot be used while there is a default partition.

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE on the partitioned table, on the partition and on the default partition.

## References
- PostgreSQL documentation, ALTER TABLE, `DETACH PARTITION`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import DetachPartition
from ..base import Case, Rule, subject
from ..context import MigrationContext


class PartitionDetach(Rule):
    id = "partition-detach"
    level = Level.DANGER
    tags = ("partitions", "blocking")

    fires = (
        Case(
            about="The plain form",
            text="""
            execute "ALTER TABLE events «DETACH PARTITION events_2020»",
                    "ALTER TABLE events ATTACH PARTITION events_2020 FOR VALUES IN (2020)"
            """,
        ),
        Case(
            about="Another table refers to it",
            before=(
                """
                execute "CREATE TABLE events (id bigint PRIMARY KEY) PARTITION BY RANGE (id)", ""
                execute "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (10)", ""
                execute "CREATE TABLE notes (event_id bigint REFERENCES events)", ""
                """,
            ),
            text='execute "ALTER TABLE events «DETACH PARTITION events_1»", ""',
        ),
    )
    silent = (
        Case(
            about="Concurrently",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              execute "ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY"
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="A table of the same migration",
            text="""
            execute "CREATE TABLE events (id bigint) PARTITION BY RANGE (id)", "DROP TABLE events"
            execute "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (10)", ""
            execute "ALTER TABLE events DETACH PARTITION events_1", ""
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(DetachPartition):
            table = operation.relation
            if operation.concurrently or operation.finalize or context.is_new(table, step):
                continue
            scans = [f"`{relation}`" for relation in step.effect.scans if relation != operation.partition]
            while_read = f" while {' and '.join(scans)} is read" if scans else ""
            concurrently = context.analysis.project.version.major >= 14
            yield self.finding(
                operation.span,
                f"Takes ACCESS EXCLUSIVE on all of `{table}`{while_read}: queries on every partition wait.",
                level=context.level(self.level if scans else Level.RISK, table, step),
                label="locks the partitioned table",
                reason="It waits for the longest query on any partition, and all later ones wait behind it until the"
                " commit.",
                advice="Use DETACH PARTITION … CONCURRENTLY outside of a transaction."
                if concurrently
                else "Run it alone, with a short lock_timeout. PostgreSQL 14 can detach CONCURRENTLY.",
                subject=subject(table, step.statement, partition=operation.partition.name),
            )
