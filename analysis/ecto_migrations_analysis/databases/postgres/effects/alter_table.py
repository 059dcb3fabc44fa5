"""ALTER TABLE with its clauses, and the forms of it that stand alone: RENAME and SET SCHEMA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....operations import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AttachPartition,
    ColumnSetting,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropNotNull,
    Operation,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    SetDefault,
    SetExpression,
    SetNotNull,
    SetTableSchema,
    TableSetting,
    ValidateConstraint,
)
from ....operations.tables import TableOperation
from ..locks import ACCESS_EXCLUSIVE
from . import (
    column_clauses,
    constraint_clauses,
    existing_constraints,
    partition_clauses,
    setting_clauses,
    type_clauses,
)
from .alteration import Alteration
from .ledger import Ledger
from .pending import refuse_pending
from .situation import Situation

_CLAUSES: dict[type[Operation], Callable[[Any, Alteration], None]] = {
    AddColumn: column_clauses.add_column,
    DropColumn: column_clauses.drop_column,
    AlterColumnType: type_clauses.alter_type,
    SetNotNull: column_clauses.set_not_null,
    DropNotNull: column_clauses.drop_not_null,
    SetDefault: column_clauses.change_default,
    DropDefault: column_clauses.change_default,
    AddIdentity: column_clauses.add_identity,
    SetExpression: column_clauses.set_expression,
    DropExpression: column_clauses.drop_expression,
    ColumnSetting: setting_clauses.column_setting,
    TableSetting: setting_clauses.table_setting,
    AddConstraint: constraint_clauses.add_constraint,
    DropConstraint: existing_constraints.drop_constraint,
    ValidateConstraint: existing_constraints.validate_constraint,
    AlterConstraint: existing_constraints.alter_constraint,
    AttachPartition: partition_clauses.attach,
    DetachPartition: partition_clauses.detach,
}
CLAUSES = tuple(_CLAUSES)


def alter_table(operations: Sequence[TableOperation], situation: Situation, ledger: Ledger, sql: str) -> None:
    """All clauses of one statement; they share the table."""
    first = operations[0]
    if not _meets_table(first, situation, ledger):
        return
    refuse_pending("ALTER TABLE", situation.family(first.relation, first.only), first.span, ledger)
    alteration = Alteration(operations, situation, ledger, sql)
    for operation in operations:
        _CLAUSES[type(operation)](operation, alteration)
    alteration.finish()


def _meets_table(operation: TableOperation, situation: Situation, ledger: Ledger) -> bool:
    """Whether there is a table to alter, as far as the history tells."""
    relation = operation.relation
    if relation.name is None:
        ledger.unknown("the name of the table")
        return True
    if situation.exists(relation) is False:
        if not operation.table_if_exists:
            ledger.fail(f"relation `{relation}` does not exist", "missing", operation.span)
        return False
    return True


def rename_table(operation: RenameTable, situation: Situation, ledger: Ledger) -> None:
    if _meets_table(operation, situation, ledger):
        ledger.lock(operation.relation, ACCESS_EXCLUSIVE, operation.span)


def set_schema(operation: SetTableSchema, situation: Situation, ledger: Ledger) -> None:
    if _meets_table(operation, situation, ledger):
        ledger.lock(operation.relation, ACCESS_EXCLUSIVE, operation.span)


def rename_column(operation: RenameColumn, situation: Situation, ledger: Ledger) -> None:
    if not _meets_table(operation, situation, ledger):
        return
    ledger.lock_family(operation.relation, ACCESS_EXCLUSIVE, operation.span, operation.only)
    table = situation.table(operation.relation)
    if table is None or not table.complete or table.uncertain:
        return
    if operation.column is not None and operation.column not in table.columns:
        ledger.fail(
            f"column `{operation.column}` of `{operation.relation}` does not exist", "missing", operation.span
        )
    elif operation.to in table.columns:
        ledger.fail(
            f"column `{operation.to}` of `{operation.relation}` exists already", "duplicate", operation.span
        )


def rename_constraint(operation: RenameConstraint, situation: Situation, ledger: Ledger) -> None:
    if not _meets_table(operation, situation, ledger):
        return
    table = situation.table(operation.relation)
    constraint = table.constraints.get(operation.name or "") if table is not None else None
    alone = constraint is not None and constraint.definition.kind not in ("check", "not null")
    ledger.lock_family(operation.relation, ACCESS_EXCLUSIVE, operation.span, operation.only or alone)
    if table is not None and operation.to is not None and operation.to in table.constraints:
        ledger.fail(
            f"constraint `{operation.to}` for relation `{operation.relation}` already exists",
            "duplicate",
            operation.span,
        )
