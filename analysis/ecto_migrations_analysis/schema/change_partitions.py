"""Partitions: what they take over from the table they are part of."""

from __future__ import annotations

from ..databases.postgres.partition_bounds import bounds, checks
from ..databases.postgres.quoting import default_name
from ..operations import AttachPartition, ConstraintDefinition, DetachPartition, Expression, Relation
from ..records import replace
from .change_constraints import KEYS, add_to_table
from .change_indexes import index_partitions
from .edit import change_table, doubt, existing, put_table
from .persistent import last, mapped, put
from .state import Origin, Schema, Table


def copy_keys_and_indexes(schema: Schema, parent: Relation, child: Relation, origin: Origin) -> Schema:
    """The child with the keys, foreign keys and indexes of the table that it became a partition of.

    PostgreSQL documentation, "Table Partitioning": an index of the partition that is like one of the parent
    is attached to it, and where there is none it is made.
    """
    source = existing(schema, parent)
    table = existing(schema, child)
    for state in source.constraints.values():
        definition = state.definition
        if definition.kind in KEYS:
            own = next(
                (
                    item
                    for item in table.constraints.values()
                    if (item.definition.kind, item.definition.columns)
                    == (definition.kind, definition.columns)
                ),
                None,
            )
            if own is None:
                table = add_to_table(table, replace(definition, name=None, using_index=None), origin)
                own = table.constraints[last(table.constraints)]
            if own.name in table.indexes:
                attached = replace(table.indexes[own.name], attached_to=state.name)
                table = replace(table, indexes=put(table.indexes, own.name, attached))
        elif definition.kind == "foreign key":
            if not any(
                item.definition.kind == "foreign key"
                and item.definition.columns == definition.columns
                and item.definition.references == definition.references
                for item in table.constraints.values()
            ):
                table = add_to_table(table, definition, origin)
    schema = put_table(schema, table)
    for index in source.indexes.values():
        if index.constraint is None:
            schema = index_partitions(schema, parent, index.name, origin, (child,))
    return schema


def attach_partition(schema: Schema, operation: AttachPartition, origin: Origin) -> Schema:
    parent, child = Schema.key(operation.relation), Schema.key(operation.partition)
    if parent.name is None or child.name is None:
        return doubt(schema, "a partition was attached, one of the tables not known")
    schema = change_table(
        schema,
        child,
        lambda table: replace(
            table, partition_of=parent, default_partition=operation.default, bound=operation.bound
        ),
    )
    schema = change_table(
        schema,
        parent,
        lambda table: table if child in table.children else replace(table, children=(*table.children, child)),
    )
    return copy_keys_and_indexes(schema, parent, child, origin)


def detach_partition(schema: Schema, operation: DetachPartition, origin: Origin) -> Schema:
    parent, child = Schema.key(operation.relation), Schema.key(operation.partition)
    if parent.name is None or child.name is None:
        return doubt(schema, "a partition was detached, one of the tables not known")
    schema = change_table(
        schema,
        parent,
        lambda table: replace(table, children=tuple(item for item in table.children if item != child)),
    )
    if child not in schema.tables:
        return schema
    if operation.concurrently:
        schema = change_table(schema, child, lambda table: _with_bounds(schema, table, parent, origin))
    return change_table(
        schema,
        child,
        lambda table: replace(
            table,
            partition_of=None,
            default_partition=False,
            bound=None,
            indexes=mapped(
                table.indexes,
                lambda index: replace(index, attached_to=None) if index.attached_to else index,
            ),
        ),
    )


def _with_bounds(schema: Schema, table: Table, parent: Relation, origin: Origin) -> Table:
    """The table with the CHECK that DETACH CONCURRENTLY leaves, as far as the bounds are known."""
    limits = None
    if parent in schema.tables and table.bound is not None:
        limits = bounds(schema.tables[parent], table.bound.sql)
    if limits is None:
        return table
    (key,) = schema.tables[parent].partition_key
    column = table.columns.get(key)
    if limits.implied_by(checks(table), column is not None and column.not_null):
        return table
    name, count = default_name(table.relation.name or "", key, "check"), 0
    while name in table.constraints:
        count += 1
        name = default_name(table.relation.name or "", key, f"check{count}")
    check = ConstraintDefinition(kind="check", name=name, expression=Expression(limits.check))
    return add_to_table(table, check, origin)
