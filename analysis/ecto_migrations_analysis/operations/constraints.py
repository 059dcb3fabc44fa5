"""Constraints as the database has them."""

from __future__ import annotations

from typing import Literal

from ..records import dataclass, field
from ..syntax.span import Span
from .base import NOWHERE, Relation
from .columns import Expression

ConstraintKind = Literal["check", "foreign key", "unique", "primary key", "exclusion", "not null"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintDefinition:
    """`name` is the one PostgreSQL will use (its default one computed), None where it cannot be known.

    For an exclusion, `expression` is what follows `EXCLUDE` and `columns` are its plain columns.
    """

    kind: ConstraintKind
    name: str | None
    columns: tuple[str, ...] = ()
    expression: Expression | None = None
    references: Relation | None = None
    # Empty: the referenced table's primary key.
    referenced_columns: tuple[str, ...] = ()
    # As SQL spells them, upper case ("SET NULL", "FULL"); None for NO ACTION and MATCH SIMPLE.
    on_delete: str | None = None
    on_delete_columns: tuple[str, ...] = ()
    on_update: str | None = None
    match: str | None = None
    validated: bool = True
    enforced: bool = True
    deferrable: bool = False
    initially_deferred: bool = False
    using_index: str | None = None
    nulls_distinct: bool = True
    no_inherit: bool = False
    # `INCLUDE (…)` of a key.
    include: tuple[str, ...] = ()
    # False where a part of the columns is not known.
    complete: bool = True
    # `WITHOUT OVERLAPS`/`PERIOD` of PostgreSQL 18.
    temporal: bool = False
    span: Span = field(default=NOWHERE, compare=False)
