"""The functions of Elixir's standard library, on known values.

A function gets the evaluated arguments and answers its value; what it cannot tell is an `Unknown`.
Only functions without effects are here; those that call a function value go through the evaluator.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ..syntax.span import Span
from .library_collections import COLLECTIONS
from .library_keyed import KEYED
from .library_text import TEXT
from .operators import access
from .terms import NIL, Atom, FunctionTerm, ListTerm, MapTerm, Number, Term, Text, TupleTerm, Unknown, is_nil
from .values import boolean, inspected, known, known_or, text_of

if TYPE_CHECKING:
    from .evaluator import Evaluator

Function: TypeAlias = "Callable[[Evaluator, list[Term], Span], Term]"

# Modules whose functions have no effect on the database, the outside or the program: what is not known of
# them is the value only.
PURE_MODULES = frozenset(
    [
        "Access",
        "Application",
        "Atom",
        "Base",
        "Bitwise",
        "Calendar",
        "Code",
        "Date",
        "DateTime",
        "Decimal",
        "Duration",
        "Enum",
        "Float",
        "Integer",
        "Jason",
        "Kernel",
        "Keyword",
        "List",
        "Map",
        "MapSet",
        "Mix",
        "Module",
        "NaiveDateTime",
        "OptionParser",
        "Path",
        "Range",
        "Regex",
        "Stream",
        "String",
        "StringIO",
        "System",
        "Time",
        "Tuple",
        "URI",
        "Version",
        "Ecto.UUID",
        "Ecto.Enum",
        "Ecto.Type",
        "Ecto.Schema",
        "Ecto.Changeset",
        "Ecto.Query",
        "Ecto.ULID",
        "Poison",
        "UUID",
        "Macro",
        ":binary",
        ":code",
        ":crypto",
        ":erlang",
        ":lists",
        ":maps",
        ":math",
        ":os",
        ":rand",
        ":re",
        ":string",
        ":unicode",
    ]
)
# … but for these.
_EFFECTS = frozenset(
    [
        "Application.put_env",
        "Application.ensure_all_started",
        "Application.ensure_started",
        "Application.start",
        "Application.load",
        "Code.eval_string",
        "Code.eval_file",
        "Code.require_file",
        "Code.compile_file",
        "System.cmd",
        "System.halt",
        "System.put_env",
        "System.stop",
        "System.shell",
        ":erlang.halt",
        ":erlang.apply",
        ":os.cmd",
        "Mix.shell",
        "Mix.Task",
    ]
)
_READS = frozenset(
    [
        "File.read",
        "File.read!",
        "File.exists?",
        "File.stream!",
        "File.ls",
        "File.ls!",
        "File.cwd!",
        "File.dir?",
    ]
)


def is_pure(module: str, function: str) -> bool:
    name = f"{module}.{function}"
    return name in _READS or (module in PURE_MODULES and name not in _EFFECTS)


def _is(kind: Callable[[Term], bool]) -> Function:
    def function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
        if len(arguments) != 1:
            return Unknown("a test", span)
        return known_or(None if isinstance(arguments[0], Unknown) else kind(arguments[0]), "a test", span)

    return function


def _to_string(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 1:
        if isinstance(arguments[0], Text):
            return arguments[0]
        text = text_of(arguments[0])
        if text is not None:
            return _plain(text, arguments[0].span)
    return Unknown("`to_string`", span)


def _plain(text: str, span: Span) -> Text:
    from .terms import plain_text

    return plain_text(text, span)


def _inspect(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    text = inspected(arguments[0]) if arguments else None
    return Unknown("`inspect`", span) if text is None else _plain(text, span)


def _length(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    subject = arguments[0] if arguments else NIL
    if isinstance(subject, ListTerm | TupleTerm) and known(subject.items):
        return Number(len(subject.items), span)
    if isinstance(subject, MapTerm) and subject.struct is None:
        return Number(len(subject.items), span)
    return Unknown("a length", span)


def _elem(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 2 and isinstance(arguments[0], TupleTerm) and isinstance(arguments[1], Number):
        items, index = arguments[0].items, arguments[1].value
        if isinstance(index, int) and 0 <= index < len(items):
            return items[index]
    return Unknown("an element", span)


def _head(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    subject = arguments[0] if arguments else NIL
    if isinstance(subject, ListTerm) and subject.items and known(subject.items[:1]):
        return subject.items[0]
    return Unknown("the head of a list", span)


def _tail(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    subject = arguments[0] if arguments else NIL
    if isinstance(subject, ListTerm) and subject.items and known(subject.items[:1]):
        return ListTerm(subject.items[1:], subject.span)
    return Unknown("the tail of a list", span)


def _apply(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 2 and isinstance(arguments[1], ListTerm) and known(arguments[1].items):
        return evaluator.apply(arguments[0], list(arguments[1].items), span)
    return Unknown("`apply`", span)


def _unknown(reason: str) -> Function:
    return lambda _, __, span: Unknown(reason, span)


def _round(rounding: Callable[[float], int]) -> Function:
    def function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
        if len(arguments) == 1 and isinstance(arguments[0], Number):
            return Number(rounding(arguments[0].value), span)
        return Unknown("a number", span)

    return function


def _max_min(pick: Callable[[float, float], float]) -> Function:
    def function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
        if len(arguments) == 2 and isinstance(arguments[0], Number) and isinstance(arguments[1], Number):
            return Number(pick(arguments[0].value, arguments[1].value), span)
        return Unknown("a number", span)

    return function


def _div(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 2 and isinstance(arguments[0], Number) and isinstance(arguments[1], Number):
        one, other = arguments[0].value, arguments[1].value
        if isinstance(one, int) and isinstance(other, int) and other:
            return Number(abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1), span)
    return Unknown("a number", span)


def _rem(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 2 and isinstance(arguments[0], Number) and isinstance(arguments[1], Number):
        one, other = arguments[0].value, arguments[1].value
        if isinstance(one, int) and isinstance(other, int) and other:
            return Number(abs(one) % abs(other) * (1 if one >= 0 else -1), span)
    return Unknown("a number", span)


def _is_function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if not arguments or isinstance(arguments[0], Unknown):
        return Unknown("a test", span)
    subject = arguments[0]
    if len(arguments) == 2 and isinstance(subject, FunctionTerm) and isinstance(arguments[1], Number):
        return boolean(subject.arity == arguments[1].value)
    return boolean(isinstance(subject, FunctionTerm))


def _get_in(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) != 2 or not isinstance(arguments[1], ListTerm) or not known(arguments[1].items):
        return Unknown("a nested value", span)
    value = arguments[0]
    for key in arguments[1].items:
        if isinstance(key, FunctionTerm):
            return Unknown("a nested value", span)
        value = access(value, key, span)
    return value


def _put_elem(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    return Unknown("`put_elem`", span)


KERNEL: dict[str, Function] = {
    "to_string": _to_string,
    "inspect": _inspect,
    "length": _length,
    "tuple_size": _length,
    "map_size": _length,
    "elem": _elem,
    "hd": _head,
    "tl": _tail,
    "apply": _apply,
    "div": _div,
    "rem": _rem,
    "abs": _round(lambda value: abs(value)),  # type: ignore[arg-type, return-value]
    "round": _round(lambda value: int(value + 0.5) if value >= 0 else -int(-value + 0.5)),
    "trunc": _round(int),
    "floor": _round(math.floor),
    "ceil": _round(math.ceil),
    "max": _max_min(max),
    "min": _max_min(min),
    "is_nil": _is(is_nil),
    "is_atom": _is(lambda term: isinstance(term, Atom)),
    "is_binary": _is(lambda term: isinstance(term, Text)),
    "is_bitstring": _is(lambda term: isinstance(term, Text)),
    "is_list": _is(lambda term: isinstance(term, ListTerm)),
    "is_tuple": _is(lambda term: isinstance(term, TupleTerm)),
    "is_map": _is(
        lambda term: not isinstance(term, Atom | Number | Text | ListTerm | TupleTerm | FunctionTerm)
    ),
    "is_boolean": _is(lambda term: isinstance(term, Atom) and term.name in ("true", "false")),
    "is_integer": _is(lambda term: isinstance(term, Number) and isinstance(term.value, int)),
    "is_float": _is(lambda term: isinstance(term, Number) and isinstance(term.value, float)),
    "is_number": _is(lambda term: isinstance(term, Number)),
    "is_function": _is_function,
    "put_elem": _put_elem,
    "is_struct": _unknown("a test"),
    "is_exception": _unknown("a test"),
    "is_map_key": _unknown("a test"),
    "function_exported?": _unknown("`function_exported?`"),
    "macro_exported?": _unknown("`macro_exported?`"),
    "self": _unknown("a process"),
    "node": _unknown("the node"),
    "make_ref": _unknown("a reference"),
    "binding": _unknown("the variables in sight"),
    "byte_size": _unknown("a length"),
    "struct": _unknown("a struct"),
    "struct!": _unknown("a struct"),
    "get_in": _get_in,
    "put_in": _unknown("a nested value"),
    "update_in": _unknown("a nested value"),
    "dbg": lambda _, arguments, span: arguments[0] if arguments else Unknown("`dbg`", span),
}

LIBRARY: dict[str, Function] = {
    **TEXT,
    **COLLECTIONS,
    **KEYED,
    "Kernel.to_string": _to_string,
    "Kernel.inspect": _inspect,
}
