"""What cannot be read: said to be so, never guessed at."""

from __future__ import annotations

from ..records import dataclass
from .base import Operation, Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class UnparsedSQL(Operation):
    """PostgreSQL's grammar refuses the text: the statement would fail. `message` is the parser's."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueSQL(Operation):
    """SQL whose effect the text does not tell: a DO block, a dynamic string, a function call."""

    reason: str
    # The leading keywords where they are known: "DO", "SELECT", "ALTER TABLE".
    keywords: str | None = None
    # The relations it names, where that much is clear.
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsCode(Operation):
    """Application or library code runs here and may do anything."""

    call: str
