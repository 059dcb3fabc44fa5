"""The small steps that every change of a schema is made of. All values are new; what stays is shared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from ..databases.postgres.names import free_number
from ..operations import DataType, Relation
from ..records import replace
from .persistent import put, without
from .state import Column, Schema, Table, targets


def put_table(schema: Schema, table: Table) -> Schema:
    return replace(schema, tables=put(schema.tables, table.relation, table, targets))


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
    return _IndexNames(schema, key) if (key := Schema.key(relation)) in schema.former_names else ()


def names_of(table: Table) -> Collection[str]:
    """The names of the table's indexes and constraints."""
    return _Names(table)


class _Names(Collection[str]):
    """Looked up where they are: a table may have thousands, and mostly one is asked for."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __contains__(self, name: object) -> bool:
        return name in self._table.indexes or name in self._table.constraints

    def __iter__(self) -> Iterator[str]:
        return iter({**self._table.indexes, **self._table.constraints})

    def __len__(self) -> int:
        return len({**self._table.indexes, **self._table.constraints})


class _IndexNames(Collection[str]):
    """The names of the indexes of all tables of a schema but one: asked for one name nearly always."""

    def __init__(self, schema: Schema, but: Relation) -> None:
        self._schema = schema
        self._but = but

    def _tables(self) -> Iterator[Table]:
        for table in self._schema.tables.values():
            if table.relation != self._but and table.relation.schema == self._but.schema:
                yield table

    def __contains__(self, name: object) -> bool:
        return any(name in table.indexes for table in self._tables())

    def __iter__(self) -> Iterator[str]:
        return (name for table in self._tables() for name in table.indexes)

    def __len__(self) -> int:
        return sum(len(table.indexes) for table in self._tables())


def numbered(name: str, *taken: Collection[str]) -> str:
    """The name, or the first of name1, name2, … that is free: as PostgreSQL numbers its default names."""

    def is_taken(candidate: str) -> bool:
        return any(candidate in names for names in taken)

    return f"{name}{free_number(lambda number: is_taken(f'{name}{number}'))}" if is_taken(name) else name
