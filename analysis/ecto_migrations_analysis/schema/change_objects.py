"""Triggers, policies, functions, comments, and the objects that have no state of their own here."""

from __future__ import annotations

from ..operations import (
    Comment,
    CreateFunction,
    CreateObject,
    CreatePolicy,
    CreateTrigger,
    DropObject,
    DropTable,
    Relation,
    RenameObject,
)
from ..records import replace
from .change_tables import drop_table, move_relation
from .change_types import drop_type, rename_type
from .edit import change_table, doubt, put_column, put_table
from .persistent import put, rekeyed, without
from .state import Origin, Schema, Table

_VIEWS = ("view", "materialized view")
_ROUTINES = ("function", "procedure", "routine", "aggregate")


def create_trigger(schema: Schema, operation: CreateTrigger, origin: Origin) -> Schema:
    if operation.relation.name is None or operation.name is None:
        return schema
    name = operation.name
    return change_table(
        schema,
        operation.relation,
        lambda table: replace(table, triggers=put(table.triggers, name, operation)),
    )


def create_policy(schema: Schema, operation: CreatePolicy, origin: Origin) -> Schema:
    if operation.relation.name is None or operation.name is None:
        return schema
    name, expressions = operation.name, operation.expressions
    return change_table(
        schema,
        operation.relation,
        lambda table: replace(table, policies=put(table.policies, name, expressions)),
    )


def create_function(schema: Schema, operation: CreateFunction, origin: Origin) -> Schema:
    if operation.name.name is None or operation.procedure:
        return schema
    key = Schema.key(operation.name)
    return replace(schema, functions=put(schema.functions, key, operation.volatility))


def create_object(schema: Schema, operation: CreateObject, origin: Origin) -> Schema:
    """Of what has no operation of its own, only statistics are kept."""
    if operation.kind != "statistics" or operation.relation is None or operation.name.name is None:
        return schema
    key = Schema.key(operation.name)
    return replace(schema, statistics=put(schema.statistics, key, Schema.key(operation.relation)))


def drop_object(schema: Schema, operation: DropObject, origin: Origin) -> Schema:
    name, kind = Schema.key(operation.name), operation.kind
    if kind == "statistics":
        return replace(schema, statistics=without(schema.statistics, name))
    if kind in ("type", "domain"):
        if name.name is None:
            return doubt(schema, "a type whose name is not known was dropped")
        return drop_type(schema, name, operation.cascade)
    if kind in _ROUTINES:
        if operation.cascade:
            schema = _without_triggers(schema, name)
        return replace(schema, functions=without(schema.functions, name))
    if kind == "schema" and name.name is not None:
        inside = [relation for relation in schema.tables if relation.schema == name.name]
        for relation in inside if operation.cascade else ():
            schema = drop_table(schema, DropTable(relation=relation, cascade=True), origin)
        return schema
    if kind in ("extension", "owned") and operation.cascade:
        return doubt(schema, f"what DROP {kind.upper()} {name} CASCADE took with it is not known")
    if operation.relation is None or operation.relation.name is None or name.name is None:
        return schema
    item = name.name
    if schema.table(operation.relation) is None:
        return schema
    if kind == "trigger":
        return change_table(
            schema,
            operation.relation,
            lambda table: replace(table, triggers=without(table.triggers, item)),
        )
    if kind == "policy":
        return change_table(
            schema,
            operation.relation,
            lambda table: replace(table, policies=without(table.policies, item)),
        )
    return schema


def _without_triggers(schema: Schema, function: Relation) -> Schema:
    for table in schema.tables.values():
        using = [
            name
            for name, trigger in table.triggers.items()
            if trigger.function is not None and Schema.key(trigger.function) == function
        ]
        if using:
            left = replace(table, triggers=without(table.triggers, *using))
            schema = put_table(schema, left)
    return schema


def rename_object(schema: Schema, operation: RenameObject, origin: Origin) -> Schema:
    if operation.clause == "rename to":
        return _renamed(schema, operation)
    if operation.clause == "set schema" and operation.to is not None:
        old = Schema.key(operation.name)
        new = Schema.key(Relation(old.name, operation.to))
        if operation.kind in ("type", "domain"):
            return rename_type(schema, old, new)
        if operation.kind in _VIEWS:
            return move_relation(schema, old, new, origin)
        if operation.kind in _ROUTINES and old in schema.functions:
            return replace(schema, functions=rekeyed(schema.functions, old, new, schema.functions[old]))
        return schema
    if operation.kind in _ROUTINES and operation.clause == "alter":
        # Its volatility may have changed; a function that is not listed is one that is not known.
        return replace(schema, functions=without(schema.functions, Schema.key(operation.name)))
    return schema


def _renamed(schema: Schema, operation: RenameObject) -> Schema:
    old, to = Schema.key(operation.name), operation.to
    if old.name is None or to is None:
        return doubt(schema, f"a {operation.kind} was renamed, one of the names not known")
    new = Relation(to, old.schema)
    if operation.kind in ("type", "domain"):
        return rename_type(schema, old, new)
    if operation.kind in _VIEWS:
        return move_relation(schema, old, new, Origin())
    if operation.kind in _ROUTINES and old in schema.functions:
        return replace(schema, functions=rekeyed(schema.functions, old, new, schema.functions[old]))
    if operation.kind == "schema":
        for relation in [item for item in schema.tables if item.schema == old.name]:
            schema = move_relation(schema, relation, Schema.key(Relation(relation.name, to)), Origin())
        return schema
    if operation.relation is None or schema.table(operation.relation) is None:
        return schema

    def in_table(table: Table) -> Table:
        name = old.name or ""
        if operation.kind == "trigger" and name in table.triggers:
            trigger = replace(table.triggers[name], name=to)
            return replace(table, triggers=rekeyed(table.triggers, name, to, trigger))
        if operation.kind == "policy" and name in table.policies:
            return replace(table, policies=rekeyed(table.policies, name, to, table.policies[name]))
        return table

    return change_table(schema, operation.relation, in_table)


def comment(schema: Schema, operation: Comment, origin: Origin) -> Schema:
    if operation.relation is None or schema.table(operation.relation) is None:
        return schema

    def commented(table: Table) -> Table:
        if operation.kind == "table":
            return replace(table, comment=operation.text)
        column = table.columns.get(operation.name or "")
        if operation.kind == "column" and column is not None:
            return put_column(table, replace(column, comment=operation.text))
        return table

    return change_table(schema, operation.relation, commented)
