"""Elixir's view of terms: truth, equality, order, text."""

from __future__ import annotations

from collections.abc import Iterable

from ..syntax.span import Span
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
    if isinstance(value, int):
        return str(value) if abs(value) < 10**300 else None
    if value != value or value in (float("inf"), float("-inf")):
        return None
    # Erlang's short form differs from Python's only in how it writes exponents.
    if 1e-4 <= abs(value) < 1e16 or value == 0:
        return repr(value)
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return None
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{int(exponent)}"


def inspected(term: Term) -> str | None:
    """`inspect(term)` for the simple values."""
    if isinstance(term, Text):
        value = term.value
        if value is None:
            return None
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"' if escaped.isprintable() and "#{" not in escaped else None
    if isinstance(term, Atom):
        if term.is_module or term.name in ("nil", "true", "false"):
            return term.name
        plain = term.name.replace("_", "a").removesuffix("?").removesuffix("!")
        return f":{term.name}" if plain.isalnum() and not term.name[0].isdigit() else f':"{term.name}"'
    if isinstance(term, Number):
        return number_text(term.value)
    if isinstance(term, ListTerm):
        options = to_options(term)
        if term.items and options.complete and len(options.items) == len(term.items):
            parts = [(item.key, inspected(item.value)) for item in options]
            return (
                None
                if any(p is None for _, p in parts)
                else "[" + ", ".join(f"{k}: {p}" for k, p in parts) + "]"
            )
        return _bracketed(term.items, "[", "]")
    if isinstance(term, TupleTerm):
        return _bracketed(term.items, "{", "}")
    return None


def _bracketed(items: tuple[Term, ...], opening: str, closing: str) -> str | None:
    parts = [inspected(item) for item in items]
    return (
        None if None in parts else opening + ", ".join(part for part in parts if part is not None) + closing
    )


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
