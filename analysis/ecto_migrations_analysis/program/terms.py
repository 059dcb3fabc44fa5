"""Elixir values as the reader knows them.

Every term carries the span of the source that made it (not part of its equality). What the reader cannot
know is an `Unknown`: never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from ..records import dataclass, field
from ..syntax.span import Span

if TYPE_CHECKING:
    from .commands import Constraint, Index, Reference, Table

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Atom:
    """`:name`, and also `nil`, `true`, `false` and `Module.Name` (without the `Elixir.` prefix)."""

    name: str
    span: Span = field(default=NOWHERE, compare=False)
    is_module: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    value: int | float
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a string: `text` is what it contributes, or None where that is not known.

    `span` is the source it comes from. Where `verbatim`, the source bytes of `span` are exactly the UTF-8
    of `text`, so an offset into `text` can be mapped to the source; an escape or an interpolated value is
    not verbatim and maps to its whole span.
    """

    text: str | None
    span: Span
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A binary: the pieces in order."""

    pieces: tuple[Piece, ...]
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def value(self) -> str | None:
        """The string, or None where a piece is unknown."""
        parts = [piece.text for piece in self.pieces]
        return None if None in parts else "".join(part for part in parts if part is not None)

    def display(self, hole: str = "…") -> str:
        """The string with `hole` in place of each unknown piece."""
        return "".join(hole if piece.text is None else piece.text for piece in self.pieces)

    def source_span(self, start: int, stop: int) -> Span:
        """The source of the characters `start` to `stop` of `value` (unknown pieces count no character)."""
        first: int | None = None
        last = self.span.end
        at = 0
        for piece in self.pieces:
            length = len(piece.text or "")
            if first is None and start < at + length:
                first = self._byte(piece, start - at, piece.span.start)
            if stop <= at + length and first is not None:
                last = self._byte(piece, stop - at, piece.span.end)
                break
            at += length
        return Span(self.span.start if first is None else first, last)

    @staticmethod
    def _byte(piece: Piece, characters: int, otherwise: int) -> int:
        if not piece.verbatim or piece.text is None:
            return otherwise
        return piece.span.start + len(piece.text[: max(0, characters)].encode())


@dataclass(frozen=True, slots=True)
class ListTerm:
    """A list; a keyword list is a list of pairs, as in Elixir."""

    items: tuple[Term, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class TupleTerm:
    items: tuple[Term, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class MapTerm:
    items: tuple[tuple[Term, Term], ...]
    span: Span = field(default=NOWHERE, compare=False)
    struct: str | None = None


@dataclass(frozen=True, slots=True)
class FunctionTerm:
    """An anonymous function or a capture. `closure` belongs to the reader; nothing else looks into it."""

    arity: int | None
    span: Span = field(default=NOWHERE, compare=False)
    closure: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Fragment:
    """`fragment("now()")`: SQL that Ecto sends as it is."""

    sql: Text
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that cannot be known from the text, and why ("variable `name`", "call of `System.get_env`")."""

    reason: str
    span: Span = field(default=NOWHERE, compare=False)


# The Ecto structs of `program.commands` are terms too: they are values in Elixir.
Term: TypeAlias = (
    "Atom | Number | Text | ListTerm | TupleTerm | MapTerm | FunctionTerm | Fragment | Unknown"
    " | Table | Index | Constraint | Reference"
)

NIL = Atom("nil")
TRUE = Atom("true")
FALSE = Atom("false")


def plain_text(value: str, span: Span = NOWHERE) -> Text:
    """A string that no source spells out, or whose spelling does not matter."""
    return Text((Piece(value, span),), span)


def is_nil(term: Term | None) -> bool:
    return isinstance(term, Atom) and term.name == "nil"


def as_bool(term: Term | None) -> bool | None:
    """True or False for the booleans, None for everything else."""
    return {"true": True, "false": False}.get(term.name) if isinstance(term, Atom) else None


def as_name(term: Term | None) -> str | None:
    """The text of an atom or a known string; None for nil and everything else."""
    if isinstance(term, Atom):
        return None if term.name == "nil" else term.name
    if isinstance(term, Text):
        return term.value
    return None


@dataclass(frozen=True, slots=True)
class Option:
    """One pair of a keyword list; `span` covers key and value, as in `null: false`."""

    key: str
    value: Term
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Options:
    """A keyword list as an Ecto function gets it, in the order written.

    `complete` is False where a part of it could not be known: then an absent key says nothing.
    """

    items: tuple[Option, ...] = ()
    complete: bool = True
    span: Span = field(default=NOWHERE, compare=False)

    def __iter__(self) -> Iterator[Option]:
        return iter(self.items)

    def option(self, key: str) -> Option | None:
        """The first pair with this key: the one `Keyword.get/2` finds."""
        for item in self.items:
            if item.key == key:
                return item
        return None

    def get(self, key: str) -> Term | None:
        found = self.option(key)
        return found.value if found else None

    def has(self, key: str) -> bool:
        return self.option(key) is not None

    def without(self, *keys: str) -> Options:
        return Options(tuple(item for item in self.items if item.key not in keys), self.complete, self.span)

    def put(self, key: str, value: Term, span: Span = NOWHERE) -> Options:
        """`Keyword.put/3`: the pair in front, every other pair with that key gone."""
        return Options((Option(key, value, span), *self.without(key).items), self.complete, self.span)
