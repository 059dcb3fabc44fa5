"""A database that the user lends: used only where it is empty or was named twice, and left empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from .errors import Refused
from .observation import Connection
from .server import undisturbed

# What DROP calls each of them; dropping a table takes most of the rest along.
_OBJECTS = """
SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
                      WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {scope} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
UNION ALL
SELECT 'TYPE', format('%I.%I', n.nspname, c.typname)
FROM pg_type c JOIN pg_namespace n ON n.oid = c.typnamespace
WHERE {scope} AND (c.typtype IN ('e', 'd', 'r')
                   OR c.typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = c.typrelid) = 'c')
UNION ALL
SELECT 'ROUTINE', c.oid::regprocedure::text
FROM pg_proc c JOIN pg_namespace n ON n.oid = c.pronamespace WHERE {scope}
""".replace(
    "{scope}",
    "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = c.oid AND e.deptype IN ('e', 'i'))",
)
_SCHEMAS = (
    "SELECT quote_ident(nspname) FROM pg_namespace"
    " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
)
_EXTENSIONS = "SELECT quote_ident(extname) FROM pg_extension"


def parameters(url: str) -> dict[str, Any]:
    """What `psycopg.connect` needs for a URL, Ecto's `ecto://` among them. Raises `Refused`."""
    if url.startswith("ecto://"):
        url = "postgresql" + url.removeprefix("ecto")
    try:
        found = {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error:
        # The message of the library may hold the password.
        raise Refused("--database-url is no URL of a PostgreSQL database") from None
    if not found.get("dbname"):
        raise Refused("--database-url names no database")
    return {"connect_timeout": 10, **found}


@contextmanager
def borrowed(url: str, named: str | None) -> Iterator[dict[str, Any]]:
    """The parameters of a database that is empty then, and empty again afterwards. Raises `Refused`.

    `named` is the name that the user gave a second time: then what is in the database is dropped.
    """
    found = parameters(url)
    name = str(found["dbname"])
    if named is not None and named != name:
        raise Refused(f"--database {named} is not the database of --database-url, which is {name}")
    try:
        connection = psycopg.connect(**found, autocommit=True)
    except psycopg.Error as error:
        raise Refused(f"no connection to {name}: {_line(error)}") from error
    with connection:
        held = [name for _, name in connection.execute(_OBJECTS.encode())]
        schemas = {schema for (schema,) in connection.execute(_SCHEMAS.encode())}
        kept = extensions(connection)
        if named is None and (held or schemas - {"public"}):
            found_there = ", ".join(sorted(held or schemas - {"public"})[:3])
            raise Refused(
                f"{name} is not empty (it has {found_there}), and a rehearsal drops everything in it;"
                f" if that is what you want, say --database {name} as well"
            )
        if named is not None:
            _clear(connection, {"public"} & schemas, kept)
    try:
        yield found
    finally:
        with undisturbed(), psycopg.connect(**found, autocommit=True) as connection:
            _clear(connection, {"public"} & schemas, kept)


def _clear(connection: Connection, schemas: set[str], extensions: set[str]) -> None:
    """Drops everything but these schemas and extensions."""
    connection.execute("SET client_min_messages = error")
    for (extension,) in connection.execute(_EXTENSIONS.encode()).fetchall():
        if extension not in extensions:
            connection.execute(f"DROP EXTENSION IF EXISTS {extension} CASCADE".encode())
    for (schema,) in connection.execute(_SCHEMAS.encode()).fetchall():
        if schema not in schemas:
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
    for schema in schemas:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}".encode())
    # Dropping one takes others along, and some of those only appear then to belong to nothing.
    while objects := connection.execute(_OBJECTS.encode()).fetchall():
        for kind, name in objects:
            connection.execute(f"DROP {kind} IF EXISTS {name} CASCADE".encode())


def extensions(connection: Connection) -> set[str]:
    """The names of those that are there, quoted where SQL needs it."""
    return {name for (name,) in connection.execute(_EXTENSIONS.encode())}


def empty(connection: Connection, kept: set[str]) -> None:
    """Drops everything that is in the database but for the schema public and the extensions `kept`."""
    _clear(connection, {"public"}, kept)
    connection.execute("RESET client_min_messages")


def _line(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
