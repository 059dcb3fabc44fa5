"""Terms as Elixir prints them: `inspect/1` and `to_string/1`, for the messages of errors and for SQL.

What is not known is printed as `…`.
"""

from __future__ import annotations

import re

from .terms import (
    Atom,
    Fragment,
    FunctionTerm,
    ListTerm,
    MapTerm,
    Number,
    Term,
    Text,
    TupleTerm,
)

HOLE = "…"

# `Inspect.Opts`: at most 50 items of a list or bytes of a binary, and 4096 characters of a string.
_LIMIT = 50
_PRINTABLE_LIMIT = 4096

_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\b": "\\b",
    "\f": "\\f",
    "\x1b": "\\e",
    "\x7f": "\\d",
    "\a": "\\a",
    "\ufeff": "\\uFEFF",
}

# `Macro.classify_atom/1`: what needs no quotes after the colon.
_IDENTIFIER = re.compile(r"[^\W\d][\w@]*[?!]?")
_OPERATORS = re.compile(
    r"%|%\{\}|\{\}|<<>>|\.\.\.|\.\.(//)?|\.|&{1,3}|\+{1,3}|-{1,3}|~~~|!|\^|\*{1,2}|//?|<>|\|>|<<<|>>>"
    r"|<<~|~>>|<~|~>|<~>|<=?|>=?|={1,3}|!==?|=~|\|{1,3}|=>|::|<-|\\\\|@|->"
)


def inspect(term: Term | None) -> str:
    """`inspect(term)` with Elixir's default options.

    Source: `Inspect` and `Inspect.Opts` of Elixir. Structs of Ecto and functions are not spelled out.
    """
    match term:
        case Atom():
            return inspect_atom(term)
        case Number(value):
            return float_text(value) if isinstance(value, float) else str(value)
        case Text():
            return inspect_string(term.display(HOLE))
        case Fragment(sql):
            return f"{{:fragment, {inspect(sql)}}}"
        case TupleTerm(items):
            return "{" + ", ".join(inspect(item) for item in items) + "}"
        case ListTerm(items):
            return _inspect_list(items)
        case MapTerm():
            return _inspect_map(term)
        case FunctionTerm():
            return "#Function<…>"
    return HOLE


def inspect_atom(atom: Atom) -> str:
    if atom.is_module:
        return atom.name
    if atom.name in ("nil", "true", "false"):
        return atom.name
    return ":" + _atom_text(atom.name)


def _atom_text(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) or _OPERATORS.fullmatch(name) else f'"{escape(name)}"'


def inspect_string(value: str) -> str:
    """`inspect/1` of a binary: a string where it is printable, else its bytes."""
    head = value[:_PRINTABLE_LIMIT]
    if not all(map(_printable, head)):
        data = value.encode()
        numbers = ", ".join(str(byte) for byte in data[:_LIMIT])
        return f"<<{numbers}, ...>>" if len(data) > _LIMIT else f"<<{numbers}>>"
    return f'"{escape(head)}"' + (" <> ..." if len(value) > _PRINTABLE_LIMIT else "")


def escape(value: str) -> str:
    """The inside of a string literal that denotes `value`."""
    return "".join(_ESCAPES.get(character, character) for character in value).replace("#{", "\\#{")


def _printable(character: str) -> bool:
    """`String.printable?/1` of one character."""
    if character in _ESCAPES:
        return True
    code = ord(character)
    return (
        0x20 <= code <= 0x7E
        or 0xA0 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )


def _inspect_list(items: tuple[Term, ...]) -> str:
    if items and all(isinstance(item, Number) and _ascii(item.value) for item in items):
        text = "".join(chr(int(item.value)) for item in items if isinstance(item, Number))
        return f'~c"{escape(text)}"'
    shown = items[:_LIMIT]
    keyword = bool(items) and all(_is_pair(item) for item in items)
    parts = [_pair_text(item) if keyword else inspect(item) for item in shown]
    return "[" + ", ".join([*parts, "..."] if len(items) > _LIMIT else parts) + "]"


def _ascii(value: int | float) -> bool:
    """`List.ascii_printable?/1` of one item: such lists are printed as charlists."""
    return isinstance(value, int) and (0x20 <= value <= 0x7E or value in (7, 8, 9, 10, 11, 12, 13, 27))


def _is_pair(item: Term) -> bool:
    return (
        isinstance(item, TupleTerm)
        and len(item.items) == 2
        and isinstance(item.items[0], Atom)
        and not item.items[0].is_module
    )


def _pair_text(item: Term) -> str:
    assert isinstance(item, TupleTerm)
    key, value = item.items
    assert isinstance(key, Atom)
    return f"{_atom_text(key.name)}: {inspect(value)}"


def _inspect_map(term: MapTerm) -> str:
    name = term.struct or ""
    if all(isinstance(key, Atom) and not key.is_module for key, _ in term.items):
        parts = [_pair_text(TupleTerm((key, value))) for key, value in term.items]
    else:
        parts = [f"{inspect(key)} => {inspect(value)}" for key, value in term.items]
    return f"%{name}{{" + ", ".join(parts) + "}"


def to_string(term: Term | None) -> str:
    """`to_string/1` of an atom, a number or a binary; `…` of what is not known or has no such form."""
    match term:
        case Atom(name=name):
            if name == "nil":
                return ""
            return f"Elixir.{name}" if term.is_module else name
        case Number(value):
            return float_text(value) if isinstance(value, float) else str(value)
        case Text():
            return term.display(HOLE)
    return HOLE


def float_text(value: float) -> str:
    """`Float.to_string/1`: the shortest digits that read back the same, in the shorter of both notations.

    Source: `erlang:float_to_binary(F, [short])` of Erlang/OTP 25 (`1000.0` is `1.0e3`).
    """
    sign = "-" if repr(value).startswith("-") else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    # The position of the point in front of the first significant digit counts as 0.
    place = len(whole) + int(exponent or 0) - (len(whole + part) - len(digits))
    digits = digits.rstrip("0")
    if not digits:
        return f"{sign}0.0"
    length = len(digits)
    if 0 < place < length:
        return f"{sign}{digits[:place]}.{digits[place:]}"
    plain = "0." + "0" * -place + digits if place <= 0 else digits + "0" * (place - length) + ".0"
    scientific = f"{digits[0]}.{digits[1:] or '0'}e{place - 1}"
    # From 2^53 on, not every integer is a float: the notation must not look exact.
    return sign + (plain if len(plain) <= len(scientific) and abs(value) < 2**53 else scientific)
