"""How many rows tables have and how large they are, asked of a PostgreSQL server without changing anything.

Every transaction is READ ONLY, waits for no lock and ends by itself; nothing is set for the session, so that
a pooler in between (PgBouncer) does no harm. Rows are what the planner assumes: the density that VACUUM and
ANALYZE last found, times the present number of pages (PostgreSQL documentation, 14.2 "Statistics").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any, Final

import psycopg
from ecto_migrations_analysis.project.table_sizes import Size, rounded
from ecto_migrations_analysis.records import dataclass
from psycopg import sql

from .rehearse.scratch import parameters

# ACCESS SHARE, which pg_total_relation_size takes, waits only for ACCESS EXCLUSIVE.
_LOCK_TIMEOUT: Final = "2s"
# A table is the sum of its partitions and heirs, as ALTER TABLE means them too (and so TimescaleDB has its
# chunks). Before PostgreSQL 14, 0 of 0 pages means "never looked".
_TABLES: Final = """
WITH RECURSIVE part (root, oid, relkind) AS (
  SELECT c.oid, c.oid, c.relkind
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND (%(schemas)s::text[] IS NULL OR n.nspname::text = ANY (%(schemas)s))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::regclass
                    AND e.objid = c.oid AND e.deptype = 'e')
UNION
  SELECT part.root, c.oid, c.relkind
  FROM part JOIN pg_catalog.pg_inherits i ON i.inhparent = part.oid
  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
), measured AS (
  SELECT part.root, pg_catalog.pg_total_relation_size(c.oid) AS bytes,
    CASE WHEN part.relkind = 'p' OR pg_catalog.pg_relation_size(c.oid) = 0 AND part.relkind <> 'f' THEN 0
         WHEN c.relpages > 0 AND c.reltuples >= 0
           THEN c.reltuples / c.relpages * (pg_catalog.pg_relation_size(c.oid)
                                            / pg_catalog.current_setting('block_size')::int)
         ELSE nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0) END AS rows
  FROM part JOIN pg_catalog.pg_class c ON c.oid = part.oid
)
SELECT n.nspname::text, c.relname::text,
  CASE WHEN pg_catalog.bool_and(m.rows IS NOT NULL) THEN pg_catalog.sum(m.rows)::int8 END,
  pg_catalog.sum(m.bytes)::int8
FROM measured m JOIN pg_catalog.pg_class c ON c.oid = m.root
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
GROUP BY n.nspname, c.relname, c.relkind
"""
# Citus keeps the rows of distributed tables on other servers: here each of them seems to be empty.
_CITUS: Final = "SELECT pg_catalog.to_regclass('pg_dist_partition') IS NOT NULL"
_DISTRIBUTED: Final = """
SELECT n.nspname::text, c.relname::text
FROM pg_dist_partition p JOIN pg_catalog.pg_class c ON c.oid = p.logicalrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
"""
_SCHEMAS: Final = "SELECT nspname::text FROM pg_catalog.pg_namespace"


class NotMeasured(Exception):
    """Nothing was measured; the text is one line for the user, without the password."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Sizes by the table's name, with its schema where that is not the one of names without.

    `not_counted`: tables whose rows could not be counted and are estimated, with the reason.
    """

    sizes: dict[str, Size]
    not_counted: tuple[tuple[str, str], ...] = ()


def measure(
    url: str,
    *,
    schemas: Collection[str] = (),
    prefix: str = "public",
    count: bool = False,
    seconds: int = 30,
    progress: Callable[[str], None] = lambda text: None,
) -> Measured:
    """The tables of a database, or of some of its schemas. Raises `NotMeasured`, `rehearse.errors.Refused`.

    Tables of the schema `prefix` have names without it, as migrations name those that run with it. Each
    statement ends after so many seconds.
    """
    found = parameters(url)
    name = str(found["dbname"])
    try:
        connection = psycopg.connect(**{"application_name": "ecto-migrations tables", **found})
    except psycopg.Error as error:
        raise NotMeasured(f"no connection to {name}: {_line(error)}") from error
    with connection:
        connection.read_only = True
        # A server-side prepared statement would outlive the transaction.
        connection.prepare_threshold = None
        try:
            return _measured(connection, schemas, prefix, count, seconds, progress)
        except psycopg.errors.LockNotAvailable as error:
            raise NotMeasured(
                f"a table of {name} is locked in ACCESS EXCLUSIVE by another session; try again later"
            ) from error
        except psycopg.errors.QueryCanceled as error:
            raise NotMeasured(
                f"{name} did not answer within {seconds} s; more time: --timeout SECONDS"
            ) from error
        except psycopg.Error as error:
            raise NotMeasured(f"{name}: {_line(error)}") from error


def _measured(
    connection: psycopg.Connection[Any],
    schemas: Collection[str],
    prefix: str,
    count: bool,
    seconds: int,
    progress: Callable[[str], None],
) -> Measured:
    with connection.transaction():
        _limit(connection, seconds)
        known = {schema for (schema,) in connection.execute(_SCHEMAS)}
        if missing := sorted(set(schemas) - known):
            raise NotMeasured(f"there is no schema {missing[0]}")
        progress("asking for the sizes of the tables")
        rows = connection.execute(_TABLES, {"schemas": sorted(schemas) or None}).fetchall()
        elsewhere = set()
        if connection.execute(_CITUS).fetchall() == [(True,)]:
            elsewhere = set(connection.execute(_DISTRIBUTED).fetchall())
        rows = [row for row in rows if row[:2] not in elsewhere]
    sizes: dict[str, Size] = {}
    not_counted: list[tuple[str, str]] = []
    for number, (schema, table, estimate, size) in enumerate(sorted(rows)):
        shown = table if schema == prefix else f"{schema}.{table}"
        number_of_rows = None if estimate is None else rounded(max(0, estimate))
        if count:
            progress(f"counting {shown} ({number + 1} of {len(rows)})")
            counted = _count(connection, schema, table, seconds)
            if isinstance(counted, int):
                number_of_rows = counted
            else:
                not_counted.append((shown, counted))
        if size is not None:
            sizes[shown] = Size(number_of_rows, rounded(size))
    return Measured(sizes=sizes, not_counted=tuple(not_counted))


def _count(connection: psycopg.Connection[Any], schema: str, table: str, seconds: int) -> int | str:
    """The number of rows, or why they cannot be counted."""
    name = sql.Identifier(schema, table)
    query = sql.SQL("SELECT pg_catalog.count(*) FROM {}").format(name)
    try:
        with connection.transaction():
            _limit(connection, seconds)
            row = connection.execute(query).fetchone()
    except psycopg.errors.QueryCanceled:
        return f"counting takes longer than {seconds} s"
    except psycopg.errors.LockNotAvailable:
        return "another session has locked it"
    except psycopg.errors.InsufficientPrivilege:
        return "this user may not read it"
    except psycopg.errors.ObjectNotInPrerequisiteState:
        return "it has no data yet"
    return int(row[0]) if row is not None else "there is no answer"


def _limit(connection: psycopg.Connection[Any], seconds: int) -> None:
    connection.execute(f"SET LOCAL statement_timeout = '{int(seconds)}s'".encode())
    connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'".encode())


def text_of(measured: Measured, day: str) -> str:
    """The file, sorted and with a line for each table."""
    lines = [
        f"    {json.dumps(name, ensure_ascii=False)}: {json.dumps({'rows': size.rows, 'bytes': size.bytes})}"
        for name, size in sorted(measured.sizes.items())
    ]
    tables = ",\n".join(lines)
    return f'{{\n  "measured": {json.dumps(day)},\n  "tables": {{\n{tables}\n  }}\n}}\n'


def _line(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
