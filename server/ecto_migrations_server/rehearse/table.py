"""What a table of the server asks of its rows: types, constraints, keys."""

from __future__ import annotations

from typing import Any

import psycopg
from ecto_migrations_analysis.records import dataclass, field

from .values import Type, type_of

Connection = psycopg.Connection[Any]

_COLUMNS = """
SELECT a.attname, a.attnotnull, a.atttypid::int8, a.atttypmod, format_type(a.atttypid, a.atttypmod),
       pg_get_expr(d.adbin, d.adrelid), a.attidentity <> '', a.attgenerated <> ''
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_KEYS = """
SELECT k.confrelid::int8,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY x(num, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.num ORDER BY x.place),
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY x(num, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.num ORDER BY x.place)
FROM pg_constraint k WHERE k.conrelid = %s AND k.contype = 'f' ORDER BY k.conname
"""
_CHECKS = """
SELECT pg_get_expr(k.conbin, k.conrelid),
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) x(num)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.num)
FROM pg_constraint k WHERE k.conrelid = %s AND k.contype = 'c' ORDER BY k.conname
"""
_UNIQUE = """
SELECT DISTINCT a.attname::text FROM pg_index i
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])
WHERE i.indrelid = %s AND i.indisunique
"""


@dataclass(frozen=True)
class Column:
    """`automatic`: the server makes the value (a sequence, an identity, a generated column)."""

    name: str
    not_null: bool
    type: Type
    default: str | None
    automatic: bool


@dataclass(frozen=True)
class ForeignKey:
    target: int
    columns: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """A condition of every row and the columns it speaks of."""

    condition: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """`name` is quoted, as SQL needs it."""

    oid: int
    name: str
    kind: str
    columns: tuple[Column, ...]
    keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    unique: frozenset[str] = field(default_factory=frozenset)


def table(connection: Connection, oid: int) -> Table:
    row = connection.execute(
        "SELECT format('%%I.%%I', n.nspname, c.relname), c.relkind::text"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %s",
        (oid,),
    ).fetchone()
    assert row is not None
    columns = [
        Column(
            name,
            not_null,
            type_of(connection, type_oid, modifier, shown),
            default,
            identity or generated or (default is not None and "nextval(" in default),
        )
        for name, not_null, type_oid, modifier, shown, default, identity, generated in connection.execute(
            _COLUMNS, (oid,)
        ).fetchall()
    ]
    return Table(
        oid,
        row[0],
        row[1],
        tuple(columns),
        tuple(
            ForeignKey(target, tuple(own), tuple(theirs))
            for target, own, theirs in connection.execute(_KEYS, (oid,)).fetchall()
        ),
        tuple(Check(text, tuple(names)) for text, names in connection.execute(_CHECKS, (oid,)).fetchall()),
        frozenset(name for (name,) in connection.execute(_UNIQUE, (oid,)).fetchall()),
    )


def partition_root(connection: Connection, oid: int) -> int | None:
    """The partitioned table on top of a partition; None for every other table."""
    row = connection.execute(
        "SELECT pg_partition_root(c.oid)::oid::int8 FROM pg_class c WHERE c.oid = %s AND c.relispartition",
        (oid,),
    ).fetchone()
    return None if row is None else row[0]


def leaves(connection: Connection, oid: int) -> list[tuple[int, str]]:
    """The partitions of a partitioned table that hold rows, with the condition of their rows."""
    found = connection.execute(
        "SELECT relid::oid::int8, coalesce(pg_get_partition_constraintdef(relid), 'true')"
        " FROM pg_partition_tree(%s::oid::regclass) WHERE isleaf AND relid <> %s::oid::regclass"
        " ORDER BY relid",
        (oid, oid),
    )
    return list(found.fetchall())
