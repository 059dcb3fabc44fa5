"""Elixir's view of terms: truth, equality, order, text."""

from __future__ import annotations

from collections.abc import Iterable

from ..syntax.span import Span
from .inspection import float_text, inspect
from .terms import (
    FALSE,
    NIL,
    NOWHERE,
    TRUE,
    Atom,
    ListTerm,
    MapTerm,
    Number,
    Option,
    Options,
    Piece,
    Term,
    Text,
    TupleTerm,
    Unknown,
)

# Stands in a list for items whose number is not known.
REST = "items of a list that is not known"
# A name that is neither a variable nor a function: the text is not finished.
UNDEFINED = "nothing defines"
# `prefix/0` where the migrator is given none, which only its command line tells.
MIGRATOR_PREFIX = "the prefix that the migrator is given"


def unknown_prefix(term: object) -> bool:
    return isinstance(term, Unknown) and term.reason == MIGRATOR_PREFIX


def is_undefined(term: object) -> bool:
    return isinstance(term, Unknown) and term.reason.startswith(UNDEFINED)


def mentions_undefined(term: Term) -> bool:
    """Whether the value holds a name that nothing defines."""
    pending: list[Term] = [term]
    while pending:
        current = pending.pop()
        if is_undefined(current):
            return True
        if isinstance(current, ListTerm | TupleTerm):
            pending.extend(current.items)
        elif isinstance(current, MapTerm):
            pending.extend(value for _, value in current.items)
    return False


# What a variable may hold: values made of themselves again and again grow without end.
MAX_WEIGHT = 20_000
MAX_TEXT = 1_000_000
MAX_NESTING = 40


def weight(term: Term) -> int | None:
    """How much a value holds, as if nothing in it were shared; None where it is too much to work with."""
    total = 0
    level: list[Term] = [term]
    for _ in range(MAX_NESTING):
        deeper: list[Term] = []
        for current in level:
            if isinstance(current, ListTerm | TupleTerm):
                deeper.extend(current.items)
            elif isinstance(current, MapTerm):
                deeper.extend(part for pair in current.items for part in pair)
            elif isinstance(current, Text):
                length = sum(len(piece.text or "") for piece in current.pieces)
                total += len(current.pieces) + length // 64
                if length > MAX_TEXT:
                    return None
        total += len(level)
        if total + len(deeper) > MAX_WEIGHT:
            return None
        if not deeper:
            return total
        level = deeper
    return None


def boolean(value: bool) -> Atom:
    return TRUE if value else FALSE


def known_or(value: bool | None, reason: str, span: Span = NOWHERE) -> Term:
    return Unknown(reason, span) if value is None else boolean(value)


def truth(term: Term) -> bool | None:
    """False for `false` and `nil`, None where it is not known, else True."""
    if isinstance(term, Unknown):
        return None
    return not (isinstance(term, Atom) and term.name in ("false", "nil") and not term.is_module)


def known(items: tuple[Term, ...]) -> bool:
    """Whether a list's number of items is known."""
    return not any(isinstance(item, Unknown) and item.reason == REST for item in items)


def same(left: Term, right: Term, strict: bool = False) -> bool | None:
    """`left == right`; None where it cannot be told."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, Text) and isinstance(right, Text):
        one, other = left.value, right.value
        return None if one is None or other is None else one == other
    if isinstance(left, Number) and isinstance(right, Number):
        return left.value == right.value and (not strict or type(left.value) is type(right.value))
    if type(left) is not type(right):
        return False
    if isinstance(left, ListTerm | TupleTerm) and isinstance(right, ListTerm | TupleTerm):
        if not (known(left.items) and known(right.items)):
            return None
        if len(left.items) != len(right.items):
            return False
        return every(same(one, other, strict) for one, other in zip(left.items, right.items, strict=True))
    if isinstance(left, MapTerm) and isinstance(right, MapTerm):
        return True if left == right else None
    return left == right


def every(verdicts: Iterable[bool | None]) -> bool | None:
    """Three-valued `and`."""
    result: bool | None = True
    for verdict in verdicts:
        if verdict is False:
            return False
        if verdict is None:
            result = None
    return result


def join(values: list[Term], reason: str, span: Span) -> Term:
    """The value of an expression of which only one of several branches runs."""
    if not values:
        return NIL
    first = values[0]
    if all(same(first, other) or first is other for other in values[1:]):
        return first
    return Unknown(reason, span)


def text_of(term: Term) -> str | None:
    """`to_string(term)`; None where it is not known or would raise."""
    if isinstance(term, Text):
        return term.value
    if isinstance(term, Atom):
        if term.name == "nil" and not term.is_module:
            return ""
        return f"Elixir.{term.name}" if term.is_module else term.name
    if isinstance(term, Number):
        return number_text(term.value)
    if isinstance(term, ListTerm):
        parts = []
        for item in term.items:
            if isinstance(item, Number) and isinstance(item.value, int) and 0 < item.value < 0x110000:
                parts.append(chr(item.value))
            elif isinstance(item, Text | ListTerm):
                part = text_of(item)
                if part is None:
                    return None
                parts.append(part)
            else:
                return None
        return "".join(parts)
    return None


def number_text(value: int | float) -> str | None:
    """As Elixir prints it; None for integers too long to be worth it."""
    if isinstance(value, float):
        return None if value != value or abs(value) == float("inf") else float_text(value)
    return str(value) if abs(value) < 10**300 else None


def inspected(term: Term) -> str | None:
    """`inspect(term)`; None where a part of it is not known or prints as nothing that can be told."""
    pending: list[Term] = [term]
    while pending:
        current = pending.pop()
        if isinstance(current, ListTerm | TupleTerm):
            pending.extend(current.items)
        elif isinstance(current, MapTerm):
            if current.struct is not None:
                return None
            pending.extend(part for pair in current.items for part in pair)
        elif isinstance(current, Text):
            if current.value is None:
                return None
        elif not isinstance(current, Atom | Number) or number_text(getattr(current, "value", 0)) is None:
            return None
    return inspect(term)


def to_text(term: Term) -> Text | None:
    """The term as a binary argument; None where it is something else. An unknown one is one unknown piece."""
    if isinstance(term, Text):
        return term
    if isinstance(term, Unknown):
        return Text((Piece(None, term.span),), term.span)
    return None


def concatenate(left: Text, right: Text, span: Span) -> Text:
    return Text(left.pieces + right.pieces, span)


def to_options(term: Term | None) -> Options:
    """A keyword list as `Options`; whatever is not a pair makes it incomplete."""
    if term is None:
        return Options()
    if not isinstance(term, ListTerm):
        return Options((), False, term.span)
    items: list[Option] = []
    complete = True
    for item in term.items:
        if isinstance(item, TupleTerm) and len(item.items) == 2 and isinstance(item.items[0], Atom):
            items.append(Option(item.items[0].name, item.items[1], item.span))
        else:
            complete = False
    return Options(tuple(items), complete, term.span)


def from_options(options: Options) -> ListTerm:
    """The keyword list that `to_options` reads back."""
    items: list[Term] = [TupleTerm((Atom(o.key), o.value), o.span) for o in options]
    if not options.complete:
        items.append(Unknown(REST, options.span))
    return ListTerm(tuple(items), options.span)


def is_keyword_list(term: Term) -> bool:
    """Whether it is certainly a list of pairs with atoms as keys."""
    return isinstance(term, ListTerm) and all(
        isinstance(item, TupleTerm) and len(item.items) == 2 and isinstance(item.items[0], Atom)
        for item in term.items
    )
