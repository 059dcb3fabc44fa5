"""A table with rows attached as a partition: first a CHECK of its bounds, so that nothing is read then.

The default partition gets one that says the opposite. Both are dropped once the partition's own constraint
says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...databases.postgres.partition_bounds import bounds
from ...databases.postgres.quoting import default_name
from ...operations import AttachPartition, CreateIndex, Relation
from ...program.commands import Execute
from ...records import dataclass
from ...schema.state import IndexState, Schema, Table
from .. import elixir, sql_names
from ..build_index import command
from ..context import Context, Proposal, offer
from ..enforce import execute
from ..layout import Call, Pair
from ..model import Change, Files
from ..naming import snake
from .frame import Part, Taken, change_def, down_def, new_file_count, split, take, up_def

STRATEGY = "attach-checked-partition"
RULE = "partition-attach"


@dataclass(frozen=True, slots=True)
class _Check:
    """A CHECK for a table that would be read."""

    relation: Relation
    name: str
    sql: str

    @property
    def create(self) -> str:
        condition = Pair("check:", elixir.string(self.sql))
        return command("create", self._call(condition, Pair("validate:", "false")))

    @property
    def drop(self) -> str:
        return command("drop", self._call())

    def _call(self, *options: Pair) -> Call:
        prefix = (Pair("prefix:", elixir.string(self.relation.schema)),) if self.relation.schema else ()
        names = (elixir.atom(self.relation.name or ""), elixir.atom(self.name))
        return Call("constraint", (*names, *options, *prefix))

    @property
    def validate(self) -> str:
        table = sql_names.relation(self.relation)
        return f"ALTER TABLE {table} VALIDATE CONSTRAINT {sql_names.name(self.name)}"


def proposals(context: Context) -> Iterator[Proposal]:
    if context.analysis.project.database != "postgres":
        return
    for step, executed in context.commands(Execute):
        operations = list(context.operations(executed))
        operation = operations[0] if len(operations) == 1 else None
        if not isinstance(operation, AttachPartition):
            continue
        findings = context.findings(executed.span, (RULE,))
        checks = _checks(context, step, operation) if findings else None
        taken = take(context, executed) if checks else None
        if not checks or taken is None:
            continue
        parts = _parts(operation, checks)
        yield Proposal(
            offer(
                context,
                STRATEGY,
                f"{operation.relation}.{operation.partition}",
                "Attach in 3 migrations: CHECK of its bounds without a scan → validate it → attach (nothing"
                " is read)",
                findings[0].span,
                findings=findings,
                preferred=True,
                new_files=new_file_count(taken, len(parts)),
            ),
            partial(_change, context, taken, parts),
        )


def _change(context: Context, taken: Taken, parts: tuple[Part, ...], files: Files) -> Change:
    return split(context, taken, parts, files)


def _checks(context: Context, step: Step, operation: AttachPartition) -> list[_Check] | None:
    """One for each table that would be read; None where the bounds or what else is read cannot be said."""
    schema = step.before
    parent, partition = schema.table(operation.relation), schema.table(operation.partition)
    if parent is None or operation.bound is None or operation.partition.name is None or operation.default:
        return None
    if len(parent.partition_key) != 1:
        return None
    limits = bounds(parent, operation.bound.sql, sql_names.name(parent.partition_key[0]))
    if limits is None or not _nothing_else(parent, partition):
        return None
    found = []
    for relation in step.effect.scans:
        if context.is_new(relation, step):
            continue
        known = schema.table(relation)
        if Schema.key(relation) == Schema.key(operation.partition):
            name, sql = default_name(relation.name or "", None, "bounds"), limits.check
        elif known is not None and known.default_partition:
            name = default_name(relation.name or "", operation.partition.name, "apart")
            sql = limits.opposite
        else:
            return None
        if known is not None and name in known.constraints:
            return None
        found.append(_Check(relation, name, sql))
    return found


def _nothing_else(parent: Table, partition: Table | None) -> bool:
    """Whether the partition has what ATTACH would build or validate otherwise: indexes, foreign keys."""
    if any(state.definition.kind == "foreign key" for state in parent.constraints.values()):
        return False
    if not parent.indexes:
        return True
    return partition is not None and all(
        any(_same(index, other) for other in partition.indexes.values()) for index in parent.indexes.values()
    )


def _same(index: IndexState, other: IndexState) -> bool:
    return _shape(index.definition) == _shape(other.definition) and (index.constraint is None) == (
        other.constraint is None
    )


def _shape(index: CreateIndex) -> tuple[object, ...]:
    where = index.where.sql if index.where is not None else None
    return index.elements, index.unique, index.method, index.include, where, index.nulls_distinct


# --- the migrations ----------------------------------------------------------------------------------------


def _parts(operation: AttachPartition, checks: list[_Check]) -> tuple[Part, ...]:
    partition = operation.partition
    called = snake(partition.name or "")
    alter = f"ALTER TABLE {sql_names.relation(operation.relation)}"
    assert operation.bound is not None and operation.bound.sql is not None
    attach = (
        f"{alter} ATTACH PARTITION {sql_names.relation(partition)} {' '.join(operation.bound.sql.split())}"
    )
    detach = f"{alter} DETACH PARTITION {sql_names.relation(partition)}"
    tables = " and ".join(f"{check.relation}" for check in checks)
    again = "# Does nothing where step 2 has run; after a rollback it has to be done again."
    validations = [execute(check.validate) for check in checks]
    return (
        Part(
            name=f"add_{called}_bounds",
            about=f"what is written to {tables} is checked against the bounds; rows that are there are not"
            " yet.",
            notes=("Next: step {next} (validate). It can follow at once.",),
            callbacks=(change_def(*(check.create for check in checks)),),
        ),
        Part(
            name=f"validate_{called}_bounds",
            about="validates it.",
            notes=("The scan holds SHARE UPDATE EXCLUSIVE: reads and writes go on.",),
            callbacks=(change_def(*(execute(check.validate, "") for check in checks)),),
        ),
        Part(
            name=f"attach_{called}",
            about=f"attaches {partition}, and drops the CHECK, which the partition's bounds replace.",
            callbacks=(
                up_def(
                    elixir.block([f"{again}\n{validations[0]}", *validations[1:]]),
                    execute(attach),
                    *(check.drop for check in checks),
                ),
                down_def(execute(detach), *(check.create for check in checks)),
            ),
        ),
    )
