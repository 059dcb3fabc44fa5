"""Columns whose rows nobody has filled yet, as far as migrations tell."""

from __future__ import annotations

from ..analysis import Step
from ..operations import AddColumn, CallsCode, ConstraintDefinition, OpaqueSQL, Relation, Update
from ..records import dataclass
from ..schema.state import Column, Schema, Table
from ..sql.expressions import is_not_null_check
from .context import MigrationContext


@dataclass(frozen=True)
class Unfilled:
    """A column that rows from before it hold NULL in.

    `certain`: nothing can have filled it, since this migration adds it, or a later one fills it. `later`: a
    later migration does.
    """

    column: Column
    certain: bool
    later: bool


def proven_columns(definition: ConstraintDefinition) -> frozenset[str]:
    """The columns that a constraint wants to be not null."""
    if definition.kind == "not null":
        return frozenset(definition.columns)
    if definition.kind == "check" and definition.expression is not None:
        return is_not_null_check(definition.expression)
    return frozenset()


def unfilled(context: MigrationContext, step: Step, relation: Relation, name: str) -> Unfilled | None:
    """The column where it was added, empty, to a table with rows, and no migration has filled it."""
    table = step.before.table(relation)
    column = table.columns.get(name) if table is not None else None
    if table is None or column is None or context.is_new(relation) is not False:
        return None
    if column.not_null or column.default is not None or column.generated or column.identity:
        return None
    if column.backfilled or column.uncertain or table.uncertain or step.before.uncertain or table.triggers:
        return None
    here = _added_here(context, relation, name)
    if here is None and not _added_later_than_table(table, column):
        return None
    if _filled_unseen(context, step, relation):
        return None
    latest = context.analysis.project.latest
    after = latest().table(relation) if latest is not None else None
    found = after.columns.get(name) if after is not None else None
    later = found is not None and found.backfilled
    return Unfilled(column, certain=here is not None or later, later=later)


def _added_here(context: MigrationContext, relation: Relation, name: str) -> Step | None:
    return next(
        (
            step
            for step, operation in context.forward(AddColumn)
            if operation.column.name == name and Schema.key(operation.relation) == Schema.key(relation)
        ),
        None,
    )


def _added_later_than_table(table: Table, column: Column) -> bool:
    """Whether another file than the table's own added the column: its rows were there before."""
    made, added = table.origin.place, column.origin.place
    return made is not None and added is not None and made.path != added.path


def _filled_unseen(context: MigrationContext, before: Step, relation: Relation) -> bool:
    """Whether something in this migration may have filled the column without its being seen."""
    for step in context.steps:
        if step is before:
            return False
        for operation in step.statement.operations:
            if isinstance(operation, CallsCode | OpaqueSQL):
                return True
            if isinstance(operation, Update) and operation.relation.name is None:
                return True
    return False
