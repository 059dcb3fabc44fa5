"""Partition attached while it, or the default partition, has to be read.

## What happens
`ATTACH PARTITION` takes only SHARE UPDATE EXCLUSIVE on the partitioned table. But the table that is attached is locked
ACCESS EXCLUSIVE and read whole, to see that its rows belong there. Where there is a default partition, that is locked
ACCESS EXCLUSIVE and read as well, and reads and writes of its rows wait.

## When it is silent
- The migration creates the table that is attached, and no default partition is known.
- Validated CHECKs say the bounds in so many words (`at >= … AND at < …`), as those below do.

## Instead
Give both tables a CHECK first that says the same as the bounds, added NOT VALID and validated in a migration of its
own; the scans are then left out. It can be dropped afterwards.

    create constraint(:events_2026, :events_2026_bounds,
             check: "at IS NOT NULL AND at >= '2026-01-01' AND at < '2027-01-01'", validate: false)

The default partition needs the opposite of the bounds.

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE on the attached table and on the default partition, `verifying table` of both; with a
CHECK on the attached table `partition constraint … is implied by existing constraints`.

## References
- PostgreSQL documentation, ALTER TABLE, `ATTACH PARTITION`; Table Partitioning, Partition Maintenance
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AttachPartition, Relation
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext

_EVENTS = """
create table(:events, primary_key: false, options: "PARTITION BY RANGE (at)") do
  add :at, :utc_datetime
end
"""
_REST = 'execute "CREATE TABLE events_rest PARTITION OF events DEFAULT", "DROP TABLE events_rest"\n'
_YEAR = """
create table(:events_2026, primary_key: false) do
  add :at, :utc_datetime
end
"""
_ATTACH = """
execute "ALTER TABLE events «ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')»",
        "ALTER TABLE events DETACH PARTITION events_2026"
"""


class PartitionAttach(Rule):
    id = "partition-attach"
    level = Level.RISK
    tags = ("partitions", "scan", "blocking")

    fires = (
        Case(about="A table with rows", before=(_EVENTS, _YEAR), text=_ATTACH),
        Case(about="Beside a default partition", before=(_EVENTS, _REST), text=_YEAR + _ATTACH),
    )
    silent = (
        Case(
            about="A CHECK says the bounds",
            before=(
                _EVENTS,
                _YEAR,
                """
                create constraint(:events_2026, :bounds,
                         check: "at IS NOT NULL AND at >= '2026-01-01' AND at < '2027-01-01'")
                """,
            ),
            text=_ATTACH.replace("«", "").replace("»", ""),
        ),
        Case(
            about="A new table, and no default partition",
            before=(_EVENTS,),
            text=_YEAR + _ATTACH.replace("«", "").replace("»", ""),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AttachPartition):
            scanned = [
                relation
                for relation in step.effect.scans
                if not context.is_new(relation, step) and not _is_referenced(step.before, operation, relation)
            ]
            if not scanned:
                continue
            names = " and ".join(f"`{relation}`" for relation in scanned)
            yield self.finding(
                operation.span,
                f"Reads {names} under ACCESS EXCLUSIVE to see which rows belong to `{operation.partition}`: reads and"
                f" writes of {'it' if len(scanned) == 1 else 'them'} wait.",
                level=context.level(self.level, operation.relation, step),
                label="every row is checked against the bounds",
                reason="No row of it may lie outside of the bounds, and none of the default partition inside of them.",
                advice="Add a CHECK that says so first, NOT VALID, and validate it in a migration of its own: then"
                " nothing is read.",
                subject=subject(operation.relation, step.statement, partition=operation.partition.name),
            )


def _is_referenced(schema: Schema, operation: AttachPartition, relation: Relation) -> bool:
    """Whether it is read only for a foreign key of the parent."""
    parent = schema.table(operation.relation)
    return parent is not None and any(
        constraint.definition.references is not None
        and Schema.key(constraint.definition.references) == Schema.key(relation)
        for constraint in parent.constraints.values()
    )
