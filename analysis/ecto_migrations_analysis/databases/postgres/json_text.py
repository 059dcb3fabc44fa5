"""Elixir maps as the JSON that a `:map` default is sent as (`Jason`, the default `:json_library`)."""

from __future__ import annotations

from ...program.inspection import float_text, inspect
from ...program.terms import Atom, ListTerm, MapTerm, Number, Term, Text
from .quoting import AdapterError
from .rendering import Rendering

_SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}

# A map of at most 32 keys is kept in the order of its keys; a larger one in an order nobody can tell.
_SMALL_MAP = 32


def json_text(out: Rendering, term: Term) -> str:
    """The JSON of a term as `Jason.encode!/1` writes it.

    Keys come in Erlang's order of terms: numbers, atoms, strings. (From OTP 26 on, atoms of a map are in an
    order of their own that the text does not tell; the value is the same.) Raises AdapterError for what has
    no JSON.
    """
    match term:
        case Atom(name=name, is_module=is_module):
            if name in ("true", "false"):
                return name
            if name == "nil":
                return "null"
            return _string(f"Elixir.{name}" if is_module else name)
        case Number(value):
            return float_text(value) if isinstance(value, float) else str(value)
        case Text():
            return _string(out.text(term))
        case ListTerm(items):
            return "[" + ",".join(json_text(out, item) for item in items) + "]"
        case MapTerm(items, struct=None):
            return _object(out, items)
    shown = inspect(term)
    if shown.startswith("{"):
        raise AdapterError(
            "Protocol.UndefinedError",
            f"protocol Jason.Encoder not implemented for {shown} of type Tuple, "
            "Jason.Encoder protocol must always be explicitly implemented",
        )
    # Structs choose their own JSON, and what is unknown stays so.
    return out.hole()


def _object(out: Rendering, items: tuple[tuple[Term, Term], ...]) -> str:
    latest: dict[tuple[int, float, str], tuple[str, Term]] = {}
    for key, value in items:
        match key:
            case Number(number):
                text = float_text(number) if isinstance(number, float) else str(number)
                latest[(0, number, "")] = (text, value)
            case Atom(name=name, is_module=is_module):
                text = f"Elixir.{name}" if is_module else name
                latest[(1, 0, text)] = (text, value)
            case Text():
                text = out.text(key)
                latest[(2, 0, text)] = (text, value)
            case _:
                latest[(3, len(latest), "")] = (out.hole(), value)
    if len(latest) > _SMALL_MAP:
        out.certain = False
    pairs = (latest[key] for key in sorted(latest, key=lambda key: (*key[:2], key[2].encode())))
    return "{" + ",".join(f"{_string(text)}:{json_text(out, value)}" for text, value in pairs) + "}"


def _string(text: str) -> str:
    return '"' + "".join(_character(character) for character in text) + '"'


def _character(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    return f"\\u{ord(character):04X}" if character < " " else character
