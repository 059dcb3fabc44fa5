"""CREATE, DROP and RENAME of indexes."""

from __future__ import annotations

from ..records import dataclass, field
from ..syntax.span import Span
from .base import NOWHERE, Operation, Relation
from .columns import Expression


@dataclass(frozen=True, slots=True)
class IndexElement:
    """A column by name or an expression; `order` as written after it ("DESC NULLS LAST"), upper case."""

    column: str | None = None
    expression: Expression | None = None
    order: str | None = None
    opclass: str | None = None
    collation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndex(Operation):
    """`name` is the index's bare name; it lives in the schema of `relation`."""

    relation: Relation
    name: str | None
    elements: tuple[IndexElement, ...] = ()
    unique: bool = False
    concurrently: bool = False
    if_not_exists: bool = False
    method: str = "btree"
    include: tuple[str, ...] = ()
    where: Expression | None = None
    nulls_distinct: bool = True
    only: bool = False
    # `WITH (…)` and `TABLESPACE …` as written.
    options: tuple[str, ...] = ()
    # False where a part of the columns is not known.
    complete: bool = True
    relation_span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIndex(Operation):
    """`relation` is the table where the text names it (the DSL does, SQL does not)."""

    name: Relation
    relation: Relation | None = None
    concurrently: bool = False
    if_exists: bool = False
    cascade: bool = False
    # The columns the DSL states: what a rollback would rebuild.
    stated: CreateIndex | None = None
    relation_span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameIndex(Operation):
    name: Relation
    to: str | None
    relation: Relation | None = None
    if_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachIndexPartition(Operation):
    """`ALTER INDEX parent ATTACH PARTITION child`."""

    name: Relation
    child: Relation
