"""A database that the user lends: used only where it is empty or was named twice, and left empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from ecto_migrations_analysis.records import dataclass
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
# What DROP has no other way to; operators and the like go by the catalog's own name for them.
_OTHERS = """
SELECT 'PUBLICATION', quote_ident(pubname) FROM pg_publication
UNION ALL
SELECT 'EVENT TRIGGER', quote_ident(evtname) FROM pg_event_trigger c
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_event_trigger'::regclass AND e.objid = c.oid
                  AND e.deptype = 'e')
UNION ALL
SELECT 'SERVER', quote_ident(srvname) FROM pg_foreign_server
UNION ALL
SELECT 'FOREIGN DATA WRAPPER', quote_ident(fdwname) FROM pg_foreign_data_wrapper c
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_foreign_data_wrapper'::regclass
                  AND e.objid = c.oid AND e.deptype = 'e')
UNION ALL
SELECT upper(i.type), i.identity
FROM pg_depend d JOIN pg_namespace n ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) i
WHERE i.type IN ('collation', 'conversion', 'operator', 'operator class', 'operator family',
                 'text search configuration', 'text search dictionary', 'text search parser',
                 'text search template')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid
                  AND e.deptype = 'e')
"""
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
        kept = there(connection)
        if named is None and (held or kept.schemas - {"public"}):
            found_there = ", ".join(sorted(held or kept.schemas - {"public"})[:3])
            raise Refused(
                f"{name} is not empty (it has {found_there}), and a rehearsal drops everything in it;"
                f" if that is what you want, say --database {name} as well"
            )
        if named is not None:
            _emptied(connection, name, kept)
    try:
        yield found
    finally:
        with undisturbed(), psycopg.connect(**found, autocommit=True) as connection:
            _emptied(connection, name, kept)


@dataclass(frozen=True, kw_only=True)
class There:
    """What a database without tables has all the same: some of it comes with the server's provider."""

    schemas: frozenset[str]
    extensions: frozenset[str]
    others: frozenset[tuple[str, str]]


def there(connection: Connection) -> There:
    """What is there now; names are quoted where SQL needs it."""
    return There(
        schemas=frozenset(name for (name,) in connection.execute(_SCHEMAS.encode())),
        extensions=frozenset(name for (name,) in connection.execute(_EXTENSIONS.encode())),
        others=frozenset((kind, name) for kind, name in connection.execute(_OTHERS.encode())),
    )


def empty(connection: Connection, kept: There) -> None:
    """Drops everything that is in the database but for the schema public and what is `kept`."""
    connection.execute("SET client_min_messages = error")
    for kind, name in connection.execute(_OTHERS.encode()).fetchall():
        if (kind, name) not in kept.others:
            connection.execute(f"DROP {kind} IF EXISTS {name} CASCADE".encode())
    for (extension,) in connection.execute(_EXTENSIONS.encode()).fetchall():
        if extension not in kept.extensions:
            connection.execute(f"DROP EXTENSION IF EXISTS {extension} CASCADE".encode())
    schemas = {"public"} & kept.schemas
    found = {schema for (schema,) in connection.execute(_SCHEMAS.encode())}
    for schema in sorted(found - schemas):
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
    for schema in schemas - found:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    # Dropping one takes others along, and some of those only appear then to belong to nothing.
    while objects := connection.execute(_OBJECTS.encode()).fetchall():
        for kind, name in objects:
            connection.execute(f"DROP {kind} IF EXISTS {name} CASCADE".encode())
    connection.execute("RESET client_min_messages")


def _emptied(connection: Connection, name: str, kept: There) -> None:
    try:
        empty(connection, kept)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refused(f"{name} cannot be emptied: {error.diag.message_primary}") from error


def _line(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
