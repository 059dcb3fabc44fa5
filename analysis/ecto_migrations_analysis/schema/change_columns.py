"""Columns: added, dropped, renamed, and their attributes. Partitions and heirs follow."""

from __future__ import annotations

from collections.abc import Callable

from ..operations import (
    AddColumn,
    AddIdentity,
    AlterColumnType,
    ColumnSetting,
    DropDefault,
    DropExpression,
    DropNotNull,
    Generated,
    SetDefault,
    SetExpression,
    SetNotNull,
)
from ..operations.tables import ColumnOperation
from ..records import replace
from .change_tables import given_default, new_column, serial_default
from .edit import change_table, column_of, doubt, doubt_table, existing, put_column, put_table, with_children
from .persistent import without
from .state import Column, Origin, Schema


def add_column(schema: Schema, operation: AddColumn, origin: Origin) -> Schema:
    relation, definition = operation.relation, operation.column
    if relation.name is None:
        return doubt(schema, "a column was added to a table that is not known")
    if definition.name is None:
        return change_table(
            schema, relation, lambda table: doubt_table(table, "a column whose name is not known was added")
        )
    name = definition.name
    table = existing(schema, relation)
    if operation.if_not_exists and name in table.columns:
        return schema
    column = new_column(definition, origin)
    if definition.type.serial:
        column = replace(column, default=serial_default(table.relation, name))
    if operation.if_not_exists and not table.complete:
        column = replace(column, uncertain=("it may have existed before ADD COLUMN IF NOT EXISTS",))
    for child in with_children(schema, relation, operation.only):
        # A child that has the column already keeps its own.
        if child == table.relation or name not in existing(schema, child).columns:
            schema = change_table(schema, child, lambda item: put_column(item, column))
    return schema


def change_column(
    schema: Schema, operation: ColumnOperation, change: Callable[[Column], Column], what: str
) -> Schema:
    """One attribute of a column changed; `what` says so, for a table or column whose name is not known."""
    relation, name = operation.relation, operation.column
    if relation.name is None:
        return doubt(schema, f"{what} of a table that is not known")
    if name is None:
        return change_table(
            schema, relation, lambda table: doubt_table(table, f"{what} whose name is not known")
        )
    for child in with_children(schema, relation, operation.only):
        table = existing(schema, child)
        column = column_of(table, name)
        if column is not None:
            schema = put_table(schema, put_column(table, change(column)))
    return schema


def alter_type(schema: Schema, operation: AlterColumnType, origin: Origin) -> Schema:
    def altered(column: Column) -> Column:
        # Without COLLATE the column gets its type's own collation (ALTER TABLE, "SET DATA TYPE").
        return replace(
            column,
            type=replace(operation.type, serial=False),
            collation=operation.collation,
            changed=origin,
        )

    return change_column(schema, operation, altered, "the type of a column was changed")


def set_not_null(schema: Schema, operation: SetNotNull, origin: Origin) -> Schema:
    return change_column(
        schema,
        operation,
        lambda column: column if column.not_null else replace(column, not_null=True, changed=origin),
        "NOT NULL was set on a column",
    )


def drop_not_null(schema: Schema, operation: DropNotNull, origin: Origin) -> Schema:
    schema = change_column(
        schema,
        operation,
        lambda column: replace(column, not_null=False, changed=origin),
        "NOT NULL was dropped from a column",
    )
    for relation in with_children(schema, operation.relation, operation.only):
        table = schema.tables.get(relation)
        names = [
            state.name
            for state in (table.constraints.values() if table else ())
            if state.definition.kind == "not null" and state.definition.columns == (operation.column,)
        ]
        if table is not None and names:
            schema = put_table(schema, replace(table, constraints=without(table.constraints, *names)))
    return schema


def set_default(schema: Schema, operation: SetDefault, origin: Origin) -> Schema:
    return change_column(
        schema,
        operation,
        lambda column: replace(column, default=given_default(operation.default), changed=origin),
        "the default of a column was set",
    )


def drop_default(schema: Schema, operation: DropDefault, origin: Origin) -> Schema:
    return change_column(
        schema,
        operation,
        lambda column: replace(column, default=None, changed=origin),
        "the default of a column was dropped",
    )


def add_identity(schema: Schema, operation: AddIdentity, origin: Origin) -> Schema:
    return change_column(
        schema,
        operation,
        lambda column: replace(column, identity=operation.identity, changed=origin),
        "identity was added to a column",
    )


def set_expression(schema: Schema, operation: SetExpression, origin: Origin) -> Schema:
    def changed(column: Column) -> Column:
        stored = column.generated.stored if column.generated else True
        return replace(column, generated=Generated(operation.expression, stored), changed=origin)

    return change_column(schema, operation, changed, "the expression of a column was set")


def drop_expression(schema: Schema, operation: DropExpression, origin: Origin) -> Schema:
    return change_column(
        schema,
        operation,
        lambda column: replace(column, generated=None, changed=origin),
        "the expression of a column was dropped",
    )


def column_setting(schema: Schema, operation: ColumnSetting, origin: Origin) -> Schema:
    if operation.clause != "drop identity":
        return schema
    return change_column(
        schema,
        operation,
        lambda column: replace(column, identity=None, changed=origin),
        "the identity of a column was dropped",
    )
