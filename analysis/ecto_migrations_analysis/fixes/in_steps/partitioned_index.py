"""An index on a partitioned table: on the parent alone, concurrently on each partition, then attached.

CREATE INDEX CONCURRENTLY refuses a partitioned table; ON ONLY makes an index there that is INVALID until each
partition has one attached to it (PostgreSQL manual, "Table Partitioning", "Partition Maintenance"). An index
that is attached cannot be dropped alone, so all of it is one migration: run again, it begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...databases.postgres.quoting import default_name
from ...findings import Finding
from ...operations import CreateIndex, Relation
from ...program.commands import Command, Execute
from ...program.commands import CreateIndex as CreateIndexCommand
from ...records import dataclass
from ...schema.state import Schema, Table
from ..context import Context, Proposal, offer
from ..definitions import create_index, index_name
from ..enforce import brief_lock, execute
from ..model import Change, Files
from ..naming import snake
from .frame import Part, Taken, down_def, new_file_count, split, take, up_def

STRATEGY = "partitioned-index"
RULES = ("index-on-partitioned-parent", "concurrent-index-in-transaction")


@dataclass(frozen=True, slots=True)
class _Build:
    """The index of one partition."""

    partition: Relation
    name: str
    sql: str


def proposals(context: Context) -> Iterator[Proposal]:
    for step, command in context.commands(Command):
        if not isinstance(command, CreateIndexCommand | Execute):
            continue
        operations = list(context.operations(command))
        operation = operations[0] if len(operations) == 1 else None
        if not isinstance(operation, CreateIndex) or operation.name is None or operation.only:
            continue
        findings = context.findings(command.span, RULES)
        table = step.before.table(operation.relation)
        if table is None or not any(finding.rule == RULES[0] for finding in findings):
            continue
        builds = _builds(step.before, table, operation)
        parent = create_index(operation, operation.name, operation.relation, concurrently=False, only=True)
        taken = take(context, command) if builds and parent else None
        if taken is None or parent is None:
            continue
        part = _part(operation, operation.name, parent, builds)
        yield _proposal(context, operation, taken, part, findings, len(builds))


def _proposal(
    context: Context,
    operation: CreateIndex,
    taken: Taken,
    part: Part,
    findings: tuple[Finding, ...],
    count: int,
) -> Proposal:
    where = f"each of the {count} partitions" if count > 1 else "the partition"
    return Proposal(
        offer(
            context,
            STRATEGY,
            f"{operation.relation}.{operation.name}",
            f"Build the index on {where} concurrently, and attach it to one of the parent",
            findings[0].span,
            findings=findings,
            preferred=True,
            new_files=new_file_count(taken, 1),
        ),
        partial(_change, context, taken, part),
    )


def _change(context: Context, taken: Taken, part: Part, files: Files) -> Change:
    return split(context, taken, (part,), files)


def _builds(schema: Schema, table: Table, operation: CreateIndex) -> list[_Build]:
    """One for each partition that the history knows; none where one of them is partitioned itself."""
    builds: list[_Build] = []
    for relation in table.children:
        partition = schema.table(relation)
        if partition is None or partition.partition_by is not None or relation.name is None:
            return []
        if partition.partition_of is None or Schema.key(partition.partition_of) != Schema.key(table.relation):
            return []
        columns = "_".join(element.column or "expr" for element in operation.elements)
        name, count = default_name(relation.name, columns, "index"), 1
        while name in partition.indexes:
            count += 1
            name = default_name(relation.name, columns, f"index{count}")
        sql = create_index(operation, name, relation)
        if sql is None:
            return []
        builds.append(_Build(relation, name, sql))
    return builds


def _part(operation: CreateIndex, name: str, parent: str, builds: list[_Build]) -> Part:
    whole = index_name(name, operation.relation)
    drop = brief_lock(f"DROP INDEX IF EXISTS {whole}")
    up, down = [drop, brief_lock(parent)], [drop]
    for build in builds:
        own = index_name(build.name, build.partition)
        gone = execute(f"DROP INDEX CONCURRENTLY IF EXISTS {own}")
        up += [gone, execute(build.sql), brief_lock(f"ALTER INDEX {whole} ATTACH PARTITION {own}")]
        down.append(gone)
    return Part(
        name=f"create_{snake(name)}",
        about=f"the index {name}: on {operation.relation} alone, then on each partition, and attached.",
        notes=(
            "The parent's index is valid when the last one is attached. Partitions that no migration creates"
            " need their lines here too.",
            "Reads and writes go on. Run again, it begins anew: an attached index cannot be dropped alone.",
        ),
        callbacks=(up_def(*up), down_def(*down)),
        transactional=False,
    )
