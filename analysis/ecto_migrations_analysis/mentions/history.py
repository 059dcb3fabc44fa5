"""Where a table or column is named in the whole history, its renamings followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..operations import (
    AddColumn,
    CreateTable,
    DropColumn,
    DropTable,
    Operation,
    Relation,
    RenameColumn,
    RenameTable,
    SetTableSchema,
)
from ..project.context import PastMigration
from ..records import dataclass
from ..schema.state import Schema
from .model import Mention
from .statements import operation_mentions


@dataclass(frozen=True, slots=True)
class Name:
    """What a table (`column` None) or a column is called at one time."""

    relation: Relation
    column: str | None = None


@dataclass(frozen=True)
class Life:
    """The names by the path of each migration from the one that makes it to the one that drops it.

    `last` is its name after all migrations; None where it is gone.
    """

    names: dict[str, frozenset[Name]]
    last: Name | None

    def mentions(self, path: str, operations: Iterable[Operation]) -> Iterator[Mention]:
        """Where the operations of a migration name it."""
        for operation in operations:
            yield from self.of(path, operation_mentions(operation))

    def of(self, path: str, mentions: Iterable[Mention]) -> Iterator[Mention]:
        """Those of the mentions in a file that mean it."""
        names = self.names.get(path, frozenset())
        return (item for item in mentions if Name(item.relation, item.column) in names)


def life_of(name: Name, own: PastMigration, past: Sequence[PastMigration]) -> Life:
    """The life of what `own` calls `name`; `own` counts instead of what `past` has at its path."""
    others = [item for item in past if item.path != own.path]
    earlier = [item for item in others if item.version < own.version]
    later = [item for item in others if item.version >= own.version]
    names: dict[str, frozenset[Name]] = {}
    last: Name | None = name
    for item in (own, *later):
        if last is None:
            break
        used, last = _forward(last, item.operations)
        names[item.path] = names.get(item.path, frozenset()) | used
    first: Name | None = name
    for item in (own, *reversed(earlier)):
        if first is None:
            break
        used, first = _backward(first, item.operations)
        names[item.path] = names.get(item.path, frozenset()) | used
    return Life(names, last)


def _forward(name: Name, operations: Sequence[Operation]) -> tuple[frozenset[Name], Name | None]:
    used = {name}
    for operation in operations:
        before, after = _renaming(operation, name)
        if before == name and after is not None:
            name = after
            used.add(name)
        elif _ends(operation, name):
            return frozenset(used), None
    return frozenset(used), name


def _backward(name: Name, operations: Sequence[Operation]) -> tuple[frozenset[Name], Name | None]:
    used = {name}
    for operation in reversed(operations):
        before, after = _renaming(operation, name)
        if after == name and before is not None:
            name = before
            used.add(name)
        elif _begins(operation, name):
            return frozenset(used), None
    return frozenset(used), name


def _renaming(operation: Operation, name: Name) -> tuple[Name | None, Name | None]:
    """The names before and after, of a renaming that is about a thing of this kind."""
    if isinstance(operation, RenameTable | SetTableSchema):
        relation = Schema.key(operation.relation)
        if isinstance(operation, RenameTable):
            to = Relation(operation.to, relation.schema)
        else:
            to = Schema.key(Relation(relation.name, operation.schema))
        return Name(relation, name.column), Name(to, name.column)
    if isinstance(operation, RenameColumn) and name.column is not None:
        relation = Schema.key(operation.relation)
        return Name(relation, operation.column), Name(relation, operation.to)
    return None, None


def _ends(operation: Operation, name: Name) -> bool:
    if isinstance(operation, DropTable):
        return Schema.key(operation.relation) == name.relation
    return (
        isinstance(operation, DropColumn)
        and name.column is not None
        and Name(Schema.key(operation.relation), operation.column) == name
    )


def _begins(operation: Operation, name: Name) -> bool:
    if isinstance(operation, CreateTable):
        return Schema.key(operation.relation) == name.relation
    return (
        isinstance(operation, AddColumn)
        and name.column is not None
        and Name(Schema.key(operation.relation), operation.column.name) == name
    )
