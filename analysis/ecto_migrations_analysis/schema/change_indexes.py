"""Indexes that belong to no constraint, and those of materialized views."""

from __future__ import annotations

from collections.abc import Collection

from ..databases.postgres import names
from ..databases.postgres.quoting import truncate_identifier
from ..operations import AttachIndexPartition, CreateIndex, DropIndex, Relation, RenameIndex
from ..records import replace
from .change_constraints import drop_references, rename_in_table
from .edit import change_table, doubt, doubt_table, existing, names_of, names_taken, numbered, put_table
from .persistent import last, put, rekeyed, without
from .state import IndexState, Origin, Schema, Table, beginnings


def default_index_name(table: Table, definition: CreateIndex) -> str:
    """The name PostgreSQL gives to an index without one."""
    columns = names.index_column_names(element.column for element in definition.elements)
    return names.index_name(table.relation.name or "", columns, names_of(table))


def index_on(
    table: Table,
    definition: CreateIndex,
    origin: Origin,
    attached_to: str | None = None,
    taken: Collection[str] = (),
) -> Table:
    """The table with the index; one without a name, or whose name is taken, gets PostgreSQL's default one."""
    name = truncate_identifier(definition.name) if definition.name else default_index_name(table, definition)
    name = numbered(name, table.indexes, taken)
    index = IndexState(
        name=name,
        definition=replace(definition, name=name, relation=table.relation),
        origin=origin,
        attached_to=attached_to,
    )
    return replace(table, indexes=put(table.indexes, name, index, beginnings))


def create_index(schema: Schema, operation: CreateIndex, origin: Origin) -> Schema:
    relation = Schema.key(operation.relation)
    if relation.name is None:
        return doubt(schema, "an index was created on a table that is not known")
    view = schema.views.get(relation)
    if view is not None and relation not in schema.tables:
        if operation.name is None:
            return schema
        name = Relation(truncate_identifier(operation.name), relation.schema)
        keys = without(schema.view_keys, name)
        if operation.unique and operation.where is None and operation.complete:
            if all(element.column is not None for element in operation.elements):
                keys = put(keys, name, relation)
        return replace(schema, view_indexes=put(schema.view_indexes, name, relation), view_keys=keys)
    table = existing(schema, relation)
    if operation.name is None and not operation.complete:
        return put_table(schema, doubt_table(table, "an index was created whose name is not known"))
    if operation.if_not_exists:
        if truncate_identifier(operation.name or "") in table.indexes:
            return schema
    schema = put_table(schema, index_on(table, operation, origin, taken=names_taken(schema, relation)))
    created = last(existing(schema, relation).indexes)
    return schema if operation.only else index_partitions(schema, relation, created, origin)


def index_partitions(
    schema: Schema,
    relation: Relation,
    name: str,
    origin: Origin,
    children: tuple[Relation, ...] | None = None,
) -> Schema:
    """The index of a partitioned table, made in each partition (or in `children`) that has none like it."""
    parent = existing(schema, relation)
    definition = parent.indexes[name].definition
    if parent.partition_by is None:
        return schema
    for child in parent.children if children is None else children:
        table = existing(schema, child)
        like = next((item for item in table.indexes.values() if _alike(item, definition)), None)
        if like is not None:
            attached = replace(like, attached_to=name)
            table = replace(table, indexes=put(table.indexes, like.name, attached))
            schema = put_table(schema, table)
            continue
        table = index_on(table, replace(definition, name=None, concurrently=False), origin, name)
        schema = index_partitions(put_table(schema, table), child, last(table.indexes), origin)
    return schema


def _alike(index: IndexState, definition: CreateIndex) -> bool:
    own = index.definition
    return (
        index.attached_to is None
        and index.constraint is None
        and own.complete
        and definition.complete
        and (own.elements, own.unique, own.method, own.include, own.where, own.nulls_distinct)
        == (
            definition.elements,
            definition.unique,
            definition.method,
            definition.include,
            definition.where,
            definition.nulls_distinct,
        )
    )


def find_index(schema: Schema, name: Relation, relation: Relation | None = None) -> Table | None:
    """The table that has the index. An index lives in the schema of its table."""
    if name.name is None:
        return None
    bare, key = truncate_identifier(name.name), Schema.key(name)
    if relation is not None:
        table = schema.table(relation)
        if table is not None and bare in table.indexes:
            return table
    return next(
        (
            table
            for table in schema.tables.values()
            if bare in table.indexes and table.relation.schema == key.schema
        ),
        None,
    )


def drop_index(schema: Schema, operation: DropIndex, origin: Origin) -> Schema:
    if operation.name.name is None:
        reason = "an index whose name is not known was dropped"
        if operation.relation is None or operation.relation.name is None:
            return doubt(schema, reason)
        return change_table(schema, operation.relation, lambda table: doubt_table(table, reason))
    name = truncate_identifier(operation.name.name)
    table = find_index(schema, operation.name, operation.relation)
    if table is None:
        key = Relation(name, Schema.key(operation.name).schema)
        return replace(schema, view_indexes=without(schema.view_indexes, key))
    if operation.cascade:
        columns = tuple(item.column or "" for item in table.indexes[name].definition.elements)
        schema = drop_references(schema, table.relation, columns)
    return _without_index(schema, table.relation, name)


def _without_index(schema: Schema, relation: Relation, name: str) -> Schema:
    table = existing(schema, relation)
    schema = put_table(schema, replace(table, indexes=without(table.indexes, name)))
    for child in table.children:
        attached = [index for index in existing(schema, child).indexes.values() if index.attached_to == name]
        for index in attached:
            schema = _without_index(schema, child, index.name)
    return schema


def rename_index(schema: Schema, operation: RenameIndex, origin: Origin) -> Schema:
    """The index under another name; the constraint that it belongs to is renamed with it."""
    table = find_index(schema, operation.name, operation.relation)
    if operation.to is None or operation.name.name is None:
        reason = "an index was renamed, one of the names not known"
        if table is not None:
            return put_table(schema, doubt_table(table, reason))
        return doubt(schema, reason)
    old, new = truncate_identifier(operation.name.name), truncate_identifier(operation.to)
    if table is None:
        schema_name = Schema.key(operation.name).schema
        key = Relation(old, schema_name)
        if key in schema.view_indexes:
            view = schema.view_indexes[key]
            moved = put(without(schema.view_indexes, key), Relation(new, schema_name), view)
            return replace(schema, view_indexes=moved)
        return schema
    index = table.indexes[old]
    if index.constraint is not None:
        return put_table(schema, rename_in_table(table, index.constraint, new))
    renamed = replace(index, name=new, definition=replace(index.definition, name=new))
    schema = put_table(schema, replace(table, indexes=rekeyed(table.indexes, old, new, renamed)))
    for child in table.children:
        indexes = existing(schema, child).indexes
        following = {
            name: replace(item, attached_to=new) if item.attached_to == old else item
            for name, item in indexes.items()
        }
        if any(item.attached_to == old for item in indexes.values()):
            schema = put_table(schema, replace(existing(schema, child), indexes=following))
    return schema


def attach_index(schema: Schema, operation: AttachIndexPartition, origin: Origin) -> Schema:
    table = find_index(schema, operation.child)
    if table is None or operation.child.name is None or operation.name.name is None:
        return schema
    name = truncate_identifier(operation.child.name)
    index = replace(table.indexes[name], attached_to=truncate_identifier(operation.name.name))
    return put_table(schema, replace(table, indexes=put(table.indexes, name, index)))
