"""A string with unknown pieces as SQL that can be parsed, and the way back to the Elixir source.

`"ALTER TABLE #{t} ADD COLUMN x int"` is parsed with an identifier in place of the hole. Where the grammar
refuses that, the hole nearest to the refused token gets the next of `FILLINGS`. What the tree then says of
a name that holds a filling is not known; everything around it is.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from ..program.terms import Piece, Text
from ..syntax.span import Span
from .parser import Node, Refusal, parse

MARK = "ecto_migrations_hole_"
# A number that is not to be met with otherwise, and is found again among digits that stand next to it.
NUMBER = "730091347"

# In the order in which they are tried: a name or a column, a number, a string, no text at all.
FILLINGS = ("name", "number", "string", "nothing")


def _filling(sort: str, number: int) -> str:
    return {
        "name": f"{MARK}{number}",
        "number": NUMBER,
        "string": f"'{MARK}{number}'",
        "nothing": "",
    }[sort]


def is_hole(text: str) -> bool:
    """Whether a name, a string or a number of the tree holds an unknown piece."""
    return MARK in text or NUMBER in text


class SqlText:
    """The SQL to parse, made of the pieces of `text`; `sorts` says what stands in for each unknown one.

    Offsets into `sql` count characters, unless they are called bytes.
    """

    def __init__(self, text: Text, sorts: tuple[str, ...] = ()) -> None:
        self.text = text
        self.pieces: tuple[Piece, ...] = text.pieces
        self.sorts = sorts
        contributions: list[str] = []
        unknown = 0
        for piece in self.pieces:
            if piece.text is None:
                sort = sorts[unknown] if unknown < len(sorts) else FILLINGS[0]
                contributions.append(_filling(sort, unknown))
                unknown += 1
            else:
                contributions.append(piece.text)
        self.sql = "".join(contributions)
        self._starts = [0, *accumulate(len(part) for part in contributions)]

    @cached_property
    def holes(self) -> tuple[tuple[int, int], ...]:
        """Where the unknown pieces stand: start and end in `sql`, in their order."""
        return tuple(
            (self._starts[index], self._starts[index + 1])
            for index, piece in enumerate(self.pieces)
            if piece.text is None
        )

    def character(self, byte: int) -> int:
        """The character offset of a byte offset (the tree counts bytes of UTF-8)."""
        if self.sql.isascii():
            return byte
        return bisect_right(self._byte_starts, byte) - 1

    @cached_property
    def _byte_starts(self) -> list[int]:
        return [0, *accumulate(len(character.encode()) for character in self.sql)]

    def has_hole(self, start: int, end: int) -> bool:
        """Whether an unknown piece lies in `start` to `end`, or touches it where nothing stands in for it."""
        return any(
            (begin < end and stop > start) or (begin == stop and start <= begin <= end)
            for begin, stop in self.holes
        )

    def has_stand_in(self, start: int, end: int) -> bool:
        """Whether a literal that stands in for an unknown piece lies there: the literal is not the text's."""
        return any(
            sort in ("number", "string") and begin < end and stop > start
            for sort, (begin, stop) in zip(self.sorts, self.holes, strict=False)
        )

    def left_out(self, start: int, end: int) -> list[int]:
        """Where the tree lacks an unknown piece from `start` to `end`, for no stand-in was accepted."""
        return [begin for begin, stop in self.holes if begin == stop and start <= begin <= end]

    def shown(self, start: int, end: int) -> str:
        """The SQL from `start` to `end` with `…` for what is not known."""
        parts: list[str] = []
        for index, piece in enumerate(self.pieces):
            begin, stop = self._starts[index], self._starts[index + 1]
            if piece.text is None:
                # A hole that nothing stands in for belongs to the text that it touches.
                if (begin < end and stop > start) or (begin == stop and start <= begin <= end):
                    parts.append("…")
            elif begin < end and stop > start:
                parts.append(self.sql[max(begin, start) : min(stop, end)])
        return "".join(parts)

    def span(self, start: int, end: int) -> Span:
        """The Elixir source of `sql[start:end]`; a piece that is not verbatim counts as a whole."""
        if not self.pieces:
            return self.text.span
        first = self._source(start, at_end=False)
        if end <= start:
            return Span(first, first)
        # Pieces that nothing stands in for end where the range ends, and belong to it.
        left_out = [
            piece.span.end
            for index, piece in enumerate(self.pieces)
            if piece.text is None and self._starts[index] == self._starts[index + 1] == end
        ]
        return Span(first, max(first, self._source(end, at_end=True), *left_out))

    def _source(self, offset: int, *, at_end: bool) -> int:
        # The piece that holds the character behind `offset`, or at an end the one before it.
        wanted = offset - 1 if at_end else offset
        index = min(max(bisect_right(self._starts, wanted) - 1, 0), len(self.pieces) - 1)
        piece = self.pieces[index]
        if piece.text is not None and piece.verbatim:
            inside = self.sql[self._starts[index] : max(offset, self._starts[index])]
            return min(piece.span.start + len(inside.encode("utf-8", "surrogatepass")), piece.span.end)
        if offset <= self._starts[index]:
            return piece.span.start
        # An escape or a hole maps to its whole source, at both of its ends.
        return piece.span.end if at_end or offset >= self._starts[index + 1] else piece.span.start


def parse_text(text: Text) -> tuple[SqlText, list[Node] | Refusal]:
    """Parses `text`, trying fillings for its holes until the grammar accepts one combination.

    A text without holes is parsed once, and the refusal is PostgreSQL's own. With holes, the refusal only
    says that no filling worked.
    """
    count = sum(piece.text is None for piece in text.pieces)
    choice = [0] * count
    first: tuple[SqlText, Refusal] | None = None
    # Every round advances one hole, so that this ends; the limit keeps a text of many holes cheap.
    for _ in range(min(len(FILLINGS) * count, 40) + 1):
        sql = SqlText(text, tuple(FILLINGS[index] for index in choice))
        tree = parse(sql.sql)
        if not isinstance(tree, Refusal):
            return sql, tree
        if first is None:
            first = (sql, tree)
        culprit = _culprit(sql, tree.position, choice)
        if culprit is None:
            break
        choice[culprit] += 1
    assert first is not None
    return first


def _culprit(sql: SqlText, position: int, choice: list[int]) -> int | None:
    """The hole to fill differently: the last one at or before the refused token that has a choice left."""
    last = len(FILLINGS) - 1
    candidates = [index for index, taken in enumerate(choice) if taken < last]
    before = [index for index in candidates if sql.holes[index][0] <= position]
    if before:
        return before[-1]
    return candidates[0] if candidates else None
