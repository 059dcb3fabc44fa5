"""What a migration takes away to put something in its place: between transactions there would be neither."""

from __future__ import annotations

from collections.abc import Sequence

from ...operations import (
    AddColumn,
    AddConstraint,
    ConstraintDefinition,
    CreateIndex,
    CreateTable,
    CreateView,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropView,
    Operation,
    Relation,
    RenameColumn,
    RenameTable,
)
from ...operations.objects import CreateFunction, CreateObject, CreatePolicy, CreateTrigger, DropObject
from ...records import dataclass
from ...schema.state import Schema


@dataclass(frozen=True, slots=True)
class Piece:
    """What one of the parts does, and the schema it was written for."""

    operations: tuple[Operation, ...]
    schema: Schema


@dataclass(frozen=True, slots=True)
class Pair:
    """The parts by their numbers; `index` where an index comes in the place of one with another name."""

    taken: int
    put: int
    index: bool


def pairs(pieces: Sequence[Piece]) -> list[Pair]:
    """Each part that takes something away with each later one that puts something in its place."""
    found: list[Pair] = []
    for first, piece in enumerate(pieces):
        for operation in piece.operations:
            found += _replacing(operation, first, pieces)
    return list(dict.fromkeys(found))


def _replacing(taken: Operation, first: int, pieces: Sequence[Piece]) -> list[Pair]:
    match taken:
        case DropIndex():
            return _index(taken, first, pieces)
        case DropConstraint():
            return _constraint(taken, first, pieces)
        case DropColumn(column=column, relation=relation):
            return [
                Pair(first, number, False)
                for number, put in _later(first, pieces)
                if isinstance(put, AddColumn)
                and put.column.name == column
                and Schema.key(put.relation) == Schema.key(relation)
            ]
        case RenameTable(relation=relation):
            return [
                Pair(first, number, False)
                for number, put in _later(first, pieces)
                if isinstance(put, CreateTable | CreateIndex)
                and Schema.key(put.relation) == Schema.key(relation)
            ]
        case DropView():
            return [
                Pair(first, number, False)
                for number, put in _later(first, pieces)
                if isinstance(put, CreateView)
            ]
        case DropObject():
            makes = (CreateFunction, CreateObject, CreatePolicy, CreateTrigger)
            return [
                Pair(first, number, False) for number, put in _later(first, pieces) if isinstance(put, makes)
            ]
    return []


def _of_kind(kinds: tuple[type[Operation], ...], first: int, pieces: Sequence[Piece]) -> list[Pair]:
    return [Pair(first, number, False) for number, put in _later(first, pieces) if isinstance(put, kinds)]


def _later(first: int, pieces: Sequence[Piece]) -> list[tuple[int, Operation]]:
    return [
        (number, operation)
        for number, piece in enumerate(pieces[first + 1 :], first + 1)
        for operation in piece.operations
    ]


def _index(taken: DropIndex, first: int, pieces: Sequence[Piece]) -> list[Pair]:
    """Indexes that begin with the column that the dropped one began with, by its names of then."""
    known = next(
        (
            table.indexes[taken.name.name or ""].definition
            for table in pieces[first].schema.tables.values()
            if (taken.name.name or "") in table.indexes
        ),
        taken.stated,
    )
    if known is None or not known.elements:
        return []
    relation, column = Schema.key(known.relation), known.elements[0].column
    renamed = False
    found: list[Pair] = []
    for number, operation in _later(first, pieces):
        if isinstance(operation, RenameTable) and Schema.key(operation.relation) == relation:
            relation = Schema.key(Relation(operation.to, operation.relation.schema))
            renamed = True
        elif isinstance(operation, RenameColumn) and Schema.key(operation.relation) == relation:
            if operation.column == column:
                column, renamed = operation.to, True
        elif isinstance(operation, CreateIndex) and Schema.key(operation.relation) == relation:
            if _replaces(operation, known, column):
                found.append(Pair(first, number, not renamed and operation.name != taken.name.name))
    return found


def _replaces(new: CreateIndex, old: CreateIndex, column: str | None) -> bool:
    """Whether it begins with the same column, or keeps duplicates out where the old one did."""
    if not new.elements:
        return False
    if (
        new.unique
        and old.unique
        and {one.column for one in new.elements} & {one.column for one in old.elements}
    ):
        return True
    return new.elements[0].column == column


def _constraint(taken: DropConstraint, first: int, pieces: Sequence[Piece]) -> list[Pair]:
    table = pieces[first].schema.table(taken.relation)
    state = table.constraints.get(taken.name or "") if table is not None else None
    found: list[Pair] = []
    for number, operation in _later(first, pieces):
        if isinstance(operation, CreateIndex):
            unique = state is not None and state.definition.kind in ("unique", "primary key")
            if (unique or state is None) and operation.unique:
                if Schema.key(operation.relation) == Schema.key(taken.relation):
                    found.append(Pair(first, number, False))
        elif isinstance(operation, AddConstraint):
            if Schema.key(operation.relation) != Schema.key(taken.relation):
                continue
            if state is None or _is_like(state.definition, operation.constraint):
                found.append(Pair(first, number, False))
    return found


def _is_like(old: ConstraintDefinition, new: ConstraintDefinition) -> bool:
    if old.kind != new.kind:
        return False
    return not old.columns or not new.columns or bool(set(old.columns) & set(new.columns))
