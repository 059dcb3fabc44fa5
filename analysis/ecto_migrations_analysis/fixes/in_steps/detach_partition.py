"""A partition detached CONCURRENTLY, which makes nobody wait, in a migration without a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...databases.postgres.quoting import default_name
from ...operations import AttachPartition, DetachPartition
from ...program.commands import Execute
from ...program.terms import Text
from ...records import dataclass
from ...schema.state import Schema
from .. import sql_names
from ..context import Context, Proposal, offer
from ..enforce import brief_lock, execute
from ..model import Change, Files
from ..naming import snake
from .frame import Part, Taken, down_def, new_file_count, split, take, up_def

STRATEGY = "detach-concurrently"
RULE = "partition-detach"
# The first version that can.
_SINCE = 14


@dataclass(frozen=True, slots=True)
class _Way:
    """The statement that attaches it again, None where the migration has none."""

    back: str | None


def proposals(context: Context) -> Iterator[Proposal]:
    project = context.analysis.project
    if project.database != "postgres" or project.version.major < _SINCE:
        return
    for step, command in context.commands(Execute):
        operations = list(context.operations(command))
        operation = operations[0] if len(operations) == 1 else None
        if not isinstance(operation, DetachPartition) or operation.partition.name is None:
            continue
        findings = context.findings(command.span, (RULE,))
        way = _way_back(context, command, operation)
        # Where there is a default partition PostgreSQL refuses.
        if not findings or way is None or _has_default(step.before, operation):
            continue
        taken = take(context, command)
        if taken is None:
            continue
        part = _part(step, operation, way)
        yield Proposal(
            offer(
                context,
                STRATEGY,
                f"{operation.relation}.{operation.partition}",
                f"Detach {operation.partition} concurrently, without a transaction",
                findings[0].span,
                findings=findings,
                preferred=True,
                new_files=new_file_count(taken, 1),
            ),
            partial(_change, context, taken, part),
        )


def _change(context: Context, taken: Taken, part: Part, files: Files) -> Change:
    return split(context, taken, (part,), files)


def _has_default(schema: Schema, operation: DetachPartition) -> bool:
    parent = Schema.key(operation.relation)
    return any(
        table.default_partition
        and table.partition_of is not None
        and Schema.key(table.partition_of) == parent
        for table in schema.tables.values()
    )


def _way_back(context: Context, command: Execute, operation: DetachPartition) -> _Way | None:
    """None where the migration goes back by something else than attaching it."""
    down = context.migration.down
    if down is None:
        return _Way(None)
    if command.callback != "change" and len(down.program.commands) > 1:
        return None
    if isinstance(command.down, Text) and command.down.value == "" and command.callback == "change":
        return _Way(None)
    for step in down.steps:
        for other in step.statement.operations:
            if isinstance(other, AttachPartition) and other.partition == operation.partition:
                # The default partition itself cannot be detached so either.
                return None if other.default else _Way(" ".join(step.statement.sql.split()))
    return None


def _part(step: Step, operation: DetachPartition, way: _Way) -> Part:
    partition = sql_names.relation(operation.partition)
    alter = f"ALTER TABLE {sql_names.relation(operation.relation)}"
    callbacks = [up_def(execute(f"{alter} DETACH PARTITION {partition} CONCURRENTLY"))]
    notes = [
        f"Queries go on. Where it was interrupted, {alter} DETACH PARTITION {partition} FINALIZE ends it.",
    ]
    parent = step.before.table(operation.relation)
    if way.back is None:
        callbacks.append("def down, do: :ok")
    else:
        down = [brief_lock(way.back)]
        if parent is not None and len(parent.partition_key) == 1:
            left = default_name(operation.partition.name or "", parent.partition_key[0], "check")
            down.append(
                brief_lock(f"ALTER TABLE {partition} DROP CONSTRAINT IF EXISTS {sql_names.name(left)}")
            )
        notes.append(
            "PostgreSQL leaves its bounds behind as a CHECK, by which attaching it again is instant."
        )
        callbacks.append(down_def(*down))
    return Part(
        name=f"detach_{snake(operation.partition.name or '')}",
        about=f"detaches {operation.partition} from {operation.relation}.",
        notes=tuple(notes),
        callbacks=tuple(callbacks),
        transactional=False,
    )
