"""What all operations share."""

from __future__ import annotations

from ..records import dataclass, field
from ..syntax.span import Span

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, view, index or sequence by name; `name` is None where the text does not tell it."""

    name: str | None
    schema: str | None = None

    def __str__(self) -> str:
        name = self.name or "…"
        return f"{self.schema}.{name}" if self.schema else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`span` is the smallest source that is its cause; it is not part of the equality of operations."""

    span: Span = field(default=NOWHERE, compare=False)
