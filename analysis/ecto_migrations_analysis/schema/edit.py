"""The small steps that every change of a schema is made of. All values are new; what stays is shared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from ..operations import DataType, Relation
from ..records import replace
from .state import Column, Schema, Table

K = TypeVar("K")
V = TypeVar("V")


def put(items: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    """The mapping with `key` set; a new key comes last."""
    return {**items, key: value}


def without(items: Mapping[K, V], *keys: K) -> Mapping[K, V]:
    """The mapping without `keys`; itself where it has none of them."""
    if not any(key in items for key in keys):
        return items
    return {key: value for key, value in items.items() if key not in keys}


def rekeyed(items: Mapping[K, V], old: K, new: K, value: V) -> dict[K, V]:
    """The mapping with `new: value` in the place of `old`."""
    return {(new if key == old else key): (value if key == old else item) for key, item in items.items()}


def put_table(schema: Schema, table: Table) -> Schema:
    return replace(schema, tables=put(schema.tables, table.relation, table))


def without_table(schema: Schema, relation: Relation) -> Schema:
    return replace(schema, tables=without(schema.tables, Schema.key(relation)))


def existing(schema: Schema, relation: Relation) -> Table:
    """The table; one of which nothing is known where it was not created in view."""
    found = schema.table(relation)
    return found if found is not None else Table(relation=Schema.key(relation), complete=False)


def change_table(schema: Schema, relation: Relation, change: Callable[[Table], Table]) -> Schema:
    """The schema with one table changed. A table that is not known comes into being, incomplete."""
    before = existing(schema, relation)
    after = change(before)
    if after is before and before.relation in schema.tables:
        return schema
    return put_table(schema, after)


def column_of(table: Table, name: str) -> Column | None:
    """The column; in an incomplete table one that is not known is there, its attributes in doubt.

    None where the table is complete and has no such column.
    """
    found = table.columns.get(name)
    if found is None and not table.complete:
        return Column(
            name=name, type=DataType(None), uncertain=(f"the column {name} was not created in view",)
        )
    return found


def put_column(table: Table, column: Column) -> Table:
    return replace(table, columns=put(table.columns, column.name, column))


def doubt_table(table: Table, reason: str) -> Table:
    """The table with a reason why it may differ from what is written."""
    if reason in table.uncertain:
        return table
    return replace(table, complete=False, uncertain=(*table.uncertain, reason))


def doubt(schema: Schema, reason: str) -> Schema:
    """The schema with a reason why anything in it may differ, and why more may exist than is known."""
    if reason in schema.uncertain:
        return schema
    return replace(schema, complete=False, uncertain=(*schema.uncertain, reason))


def with_children(schema: Schema, relation: Relation, only: bool = False) -> list[Relation]:
    """The table, then its partitions and heirs, theirs included; just the table with `only`."""
    found = [Schema.key(relation)]
    if not only:
        for item in found:
            table = schema.tables.get(item)
            if table is not None:
                found += [child for child in table.children if child not in found]
    return found


def names_taken(schema: Schema, relation: Relation) -> Collection[str]:
    """The names of other tables' indexes that a default name for an index of `relation` may run into.

    Indexes share one space of names in their schema. A default name begins with the table's name, so that
    there is nothing to look for unless another table was once called so.
    """
    key = Schema.key(relation)
    if key not in schema.former_names:
        return ()
    return {
        name
        for table in schema.tables.values()
        if table.relation != key and table.relation.schema == key.schema
        for name in table.indexes
    }


def numbered(name: str, *taken: Collection[str]) -> str:
    """The name, or the first of name1, name2, … that is free: as PostgreSQL numbers its default names."""
    number, free = 0, name
    while any(free in names for names in taken):
        number += 1
        free = f"{name}{number}"
    return free
