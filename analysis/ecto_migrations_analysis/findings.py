"""What a rule has to say, and how grave it is."""

from __future__ import annotations

from enum import IntEnum

from .records import dataclass, field
from .syntax.span import Place, Span


class Level(IntEnum):
    """Ordered: a migration is as grave as its worst finding."""

    INFO = 1
    RISK = 2
    DANGER = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that matters, and why: "posts was created here"."""

    message: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`span` is the smallest text that is the cause.

    `message` is one line that says what will happen, in the database's words, with the table's name;
    `reason` says why, `advice` the way out. `label` is the few words under the squiggle in a terminal.
    """

    rule: str
    level: Level
    span: Span
    message: str
    reason: str = ""
    advice: str = ""
    label: str = ""
    related: tuple[Related, ...] = ()
    # What a fix needs to find its subject again: names of the table, column, index, constraint.
    subject: dict[str, str] = field(default_factory=dict)
    # False for what happens only on rollback.
    forward: bool = True
    # The statement fails, however small the table is.
    fails: bool = False
