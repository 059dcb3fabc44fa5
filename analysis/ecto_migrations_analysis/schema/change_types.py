"""Enums and domains."""

from __future__ import annotations

from ..operations import (
    AddEnumValue,
    AlterDomain,
    CreateDomain,
    CreateEnum,
    DataType,
    Relation,
    RenameEnumValue,
)
from ..records import replace
from .edit import doubt, put_table
from .persistent import mapped, put, rekeyed, without
from .state import Origin, Schema, Table


def create_enum(schema: Schema, operation: CreateEnum, origin: Origin) -> Schema:
    name = Schema.key(operation.name)
    if name.name is None:
        return doubt(schema, "a type whose name is not known was created")
    return replace(schema, enums=put(schema.enums, name, operation))


def add_value(schema: Schema, operation: AddEnumValue, origin: Origin) -> Schema:
    name = Schema.key(operation.name)
    if name.name is None:
        return doubt(schema, "a value was added to an enum that is not known")
    enum = schema.enums.get(name)
    if enum is None:
        return schema
    if operation.value is None:
        return replace(schema, enums=put(schema.enums, name, replace(enum, complete=False)))
    if operation.value in enum.values:
        return schema
    values = list(enum.values)
    at = len(values)
    if operation.position is not None and operation.position[1] in values:
        at = values.index(operation.position[1]) + (operation.position[0] == "after")
    values.insert(at, operation.value)
    return replace(schema, enums=put(schema.enums, name, replace(enum, values=tuple(values))))


def rename_value(schema: Schema, operation: RenameEnumValue, origin: Origin) -> Schema:
    name = Schema.key(operation.name)
    enum = schema.enums.get(name)
    if enum is None:
        return schema if name.name else doubt(schema, "a value of an enum that is not known was renamed")
    if operation.value is None or operation.to is None:
        return replace(schema, enums=put(schema.enums, name, replace(enum, complete=False)))
    values = tuple(operation.to if value == operation.value else value for value in enum.values)
    return replace(schema, enums=put(schema.enums, name, replace(enum, values=values)))


def create_domain(schema: Schema, operation: CreateDomain, origin: Origin) -> Schema:
    name = Schema.key(operation.name)
    if name.name is None:
        return doubt(schema, "a type whose name is not known was created")
    return replace(schema, domains=put(schema.domains, name, operation))


def alter_domain(schema: Schema, operation: AlterDomain, origin: Origin) -> Schema:
    """A constraint more makes it constrained. Which of its constraints goes is not known."""
    name = Schema.key(operation.name)
    if operation.clause in ("set default", "drop default", "validate constraint"):
        return schema
    known = schema.domains.get(name)
    if known is None:
        known = CreateDomain(name=name, type=DataType(None), span=operation.span)
    more = operation.clause in ("add constraint", "set not null")
    if not more and name not in schema.domains:
        return schema
    changed = replace(known, constrained=known.constrained or more, checks=None)
    return replace(schema, domains=put(schema.domains, name, changed))


def drop_type(schema: Schema, name: Relation, cascade: bool) -> Schema:
    """Without the type; with CASCADE the columns of it go, and what used them is not known."""
    key = Schema.key(name)
    schema = replace(schema, enums=without(schema.enums, key), domains=without(schema.domains, key))
    if not cascade:
        return schema
    for table in schema.tables.values():
        gone = [item for item, column in table.columns.items() if _is(column.type, key)]
        if gone:
            left = replace(
                table,
                complete=False,
                uncertain=(*table.uncertain, f"DROP TYPE {name} CASCADE dropped columns of it"),
                columns=without(table.columns, *gone),
            )
            schema = put_table(schema, left)
    return schema


def rename_type(schema: Schema, old: Relation, new: Relation) -> Schema:
    """The type under another name, in the columns that have it too."""
    old, new = Schema.key(old), Schema.key(new)
    if old in schema.enums:
        enum = replace(schema.enums[old], name=new)
        schema = replace(schema, enums=rekeyed(schema.enums, old, new, enum))
    if old in schema.domains:
        schema = replace(
            schema, domains=rekeyed(schema.domains, old, new, replace(schema.domains[old], name=new))
        )
    return replace(schema, tables=mapped(schema.tables, lambda table: _retyped(table, old, new)))


def _is(type_: DataType, key: Relation) -> bool:
    return (type_.name, type_.schema) == (key.name, key.schema)


def _retyped(table: Table, old: Relation, new: Relation) -> Table:
    if not any(_is(column.type, old) for column in table.columns.values()):
        return table
    return replace(
        table,
        columns=mapped(
            table.columns,
            lambda column: (
                replace(column, type=replace(column.type, name=new.name, schema=new.schema))
                if _is(column.type, old)
                else column
            ),
        ),
    )
