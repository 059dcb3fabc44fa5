"""A statement as the database receives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import dataclass, field
from ..syntax.span import Span
from .base import NOWHERE, Operation

if TYPE_CHECKING:
    from ..program.commands import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """`sql` is the text as sent, with `…` for what is not known (then `certain` is False).

    `command` is what the migration said; `error` is set where Ecto or its adapter raises instead of
    sending anything (`ArgumentError: …`), and `sql` is empty then.
    """

    sql: str
    operations: tuple[Operation, ...]
    span: Span = field(default=NOWHERE, compare=False)
    certain: bool = True
    command: Command | None = field(default=None, compare=False)
    error: str | None = None
