"""What a statement meets: the schema, the server's version, and the transaction it runs in."""

from __future__ import annotations

from ....operations import CreateView, Relation
from ....records import dataclass
from ....schema.edit import with_children
from ....schema.state import Column, ConstraintState, Schema, Table
from ..transaction import Transaction


@dataclass(frozen=True, slots=True)
class Situation:
    """`version` is the server's major version."""

    schema: Schema
    version: int
    transaction: Transaction

    def table(self, relation: Relation) -> Table | None:
        return self.schema.table(relation)

    def view(self, relation: Relation) -> CreateView | None:
        return self.schema.views.get(Schema.key(relation))

    def is_private(self, relation: Relation) -> bool:
        """Whether no other session can meet the relation: this transaction made it, or it is temporary."""
        table = self.table(relation)
        return self.transaction.is_new(relation) or (table is not None and table.temporary)

    def is_catalog(self, relation: Relation) -> bool:
        """Whether it is one of the server's own: they are searched first (documentation, 5.10.5)."""
        if relation.schema is not None:
            return relation.schema in ("pg_catalog", "information_schema")
        named = relation.name is not None and relation.name.startswith("pg_")
        return named and self.table(relation) is None and self.view(relation) is None

    def exists(self, relation: Relation) -> bool | None:
        """Whether there is such a table or view; None where the history does not tell."""
        if relation.name is None or self.is_catalog(relation):
            return None
        if self.table(relation) is not None or self.view(relation) is not None:
            return True
        return False if self.schema.complete else None

    def family(self, relation: Relation, only: bool = False) -> list[Relation]:
        """The table, its partitions and the tables that inherit from it: whom ALTER TABLE changes too."""
        return with_children(self.schema, relation, only)

    def stored(self, relation: Relation, only: bool = False) -> list[Relation]:
        """Those of the family that have rows of their own: a partitioned table has none."""
        return [item for item in self.family(relation, only) if not self.is_partitioned(item)]

    def partitions(self, relation: Relation, only: bool = False) -> list[Relation]:
        """Those that have rows of the partitioned table; the table itself where it is not partitioned."""
        return self.stored(relation, only or not self.is_partitioned(relation))

    def is_partitioned(self, relation: Relation) -> bool:
        table = self.table(relation)
        return table is not None and table.partition_by is not None

    def column(self, relation: Relation, name: str | None) -> Column | None:
        table = self.table(relation)
        return table.columns.get(name) if table is not None and name is not None else None

    def owner_of_index(self, name: Relation) -> Relation | None:
        """The table (or materialized view) an index belongs to; None where it is not known."""
        if name.name is None:
            return None
        for relation, table in self.schema.tables.items():
            if name.name in table.indexes and _same_schema(relation, name):
                return relation
        return self.schema.view_indexes.get(Schema.key(name))

    def indexes_of_view(self, name: Relation) -> list[str]:
        """The names of a materialized view's indexes."""
        key = Schema.key(name)
        return [
            index.name
            for index, view in self.schema.view_indexes.items()
            if Schema.key(view) == key and index.name is not None
        ]

    def referencing(self, relation: Relation) -> list[tuple[Table, ConstraintState]]:
        """The foreign keys that point to the relation, except its own."""
        key = Schema.key(relation)
        return [item for item in self.schema.referencing(relation) if Schema.key(item[0].relation) != key]

    def views_of(self, relation: Relation) -> list[CreateView]:
        """The views whose query names the relation."""
        key = Schema.key(relation)
        return [
            view for view in self.schema.views.values() if any(Schema.key(read) == key for read in view.reads)
        ]


def _same_schema(relation: Relation, name: Relation) -> bool:
    # An index without a schema is found along the search path, which the history does not tell.
    return name.schema is None or Schema.key(relation).schema == Schema.key(name).schema
