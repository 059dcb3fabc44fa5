"""Enums and domains."""

from __future__ import annotations

from ....operations import (
    AddColumn,
    AddEnumValue,
    AlterDomain,
    CreateDomain,
    CreateEnum,
    DataType,
    Operation,
    Relation,
    RenameEnumValue,
    SetDefault,
    Statement,
)
from ....schema.identifiers import mentions
from ....schema.state import Schema
from ..locks import SHARE, SHARE_UPDATE_EXCLUSIVE
from .ledger import Ledger
from .situation import Situation


def create_type(operation: CreateEnum | CreateDomain, situation: Situation, ledger: Ledger) -> None:
    name = Schema.key(operation.name)
    if name.name is None:
        return
    if name in situation.schema.enums or name in situation.schema.domains:
        ledger.fail(f"type `{operation.name}` already exists", "duplicate", operation.span)


def add_value(operation: AddEnumValue, situation: Situation, ledger: Ledger) -> None:
    """No table is touched (in a transaction since PostgreSQL 12)."""
    enum = situation.schema.enums.get(Schema.key(operation.name))
    if enum is None:
        if situation.schema.complete and operation.name.name is not None:
            ledger.fail(f"type `{operation.name}` does not exist", "missing", operation.span)
        return
    if operation.value in enum.values and not operation.if_not_exists:
        ledger.fail(
            f"enum label `{operation.value}` of `{operation.name}` already exists",
            "duplicate",
            operation.span,
        )
    if operation.position is not None and enum.complete and operation.position[1] not in enum.values:
        ledger.fail(
            f"`{operation.position[1]}` is not an existing enum label of `{operation.name}`",
            "missing",
            operation.span,
        )


def rename_value(operation: RenameEnumValue, situation: Situation, ledger: Ledger) -> None:
    enum = situation.schema.enums.get(Schema.key(operation.name))
    if enum is None:
        if situation.schema.complete and operation.name.name is not None:
            ledger.fail(f"type `{operation.name}` does not exist", "missing", operation.span)
        return
    if enum.complete and operation.value is not None and operation.value not in enum.values:
        ledger.fail(
            f"`{operation.value}` is not an existing enum label of `{operation.name}`",
            "missing",
            operation.span,
        )
    if operation.to in enum.values:
        ledger.fail(
            f"enum label `{operation.to}` of `{operation.name}` already exists", "duplicate", operation.span
        )


def alter_domain(operation: AlterDomain, situation: Situation, ledger: Ledger) -> None:
    """Every table with a column of the domain is read under SHARE (`validateDomainCheckConstraint`)."""
    if operation.clause not in ("add constraint", "set not null", "validate constraint"):
        return
    if operation.clause == "add constraint" and not operation.validated:
        return
    if not situation.schema.complete:
        ledger.unknown(f"which tables have columns of `{operation.name}`: they are read")
    mode = SHARE
    if operation.clause == "validate constraint" and situation.version > 18:
        mode = SHARE_UPDATE_EXCLUSIVE
    for relation in tables_with(operation.name, situation):
        ledger.lock(relation, mode, operation.span)
        if not situation.is_partitioned(relation):
            ledger.scan(relation)
        ledger.fail_on_rows(
            relation, f"a value of `{operation.name}` in `{relation}` breaks the constraint", operation.span
        )


def tables_with(name: Relation, situation: Situation) -> list[Relation]:
    """The tables that have a column of the type."""
    key = Schema.key(name)
    return [
        relation
        for relation, table in situation.schema.tables.items()
        if any(
            column.type.name is not None and Schema.key(Relation(column.type.name, column.type.schema)) == key
            for column in table.columns.values()
        )
    ]


def unsafe_values(statement: Statement, situation: Situation) -> list[tuple[Relation, str]]:
    """New enum values that the statement uses before they are committed.

    PostgreSQL refuses them ("unsafe use of new value"), since 17 except where the enum itself is new. A
    statement uses a value where it says it as a text, and names the enum or touches a column that is one.
    """
    added = situation.transaction.enum_values
    if situation.version >= 17:
        added = frozenset(item for item in added if item[0] not in situation.transaction.created_types)
    found: list[tuple[Relation, str]] = []
    for enum, value in sorted(added, key=str):
        if value not in statement.sql or not _touches(statement, enum, situation):
            continue
        from ....sql.expressions import string_literals

        if value in (string_literals(statement.sql) or ()):
            found.append((enum, value))
    return found


def _touches(statement: Statement, enum: Relation, situation: Situation) -> bool:
    """Whether the statement names the enum, or what it does can concern a column of it."""
    if enum.name is not None and mentions(statement.sql.replace("::", " "), enum.name):
        return True
    return any(_concerns(operation, enum, situation) for operation in statement.operations)


def _concerns(operation: Operation, enum: Relation, situation: Situation) -> bool:
    if isinstance(operation, AddColumn):
        return _is_of(operation.column.type, enum)
    relation = getattr(operation, "relation", None)
    if isinstance(operation, SetDefault):
        column = situation.column(operation.relation, operation.column)
        return column is not None and _is_of(column.type, enum)
    touched = [relation, *getattr(operation, "reads", ())]
    keys = {Schema.key(item) for item in touched if isinstance(item, Relation)}
    return bool(keys & set(tables_with(enum, situation)))


def _is_of(item: DataType, enum: Relation) -> bool:
    return item.name is not None and Schema.key(Relation(item.name, item.schema)) == Schema.key(enum)
