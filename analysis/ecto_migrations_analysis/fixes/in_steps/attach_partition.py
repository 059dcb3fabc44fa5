"""A table with rows attached as a partition: first a CHECK of its bounds, so that nothing is read then.

The default partition gets one that says the opposite, also before a partition is created beside it. They are
dropped once the partition's own constraint says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...databases.postgres.partition_bounds import bounds
from ...databases.postgres.quoting import default_name
from ...operations import AttachPartition, CreateIndex, CreateTable, Relation
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
CREATE = "create-beside-default"
RULES = {AttachPartition: "partition-attach", CreateTable: "partition-create-default"}


@dataclass(frozen=True, slots=True)
class _Check:
    """A CHECK for a table that would be read."""

    relation: Relation
    name: str
    sql: str
    # It keeps rows out of the default partition.
    apart: bool

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
        if not isinstance(operation, AttachPartition | CreateTable):
            continue
        findings = context.findings(executed.span, (RULES[type(operation)],))
        made = _made(step, operation) if findings else None
        checks = _checks(context, step, made) if made is not None else None
        taken = take(context, executed) if checks else None
        if made is None or not checks or taken is None:
            continue
        parts = _parts(made, checks)
        yield Proposal(
            offer(
                context,
                STRATEGY if made.there else CREATE,
                f"{made.parent}.{made.partition}",
                f"{made.verb.capitalize()} in 3 migrations: CHECK of its bounds without a scan → validate it"
                f" → {made.verb} (nothing is read)",
                findings[0].span,
                findings=findings,
                preferred=True,
                new_files=new_file_count(taken, len(parts)),
            ),
            partial(_change, context, taken, parts),
        )


def _change(context: Context, taken: Taken, parts: tuple[Part, ...], files: Files) -> Change:
    return split(context, taken, parts, files)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A partition that is attached (`there`) or created, the statement that does it and its inverse."""

    parent: Relation
    partition: Relation
    bound: str
    there: bool
    up: str
    down: str

    @property
    def verb(self) -> str:
        return "attach" if self.there else "create"


def _made(step: Step, operation: AttachPartition | CreateTable) -> _Made | None:
    bound = operation.bound.sql if operation.bound is not None else None
    if bound is None:
        return None
    sql = step.statement.sql.strip().rstrip(";")
    if isinstance(operation, AttachPartition):
        parent, partition = operation.relation, operation.partition
        down = f"ALTER TABLE {sql_names.relation(parent)} DETACH PARTITION {sql_names.relation(partition)}"
        there = True
    else:
        if operation.partition_of is None or operation.if_not_exists or operation.partition_by is not None:
            return None
        parent, partition = operation.partition_of, operation.relation
        down, there = f"DROP TABLE {sql_names.relation(partition)}", False
    if partition.name is None:
        return None
    return _Made(parent=parent, partition=partition, bound=bound, there=there, up=sql, down=down)


def _checks(context: Context, step: Step, made: _Made) -> list[_Check] | None:
    """One for each table that would be read; None where the bounds or what else is read cannot be said."""
    schema = step.before
    parent, partition = schema.table(made.parent), schema.table(made.partition)
    if parent is None or len(parent.partition_key) != 1:
        return None
    limits = bounds(parent, made.bound, sql_names.name(parent.partition_key[0]))
    if limits is None or (made.there and not _nothing_else(parent, partition)):
        return None
    found = []
    for relation in step.effect.scans:
        if context.is_new(relation, step):
            continue
        known = schema.table(relation)
        if Schema.key(relation) == Schema.key(made.partition):
            name, sql = default_name(relation.name or "", None, "bounds"), limits.check
        elif known is not None and known.default_partition:
            name = default_name(relation.name or "", made.partition.name, "apart")
            sql = limits.opposite
        else:
            return None
        if known is not None and name in known.constraints:
            return None
        found.append(_Check(relation, name, sql, apart=sql == limits.opposite))
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


def _parts(made: _Made, checks: list[_Check]) -> tuple[Part, ...]:
    called = snake(made.partition.name or "")
    tables = " and ".join(f"{check.relation}" for check in checks)
    again = "# Does nothing where step 2 has run; after a rollback it has to be done again."
    validations = [execute(check.validate) for check in checks]
    up = f"execute({elixir.literal(made.up)})" if "\n" in made.up else execute(made.up)
    apart = [check.relation for check in checks if check.apart]
    refused = (
        f"From now on until step 3 {apart[0]} refuses rows within the bounds of {made.partition}, and step 2"
        " fails where it has such rows: move them first."
        if apart
        else ""
    )
    return (
        Part(
            name=f"add_{called}_bounds",
            about=f"what is written to {tables} is checked against the bounds; rows that are there are not"
            " yet.",
            notes=(*filter(None, (refused,)), "Next: step {next} (validate). It can follow at once."),
            callbacks=(change_def(*(check.create for check in checks)),),
        ),
        Part(
            name=f"validate_{called}_bounds",
            about="validates it.",
            notes=("The scan holds SHARE UPDATE EXCLUSIVE: reads and writes go on.",),
            callbacks=(change_def(*(execute(check.validate, "") for check in checks)),),
        ),
        Part(
            name=f"{made.verb}_{called}",
            about=f"{'attaches' if made.there else 'creates'} {made.partition}, and drops the CHECK, which"
            " its bounds replace.",
            callbacks=(
                up_def(
                    elixir.block([f"{again}\n{validations[0]}", *validations[1:]]),
                    up,
                    *(check.drop for check in checks),
                ),
                down_def(execute(made.down), *(check.create for check in checks)),
            ),
        ),
    )
