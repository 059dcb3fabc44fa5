"""Names in the SQL that fixes write: bare where PostgreSQL takes them so, else between double quotes."""

from __future__ import annotations

import re

from ..operations import Relation

_BARE = re.compile(r"[a-z_][a-z0-9_$]*")

# Key words that cannot be a column's or a table's name without quotes: "reserved", and "reserved (can be
# function or type)". Source: PostgreSQL 18 manual, appendix "SQL Key Words".
_RESERVED = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
collation column concurrently constraint create cross current_catalog current_date current_role
current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into
is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
only or order outer overlaps placing primary references returning right select session_user similar some
symmetric system_user table tablesample then to trailing true union unique user using variadic verbose
when where window with
"""
RESERVED = frozenset(_RESERVED.split())


def name(identifier: str) -> str:
    """One name. Ecto refuses names that hold a double quote, so nothing needs escaping."""
    return identifier if _BARE.fullmatch(identifier) and identifier not in RESERVED else f'"{identifier}"'


def relation(of: Relation) -> str:
    """A table, with its schema where that is known."""
    table = name(of.name or "")
    return f"{name(of.schema)}.{table}" if of.schema else table
