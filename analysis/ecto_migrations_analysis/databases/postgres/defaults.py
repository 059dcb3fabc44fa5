"""Default values as literals (`default_type/2` of `Ecto.Adapters.Postgres.Connection`)."""

from __future__ import annotations

from ...program.inspection import inspect, inspect_string, to_string
from ...program.terms import (
    Atom,
    Fragment,
    ListTerm,
    MapTerm,
    Number,
    Option,
    Term,
    Text,
    TupleTerm,
    Unknown,
    is_nil,
)
from .json_text import json_text
from .quoting import AdapterError, single_quote
from .rendering import Rendering
from .type_text import database_type, inner_of_array


def default_clause(out: Rendering, option: Option | None, type_: Term) -> str:
    """` DEFAULT …`, or nothing where there is no `default:` at all."""
    if option is None:
        return ""
    if is_nil(option.value):
        return " DEFAULT NULL"
    try:
        return " DEFAULT " + default_literal(out, option.value, type_)
    except AdapterError as error:
        error.span = error.span or option.span
        raise


def default_literal(out: Rendering, term: Term, type_: Term) -> str:
    """The literal that Ecto interpolates. Raises AdapterError for a value it does not take."""
    match term:
        case ListTerm(items) if isinstance(type_, Unknown) or inner_of_array(type_) is not None:
            inner = type_ if isinstance(type_, Unknown) else inner_of_array(type_)
            assert inner is not None
            literals = ",".join(default_literal(out, item, inner) for item in items)
            return f"ARRAY[{literals}]::{database_type(out, type_)}"
        case Text():
            return _string(out, term)
        case Number():
            return to_string(term)
        case Atom(name="true" | "false"):
            return term.name
        case MapTerm() if isinstance(type_, Unknown):
            return out.hole()
        case MapTerm() if type_ == Atom("map"):
            return single_quote(json_text(out, term))
        case Fragment(sql):
            return out.sql(sql)
        case TupleTerm((Atom(name="fragment"), (Text() | Unknown()) as sql)):
            return out.sql(sql)
        case Unknown():
            return out.hole()
    raise AdapterError(
        "ArgumentError",
        f"unknown default `{inspect(term)}` for type `{inspect(type_)}`. :default may be a string, number, "
        "boolean, list of strings, list of integers, map (when type is Map), or a fragment(...)",
    )


def _string(out: Rendering, text: Text) -> str:
    value = out.text(text)
    if "\0" in value:
        raise AdapterError(
            "ArgumentError",
            "default values are interpolated as UTF-8 strings and cannot contain null bytes. "
            f"`{inspect_string(value)}` is invalid. If you want to write it as a binary, use "
            f'"\\x{value.encode().hex()}", otherwise refer to PostgreSQL documentation for instructions '
            "on how to escape this SQL type",
        )
    return single_quote(value)
