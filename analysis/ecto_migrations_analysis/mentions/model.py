"""A place in a migration that names a table or a column."""

from __future__ import annotations

import re

from ..operations import Relation
from ..records import dataclass
from ..syntax.source import Source
from ..syntax.span import Span

_WORD = re.compile(rb"[\w?!]+")


@dataclass(frozen=True, slots=True)
class Mention:
    """`column` is None where the table itself is meant. `makes`: it comes into being here.

    `span` is the smallest source known to hold the name; `spelled_at` narrows it to the name.
    """

    relation: Relation
    column: str | None
    span: Span
    makes: bool = False

    @property
    def name(self) -> str:
        return self.column if self.column is not None else self.relation.name or ""


def word_at(source: Source, offset: int) -> Span | None:
    """The word that a caret at `offset` touches; None between two that are none."""
    start = end = offset
    while start > 0 and _is_word(source.data[start - 1 : start]):
        start -= 1
    while end < len(source.data) and _is_word(source.data[end : end + 1]):
        end += 1
    return Span(start, end) if start < end else None


def spelled_at(source: Source, mention: Mention) -> Span:
    """Where the name stands inside of the mention's span; the whole span where it is not spelled there.

    `timestamps()` names `inserted_at` without spelling it.
    """
    within = source.data[mention.span.start : mention.span.end]
    name = mention.name.encode()
    for found in _WORD.finditer(within):
        if found[0] == name:
            return Span(mention.span.start + found.start(), mention.span.start + found.end())
    at = within.find(name) if name else -1
    if at < 0:
        return mention.span
    return Span(mention.span.start + at, mention.span.start + at + len(name))


def _is_word(byte: bytes) -> bool:
    # Bytes above ASCII belong to the letters of some alphabet.
    return byte.isalnum() or byte in b"_?!" or byte >= b"\x80"
