"""Columns as the database has them."""

from __future__ import annotations

from ..records import dataclass, field
from ..syntax.span import Span
from .base import NOWHERE


@dataclass(frozen=True, slots=True)
class DataType:
    """A type as PostgreSQL names it canonically (`format_type`): `character varying`, `bigint`, `numeric`.

    `modifiers` are the numbers in parentheses, `dimensions` counts `[]`. A type of another name (enum,
    domain, extension) keeps that name. `name` is None where the type is not known.
    """

    name: str | None
    modifiers: tuple[int, ...] = ()
    dimensions: int = 0
    # serial pseudo-types are stored as the integer they stand for, with this set.
    serial: bool = False
    schema: str | None = None

    def __str__(self) -> str:
        name = self.name or "unknown"
        if self.schema:
            name = f"{self.schema}.{name}"
        if self.modifiers:
            numbers = ",".join(str(number) for number in self.modifiers)
            head, separator, tail = name.partition(" with")  # timestamp(0) with time zone
            name = f"{head}({numbers}){separator}{tail}"
        return name + "[]" * self.dimensions


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL of a default, a check, an index expression or a predicate; `sql` is None where it is not known."""

    sql: str | None
    # True for a plain literal, which needs no look at its functions.
    literal: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Identity:
    always: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Generated:
    expression: Expression
    stored: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDefinition:
    """A column of `CREATE TABLE` or `ADD COLUMN`. Its constraints other than NOT NULL stand beside it."""

    name: str | None
    type: DataType
    not_null: bool = False
    default: Expression | None = None
    identity: Identity | None = None
    generated: Generated | None = None
    collation: str | None = None
    comment: str | None = None
    span: Span = field(default=NOWHERE, compare=False)
    name_span: Span = field(default=NOWHERE, compare=False)
    type_span: Span = field(default=NOWHERE, compare=False)
    not_null_span: Span = field(default=NOWHERE, compare=False)
    # What made it in the DSL (`add`, `timestamps`, `table`), or `sql`.
    origin: str = field(default="sql", compare=False)
