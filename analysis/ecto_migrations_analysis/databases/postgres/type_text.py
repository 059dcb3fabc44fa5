"""Ecto's types as the text of a PostgreSQL type, and what belongs to it in a column definition.

Sources: `column_type/2`, `column_type_name/2`, `reference_column_type/2` and `ecto_to_db/1` of
`Ecto.Adapters.Postgres.Connection`.
"""

from __future__ import annotations

from ...program.inspection import inspect, to_string
from ...program.terms import Atom, Number, Options, Term, Text, TupleTerm, Unknown
from ...sql.words import NO_COLUMNS
from .quoting import AdapterError
from .rendering import Rendering, given, truthy

# Ecto's names that differ from PostgreSQL's; every other atom is sent as it is.
_NAMES = {
    "id": "integer",
    "identity": "bigint",
    "binary_id": "uuid",
    "string": "varchar",
    "bitstring": "varbit",
    "binary": "bytea",
    "map": "jsonb",
    "time_usec": "time",
    "utc_datetime": "timestamp",
    "utc_datetime_usec": "timestamp",
    "naive_datetime": "timestamp",
    "naive_datetime_usec": "timestamp",
    "duration": "interval",
}
_WHOLE_SECONDS = ("time", "utc_datetime", "naive_datetime")
_MICROSECONDS = ("time_usec", "utc_datetime_usec", "naive_datetime_usec")
# A foreign key holds the integer that the sequence of the referenced column makes.
_REFERENCED_SEQUENCES = {"serial": "integer", "bigserial": "bigint", "identity": "bigint"}
SEQUENCES = tuple(Atom(name) for name in _REFERENCED_SEQUENCES)
# Key words that are types; the other words that name no column name no type either (`:any`).
_TYPE_WORDS = frozenset(
    {"bigint", "bit", "boolean", "char", "character", "dec", "decimal", "float", "int", "integer", "interval"}
    | {"json", "nchar", "numeric", "real", "smallint", "time", "timestamp", "varchar"}
)
# The types that take a precision and a scale; `varchar(3,0)` and `timestamp(3,0)` are no SQL.
_WITH_SCALE = ("decimal", "numeric")


def inner_of_array(type_: Term) -> Term | None:
    """`t` of `{:array, t}`; None for every other type."""
    match type_:
        case TupleTerm((Atom(name="array"), inner)):
            return inner
    return None


def database_type(out: Rendering, type_: Term) -> str:
    """The database's name of an Ecto type, without size or precision (`ecto_to_db/1`).

    `:map` and `{:map, t}` are `jsonb`, unless `config :ecto_sql, postgres_map_type: …` says otherwise.
    """
    inner = inner_of_array(type_)
    if inner is not None:
        return database_type(out, inner) + "[]"
    match type_:
        case Unknown():
            return out.hole()
        case Atom(name=name):
            if name in _NAMES:
                return _NAMES[name]
            if name.lower() in NO_COLUMNS and name.lower() not in _TYPE_WORDS:
                out.doubts.append(type_.span)
            return out.expression(to_string(type_), type_.span)
        case TupleTerm((Atom(name="map"), _)):
            return _NAMES["map"]
    raise AdapterError(
        "ArgumentError",
        f"unsupported type `{inspect(type_)}`. The type can either be an atom, a string or a tuple of the "
        "form `{:map, t}` or `{:array, t}` where `t` itself follows the same conditions.",
        getattr(type_, "span", None),
    )


def type_name(out: Rendering, type_: Term, options: Options) -> str:
    """The type with its size, precision and scale (`column_type_name/2`)."""
    inner = inner_of_array(type_)
    if inner is not None:
        return type_name(out, inner, options) + "[]"
    name = database_type(out, type_)
    plain = type_.name if isinstance(type_, Atom) else None
    if plain in _WHOLE_SECONDS:
        return f"{name}(0)"
    size, precision, scale = options.get("size"), options.get("precision"), options.get("scale")
    if plain in _MICROSECONDS:
        return f"{name}({out.interpolated(precision)})" if precision and truthy(precision) else name
    if plain == "duration":
        fields = options.get("fields")
        unit = f" {out.interpolated(fields)}" if fields and truthy(fields) else ""
        digits = f"({out.interpolated(precision)})" if precision and truthy(precision) else ""
        return name + unit + digits
    if size and truthy(size):
        return f"{name}({out.interpolated(size)})"
    if precision and truthy(precision):
        if plain not in _WITH_SCALE:
            out.doubts.append(type_.span)
        digits = out.interpolated(scale) if scale and truthy(scale) else "0"
        return f"{name}({out.interpolated(precision)},{digits})"
    return f"{name}(255)" if plain == "string" else name


def reference_type_name(out: Rendering, type_: Term, options: Options) -> str:
    """The type of a column that references one of `type_`, as `type_name`."""
    if isinstance(type_, Atom) and type_.name in _REFERENCED_SEQUENCES:
        return _REFERENCED_SEQUENCES[type_.name]
    return type_name(out, type_, options)


def generated_clause(out: Rendering, type_: Term, options: Options) -> str:
    """` GENERATED …`, which Ecto puts right behind the type, in `add` and `modify` alike."""
    option = options.option("generated")
    term = given(options, "generated")
    if option is None or term is None:
        return _identity_clause(out, options) if type_ == Atom("identity") else ""
    if isinstance(term, Text | Unknown):
        return f" GENERATED {out.sql(term)}"
    raise AdapterError(
        "ArgumentError",
        f"the `:generated` option only accepts strings, received: {inspect(term)}",
        option.span,
    )


def _identity_clause(out: Rendering, options: Options) -> str:
    settings = [
        f"{words} {value}"
        for key, words in (("start_value", "START WITH"), ("increment", "INCREMENT BY"))
        if (value := _positive(out, options.get(key)))
    ]
    # The space behind the parenthesis is Ecto's.
    return " GENERATED BY DEFAULT AS IDENTITY" + (f"({' '.join(settings)}) " if settings else "")


def _positive(out: Rendering, term: Term | None) -> str | None:
    """Ecto leaves out everything but positive integers."""
    if isinstance(term, Unknown):
        return out.hole()
    if isinstance(term, Number) and isinstance(term.value, int) and term.value > 0:
        return str(term.value)
    return None
