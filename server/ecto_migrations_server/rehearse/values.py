"""Values by type: SQL expressions over `g.n`, the number of the row, that differ from row to row.

They depend on nothing but that number, so that two rehearsals see the same rows.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from ecto_migrations_analysis.records import dataclass

Connection = psycopg.Connection[Any]

_DAY: Final = "DATE '2024-01-01' + (g.n % 3650)"
_MOMENT: Final = "TIMESTAMP '2024-01-01 00:00' + g.n * INTERVAL '1 minute'"
_MOMENT_UTC: Final = f"({_MOMENT}) AT TIME ZONE 'UTC'"
_BY_TYPE: Final = {
    "bool": "g.n % 2 = 0",
    "bytea": "decode(md5(g.n::text), 'hex')",
    "cidr": "set_masklen('10.0.0.0'::inet + g.n, 32)::cidr",
    "date": _DAY,
    "daterange": f"daterange({_DAY}, {_DAY} + 1)",
    "float4": "g.n",
    "float8": "g.n",
    "hstore": "('n=>' || g.n)",
    "inet": "'10.0.0.0'::inet + g.n",
    "int2": "g.n % 32000",
    "int4": "g.n",
    "int4range": "int4range(g.n, g.n + 1)",
    "int8": "g.n",
    "int8range": "int8range(g.n, g.n + 1)",
    "interval": "g.n * INTERVAL '1 second'",
    "json": "json_build_object('n', g.n)",
    "jsonb": "jsonb_build_object('n', g.n)",
    "ltree": "'n' || g.n",
    "macaddr": "'08002b' || lpad(to_hex(g.n % 16777216), 6, '0')",
    "money": "g.n",
    "numrange": "numrange(g.n, g.n + 1)",
    "oid": "g.n",
    "point": "point(g.n, g.n)",
    "time": "TIME '00:00' + (g.n % 86400) * INTERVAL '1 second'",
    "timestamp": _MOMENT,
    "timestamptz": _MOMENT_UTC,
    "timetz": "TIME '00:00' + (g.n % 86400) * INTERVAL '1 second'",
    "tsrange": f"tsrange({_MOMENT}, {_MOMENT} + INTERVAL '1 minute')",
    "tstzrange": f"tstzrange({_MOMENT_UTC}, {_MOMENT_UTC} + INTERVAL '1 minute')",
    "tsvector": "to_tsvector('simple', 'word ' || g.n)",
    "xml": "'<n>' || g.n || '</n>'",
}
_TEXTS: Final = frozenset({"text", "varchar", "bpchar", "citext", "name"})


@dataclass(frozen=True)
class Type:
    """A type with domains resolved: `shown` as SQL writes it, `name`, `kind` and `category` of pg_type."""

    shown: str
    name: str
    kind: str
    category: str
    modifier: int
    element: int


def type_of(connection: Connection, oid: int, modifier: int, shown: str) -> Type:
    """The type under the domains."""
    while True:
        row = connection.execute(
            "SELECT typname, typtype::text, typcategory::text, typelem::int8, typbasetype::int8, typtypmod"
            " FROM pg_type WHERE oid = %s",
            (oid,),
        ).fetchone()
        assert row is not None
        name, kind, category, element, base, base_modifier = row
        if kind != "d":
            return Type(shown, name, kind, category, modifier, element)
        oid, modifier = base, base_modifier


def value(connection: Connection, column: str, kind: Type) -> str | None:
    """An expression for a column of this type; None for a type of which nothing is known."""
    found = _value(connection, column, kind)
    return None if found is None else f"CAST({found} AS {kind.shown})"


def _value(connection: Connection, column: str, kind: Type) -> str | None:
    if kind.category == "A":
        row = connection.execute(
            "SELECT format_type(oid, NULL) FROM pg_type WHERE oid = %s", (kind.element,)
        ).fetchone()
        assert row is not None
        element = value(connection, column, type_of(connection, kind.element, -1, row[0]))
        return None if element is None else f"ARRAY[{element}]"
    if kind.kind == "e":
        values = f"enum_range(NULL::{kind.shown})"
        return f"({values})[1 + g.n % cardinality({values})]"
    if kind.name in _TEXTS:
        return _text(column, kind)
    if kind.name == "numeric":
        return _numeric(kind.modifier)
    if kind.name == "uuid":
        return f"md5({_literal(column)} || g.n)::uuid"
    if kind.name in ("bit", "varbit"):
        return f"g.n::bit({max(1, kind.modifier)})"
    return _BY_TYPE.get(kind.name)


def _text(column: str, kind: Type) -> str:
    length = kind.modifier - 4 if kind.modifier >= 4 else None
    if length is not None and length < len(column) + 12:
        return f"right(g.n::text, {length})"
    return f"{_literal(column + ' ')} || g.n"


def _numeric(modifier: int) -> str:
    if modifier < 4:
        return "g.n"
    # numeric.c: precision in the upper half, scale in the lower eleven bits.
    precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
    if precision > scale:
        return f"g.n % {10 ** min(precision - scale, 9)}"
    return f"(g.n % {10 ** min(scale, 9)})::numeric / {10**scale}"


def _literal(text: str) -> str:
    escaped = text.replace("'", "''")
    # A backslash is a plain character in a string that is not called E'…'.
    return f"'{escaped}'"
