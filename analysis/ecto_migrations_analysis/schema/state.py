"""The schema at one point of the history: tables and what belongs to them.

Values are immutable; a `Schema` is cheap to copy, and `schema.apply.apply` makes the next one. What an
operation with unknown names may have touched is marked (`Table.uncertain`, `Schema.uncertain`), so that rules
that need certainty can say less.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ..operations import (
    ConstraintDefinition,
    CreateDomain,
    CreateEnum,
    CreateIndex,
    CreateTrigger,
    CreateView,
    DataType,
    Expression,
    Generated,
    Identity,
    IndexElement,
    Relation,
)
from ..records import dataclass, field
from ..syntax.span import Place
from .persistent import PersistentMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The migration (its version and file) and the place in it that made something; version None: not one."""

    version: int | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    name: str
    type: DataType
    not_null: bool = False
    default: Expression | None = None
    identity: Identity | None = None
    generated: Generated | None = None
    collation: str | None = None
    comment: str | None = None
    origin: Origin = Origin()
    # Whoever changed it last.
    changed: Origin = Origin()
    # True where a backfill (an UPDATE that sets it) ran after it was added.
    backfilled: bool = False
    # Why the column may differ from what is written here (its table's doubts not repeated).
    uncertain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexState:
    """An index; `definition` as created, `name` its present name. `valid` False: known to be left INVALID."""

    name: str
    definition: CreateIndex
    constraint: str | None = None
    origin: Origin = Origin()
    attached_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintState:
    """A constraint; `definition.validated` is kept current."""

    name: str
    definition: ConstraintDefinition
    origin: Origin = Origin()
    validated_by: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`complete`: every column, index and constraint is known (it was created by a known statement)."""

    relation: Relation
    columns: Mapping[str, Column] = field(default_factory=dict)
    indexes: Mapping[str, IndexState] = field(default_factory=dict)
    constraints: Mapping[str, ConstraintState] = field(default_factory=dict)
    triggers: Mapping[str, CreateTrigger] = field(default_factory=dict)
    policies: Mapping[str, tuple[Expression, ...]] = field(default_factory=dict)
    partition_by: str | None = None
    partition_key: tuple[str, ...] = ()
    partition_of: Relation | None = None
    default_partition: bool = False
    # `FOR VALUES …` of a partition, as written.
    bound: Expression | None = None
    # Tables that this one inherits from (`INHERITS`), and all that take part in what is done to this one:
    # its partitions and the tables that inherit from it.
    inherits: tuple[Relation, ...] = ()
    children: tuple[Relation, ...] = ()
    temporary: bool = False
    unlogged: bool = False
    comment: str | None = None
    complete: bool = True
    # Why the table may differ from what is written here.
    uncertain: tuple[str, ...] = ()
    origin: Origin = Origin()

    def indexes_on(self, elements: tuple[IndexElement, ...]) -> Iterable[IndexState]:
        """The indexes whose first elements are these, in order."""
        if isinstance(self.indexes, PersistentMap) and self.indexes.labels() is not None:
            return (self.indexes[name] for name in self.indexes.labelled(elements))
        count = len(elements)
        return (index for index in self.indexes.values() if index.definition.elements[:count] == elements)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of the primary key; empty where there is none or it is not known."""
        for constraint in self.constraints.values():
            if constraint.definition.kind == "primary key":
                return constraint.definition.columns
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """`complete`: the whole history is known, so that a table that is not here does not exist."""

    tables: Mapping[Relation, Table] = field(default_factory=dict)
    views: Mapping[Relation, CreateView] = field(default_factory=dict)
    # Indexes of materialized views: the index's name in the view's schema, and the view.
    view_indexes: Mapping[Relation, Relation] = field(default_factory=dict)
    # Of those, the unique ones on plain columns without a condition, by which a view can be refreshed
    # concurrently. An index that is not in `view_indexes` any more is none.
    view_keys: Mapping[Relation, Relation] = field(default_factory=dict)
    enums: Mapping[Relation, CreateEnum] = field(default_factory=dict)
    domains: Mapping[Relation, CreateDomain] = field(default_factory=dict)
    # Extended statistics by name, with their table.
    statistics: Mapping[Relation, Relation] = field(default_factory=dict)
    # Volatility of functions that migrations define, by name.
    functions: Mapping[Relation, str] = field(default_factory=dict)
    # Names that tables had before they were renamed or moved: indexes may still be called after them.
    former_names: frozenset[Relation] = frozenset()
    complete: bool = False
    uncertain: tuple[str, ...] = ()

    def table(self, relation: Relation) -> Table | None:
        """The table, its schema `public` and none taken for the same; None where it is not known."""
        found = self.tables.get(relation)
        if found is None and relation.schema == "public":
            found = self.tables.get(Relation(relation.name))
        return found

    def referencing(self, relation: Relation) -> list[tuple[Table, ConstraintState]]:
        """Every known foreign key that points to `relation`, with the table it belongs to."""
        target = self.key(relation)
        tables: Iterable[Table] = self.tables.values()
        if isinstance(self.tables, PersistentMap) and self.tables.labels() is not None:
            tables = [self.tables[key] for key in self.tables.labelled(target)]
        return [
            (table, constraint)
            for table in tables
            for constraint in table.constraints.values()
            if constraint.definition.references is not None
            and self.key(constraint.definition.references) == target
        ]

    @staticmethod
    def key(relation: Relation) -> Relation:
        """The name under which a relation is kept: `public` is the schema that goes without saying."""
        return Relation(relation.name) if relation.schema == "public" else relation


def beginnings(index: IndexState) -> list[tuple[IndexElement, ...]]:
    """The first element of an index, the first two, and so on: what `Table.indexes_on` looks for."""
    elements = index.definition.elements
    return [elements[:count] for count in range(1, len(elements) + 1)]


def targets(table: Table) -> Collection[object]:
    """The tables that its foreign keys point to: what a large number of tables is looked through for."""
    labels = table.constraints.labels() if isinstance(table.constraints, PersistentMap) else None
    if labels is not None:
        return labels
    return {label for constraint in table.constraints.values() for label in target(constraint)}


def target(constraint: ConstraintState) -> tuple[Relation, ...]:
    references = constraint.definition.references
    return () if references is None else (Schema.key(references),)


__all__ = [
    "Column",
    "ConstraintState",
    "IndexState",
    "Origin",
    "Schema",
    "Table",
    "beginnings",
    "target",
    "targets",
]
