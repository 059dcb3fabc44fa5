"""One statement, whatever its operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from ....operations import (
    AddEnumValue,
    AlterDomain,
    AttachIndexPartition,
    CallsCode,
    Comment,
    CreateDomain,
    CreateEnum,
    CreateFunction,
    CreateIndex,
    CreateObject,
    CreatePolicy,
    CreateTable,
    CreateTrigger,
    CreateView,
    Delete,
    DropIndex,
    DropObject,
    DropTable,
    DropView,
    Insert,
    LockTable,
    Maintenance,
    OpaqueSQL,
    Operation,
    RefreshMaterializedView,
    Reindex,
    RenameColumn,
    RenameConstraint,
    RenameEnumValue,
    RenameIndex,
    RenameObject,
    RenameTable,
    Select,
    SetConstraints,
    SetTableSchema,
    Statement,
    Truncate,
    UnparsedSQL,
    Update,
)
from ....operations.tables import TableOperation
from ....schema.apply import apply
from ....schema.state import Schema
from ...effects import Effect
from ..transaction import Transaction
from . import alter_table, data, indexes, maintenance, objects, pending, tables, types, views
from .ledger import Ledger
from .situation import Situation

Handler = Callable[[Any, Situation, Ledger], None]


def _syntax_error(operation: UnparsedSQL, situation: Situation, ledger: Ledger) -> None:
    ledger.fail(operation.message, "syntax", operation.span)


def _opaque(operation: OpaqueSQL, situation: Situation, ledger: Ledger) -> None:
    what = f"{operation.keywords}: {operation.reason}" if operation.keywords else operation.reason
    ledger.unknown(what)


def _code(operation: CallsCode, situation: Situation, ledger: Ledger) -> None:
    ledger.unknown(f"what `{operation.call}` does")


# What is not listed touches no table: SET, SHOW, transaction control, …
_HANDLERS: dict[type[Operation], Handler] = {
    CreateTable: tables.create_table,
    RenameTable: alter_table.rename_table,
    SetTableSchema: alter_table.set_schema,
    RenameColumn: alter_table.rename_column,
    RenameConstraint: alter_table.rename_constraint,
    CreateIndex: indexes.create_index,
    DropIndex: indexes.drop_index,
    RenameIndex: indexes.rename_index,
    AttachIndexPartition: indexes.attach_index,
    Reindex: indexes.reindex,
    CreateView: views.create_view,
    DropView: views.drop_view,
    RefreshMaterializedView: views.refresh,
    Insert: data.insert,
    Update: data.update,
    Delete: data.delete,
    Truncate: data.truncate,
    Select: data.select,
    LockTable: data.lock_table,
    SetConstraints: pending.set_constraints,
    Maintenance: maintenance.maintain,
    CreateEnum: types.create_type,
    CreateDomain: types.create_type,
    AddEnumValue: types.add_value,
    RenameEnumValue: types.rename_value,
    AlterDomain: types.alter_domain,
    CreateTrigger: objects.create_trigger,
    CreatePolicy: objects.create_policy,
    CreateFunction: objects.create_function,
    CreateObject: objects.create_object,
    DropObject: objects.drop_object,
    RenameObject: objects.rename_object,
    Comment: objects.comment,
    UnparsedSQL: _syntax_error,
    OpaqueSQL: _opaque,
    CallsCode: _code,
}

# Statements about an enum may name its new values; they do not use them.
_ABOUT_NAMES = (AddEnumValue, RenameEnumValue, CreateEnum, Comment, DropObject)


def effect_of(statement: Statement, schema: Schema, version: int, transaction: Transaction) -> Effect:
    """What `statement` does on PostgreSQL `version` (the major one, 13 to 18), where it meets `schema`.

    Locks, scans and rewrites are those of the statement alone: what earlier ones of the transaction hold is
    in `transaction.held`. A statement that certainly fails has no effect but its failures. Never raises.
    """
    ledger = Ledger(Situation(schema, version, transaction))
    if statement.error is not None:
        ledger.fail(statement.error, "adapter", statement.span)
    elif not statement.certain and not statement.operations:
        ledger.unknown("what the statement is")
    for group in _groups(statement.operations):
        situation = Situation(schema, version, transaction)
        ledger.situation = situation
        _take_down(group, situation, ledger, statement)
        if len(group) < len(statement.operations):
            for operation in group:
                schema = apply(schema, operation)
    _refuse_new_enum_values(statement, ledger)
    effect = ledger.effect()
    if ledger.certainly_fails:
        return Effect(failures=effect.failures, unknown=effect.unknown)
    return effect


def _groups(operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    """The operations that one command does together: the clauses of ALTER TABLE, the tables of DROP TABLE."""

    def together(numbered: tuple[int, Operation]) -> object:
        number, operation = numbered
        if isinstance(operation, alter_table.CLAUSES):
            assert isinstance(operation, TableOperation)
            return ("alter", Schema.key(operation.relation))
        return "drop" if isinstance(operation, DropTable) else number

    for _, group in groupby(enumerate(operations), together):
        yield [operation for _, operation in group]


def _take_down(group: list[Operation], situation: Situation, ledger: Ledger, statement: Statement) -> None:
    if isinstance(group[0], alter_table.CLAUSES):
        clauses = [operation for operation in group if isinstance(operation, TableOperation)]
        alter_table.alter_table(clauses, situation, ledger, statement.sql)
        return
    dropped = [operation for operation in group if isinstance(operation, DropTable)]
    if dropped:
        together = frozenset(item for operation in dropped for item in situation.family(operation.relation))
        for table in dropped:
            tables.drop_table(table, situation, ledger, together)
        return
    for operation in group:
        handler = _HANDLERS.get(type(operation))
        if handler is not None:
            handler(operation, situation, ledger)


def _refuse_new_enum_values(statement: Statement, ledger: Ledger) -> None:
    if not ledger.situation.transaction.enum_values:
        return
    if any(isinstance(operation, _ABOUT_NAMES) for operation in statement.operations):
        return
    for enum, value in types.unsafe_values(statement, ledger.situation):
        ledger.fail(
            f"unsafe use of new value `{value}` of enum type `{enum}`: it must be committed first",
            "transaction",
            statement.span,
        )
