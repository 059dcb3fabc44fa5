"""What takes the place of extensions and types that the server does not have, so that the rest can be tried.

A table with one column of PostGIS is still a table with foreign keys and indexes. What stands in is told, and
what then fails is not blamed on the migration.
"""

from __future__ import annotations

import re
from typing import Any, Final

import psycopg

from .fitting import quoted

Connection = psycopg.Connection[Any]

_EXTENSION: Final = re.compile(
    r'extension "(?P<name>[^"]+)" is not available|extension control file ".*/(?P<file>[^/"]+)\.control"'
)
_TYPE: Final = re.compile(r'^type "(?P<name>[^"]+?)(\[\])*" does not exist')
# Functions by extension, with the core of PostgreSQL alone. What they compute matters to nobody here.
_UUID: Final = "CREATE FUNCTION {}() RETURNS uuid LANGUAGE sql VOLATILE AS 'SELECT gen_random_uuid()'"
_FUNCTIONS: Final = {
    "uuid-ossp": tuple(
        _UUID.format(name) for name in ("uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4")
    ),
    "pgcrypto": (
        "CREATE FUNCTION gen_random_bytes(int) RETURNS bytea LANGUAGE sql VOLATILE AS $$"
        " SELECT substr(string_agg(sha256((random()::text || n)::bytea), ''), 1, $1)"
        " FROM generate_series(0, $1 / 32) n $$",
        "CREATE FUNCTION digest(text, text) RETURNS bytea LANGUAGE sql IMMUTABLE AS"
        " 'SELECT sha256(convert_to($1, ''UTF8''))'",
        "CREATE FUNCTION digest(bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT sha256($1)'",
    ),
}


class StandIns:
    """Those of one rehearsal; none are made while the migration itself runs."""

    def __init__(self) -> None:
        # As SQL may write them, with the schema that the server was asked for.
        self._types: set[str] = set()

    def adapt(self, sql: str) -> str:
        """SQL for this server: a type that text stands in for takes no modifiers."""
        for name in self._types:
            bare = re.escape(name.rpartition(".")[2])
            sql = re.sub(rf'(?<![\w."])((?:\w+\.)?"?{bare}"?)\s*\([^()]*\)', r"\1", sql, flags=re.I)
        return sql

    def named_in(self, error: str) -> bool:
        """Whether an error is due to the server: to a type that text stands in for, or to an extension."""
        if lacks_extension(error):
            return True
        names = (re.escape(name.rpartition(".")[2]) for name in self._types)
        return any(re.search(rf"\b{name}\b", error) for name in names)

    def make(self, connection: Connection, error: psycopg.Error) -> tuple[str, bool] | None:
        """Makes what an error misses: what to tell, and whether the statement is to be tried again.

        None where nothing can stand in. The connection must be able to run statements.
        """
        message = error.diag.message_primary or ""
        if (found := _EXTENSION.search(message)) is not None:
            return self._extension(connection, found["name"] or found["file"]), False
        if error.sqlstate == "42704" and (found := _TYPE.match(message)) is not None:
            return self._type(connection, found["name"])
        return None

    def _extension(self, connection: Connection, name: str) -> str:
        told = f'the server has no extension "{name}"'
        made = 0
        for function in _FUNCTIONS.get(name, ()):
            made += _try(connection, function)
        if made:
            return f"{told}; functions of the same names stand in for it"
        return f"{told}; a scratch server that has it: --database-url URL"

    def _type(self, connection: Connection, name: str) -> tuple[str, bool] | None:
        if name in self._types:
            return None
        parts = ".".join(quoted(part) for part in name.split("."))
        if not _try(connection, f"CREATE DOMAIN {parts} AS text"):
            return None
        self._types.add(name)
        return f'there is no type "{name}" here; text stands in for it', True


def lacks_extension(error: str) -> bool:
    """Whether an error says that the server does not have an extension."""
    return _EXTENSION.search(error) is not None


def _try(connection: Connection, sql: str) -> bool:
    """Runs a statement, whether a transaction is open or not; one that fails leaves no trace."""
    try:
        with connection.transaction():
            connection.execute(sql.encode())
    except psycopg.OperationalError:
        raise
    except psycopg.Error:
        return False
    return True
