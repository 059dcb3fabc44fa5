"""The text of one migration file."""

from __future__ import annotations

from functools import cached_property

from ..records import dataclass
from .lines import LineIndex
from .span import Span


@dataclass(frozen=True)
class Source:
    """`data` is the file as it is, normally UTF-8; `path` is where it lies (or would), if anywhere."""

    data: bytes
    path: str | None = None

    @classmethod
    def from_text(cls, text: str, path: str | None = None) -> Source:
        """From an editor's buffer. Lone surrogates, which no UTF-8 can hold, become U+FFFD."""
        return cls(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode(), path)

    @cached_property
    def lines(self) -> LineIndex:
        return LineIndex(self.data)

    def text(self, span: Span) -> str:
        """The text of `span`; bytes that are no UTF-8 become U+FFFD."""
        return self.data[span.start : span.end].decode("utf-8", "replace")
