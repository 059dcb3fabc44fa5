"""A stretch of source text."""

from __future__ import annotations

from typing import NamedTuple

from ..records import dataclass


class Span(NamedTuple):
    """Half-open range of byte offsets into the UTF-8 source."""

    start: int
    end: int

    def union(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))

    def contains(self, offset: int) -> bool:
        """Whether a caret at `offset` touches this span (both ends included, as editors do)."""
        return self.start <= offset <= self.end

    def encloses(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Place:
    """A span in a named file, for what lies outside the file under analysis."""

    path: str
    span: Span
