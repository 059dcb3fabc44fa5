"""Default partition, which every later partition has to look through.

## What happens
A default partition takes the rows that no other partition wants. From then on each new partition makes PostgreSQL lock
the default one ACCESS EXCLUSIVE and read all of it, for rows that belong to the new one; where it finds any, it fails:
`updated partition constraint for default partition … would be violated by some row`. Partitions can no longer be
detached CONCURRENTLY.

## When it is silent
- The partition has bounds, and the table no default partition.
- A new partition of a table whose default partition is made by the same migration.
- A validated CHECK of the default partition keeps out the rows of the new one, in so many words
  (`at IS NULL OR at < … OR at >= …`).

## Instead
Create the partitions in time, by a job that is watched, and let an INSERT that finds none fail. Where there is a
default partition, give it a CHECK that keeps out the rows of the coming partition before that is made.

## Measured
PostgreSQL 18: CREATE TABLE … PARTITION OF takes ACCESS EXCLUSIVE on the parent and on the default partition; with rows
for it in the default partition it fails with SQLSTATE 23514.

## References
- PostgreSQL documentation, CREATE TABLE, `PARTITION OF … DEFAULT`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateTable, Relation
from ...schema.state import Schema, Table
from ..base import Case, Rule, subject
from ..context import MigrationContext

_EVENTS = 'execute "CREATE TABLE events (at date) PARTITION BY RANGE (at)", "DROP TABLE events"\n'
_REST = 'execute "CREATE TABLE events_rest PARTITION OF events DEFAULT", "DROP TABLE events_rest"\n'
_YEAR = """
execute "«CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')»",
        "DROP TABLE events_2026"
"""


class PartitionCreateDefault(Rule):
    id = "partition-create-default"
    level = Level.RISK
    tags = ("partitions", "scan", "blocking")

    fires = (
        Case(
            about="A default partition",
            before=(_EVENTS,),
            text=_REST.replace('"CREATE', '"«CREATE').replace('DEFAULT"', 'DEFAULT»"'),
        ),
        Case(about="A partition beside it", before=(_EVENTS, _REST), text=_YEAR),
    )
    silent = (
        Case(
            about="Bounds, and no default partition",
            before=(_EVENTS,),
            text=_YEAR.replace("«", "").replace("»", ""),
        ),
        Case(
            about="A CHECK keeps its rows out of the default partition",
            before=(
                _EVENTS,
                _REST,
                """
                create constraint(:events_rest, :not_2026,
                         check: "at IS NULL OR at < '2026-01-01' OR at >= '2027-01-01'")
                """,
            ),
            text=_YEAR.replace("«", "").replace("»", ""),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateTable):
            parent = operation.partition_of
            if parent is None:
                continue
            about = subject(parent, step.statement, partition=operation.relation.name)
            if operation.default_partition:
                yield self.finding(
                    operation.span,
                    f"Each later partition of `{parent}` locks `{operation.relation}` ACCESS EXCLUSIVE and reads all"
                    " of it.",
                    level=Level.INFO,
                    label="a default partition",
                    reason="No row of the default partition may belong to another, so PostgreSQL looks at each.",
                    advice="Create the partitions in time, and let an INSERT that finds none fail.",
                    subject=about,
                )
                continue
            default = _default(step.before, parent)
            if default is None or context.is_new(default.relation, step):
                continue
            if not any(Schema.key(item) == Schema.key(default.relation) for item in step.effect.scans):
                continue
            yield self.finding(
                operation.span,
                f"Locks `{parent}` and reads `{default.relation}` under ACCESS EXCLUSIVE, and fails if that has rows"
                " for the new partition.",
                level=context.level(self.level, parent, step),
                label="the default partition is read",
                reason="No row of the default partition may belong to another, so PostgreSQL looks at each.",
                advice="Give the default partition a CHECK that keeps these rows out, NOT VALID, and validate it in a"
                " migration of its own before this one.",
                subject=about,
            )


def _default(schema: Schema, parent: Relation) -> Table | None:
    """The default partition of a table, as far as it is known."""
    key = Schema.key(parent)
    return next(
        (
            table
            for table in schema.tables.values()
            if table.default_partition
            and table.partition_of is not None
            and Schema.key(table.partition_of) == key
        ),
        None,
    )
