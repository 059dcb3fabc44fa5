"""What the pages of the chapter `objects` say was measured, run on the server."""

from __future__ import annotations

import psycopg
import pytest
from support.postgres import Database

ENUM = (
    "CREATE TYPE status AS ENUM ('draft', 'public')",
    "CREATE TABLE posts (status status DEFAULT 'draft')",
)
VIEW = ("CREATE TABLE posts (id bigint, title text)", "CREATE VIEW recent AS SELECT id, title FROM posts")
MATERIALIZED = ("CREATE TABLE posts (id bigint)", "CREATE MATERIALIZED VIEW totals AS SELECT id FROM posts")
PARTITIONS = (
    "CREATE TABLE events (id bigint) PARTITION BY RANGE (id)",
    "CREATE TABLE rest PARTITION OF events DEFAULT",
    "INSERT INTO events VALUES (5)",
)


@pytest.mark.parametrize(
    ("before", "inside", "state"),
    [
        (ENUM, ("ALTER TYPE status ADD VALUE 'x'", "INSERT INTO posts VALUES ('x')"), "55P04"),
        (
            ENUM,
            ("ALTER TYPE status ADD VALUE 'x'", "ALTER TABLE posts ALTER status SET DEFAULT 'x'"),
            "55P04",
        ),
        (ENUM, ("ALTER TYPE status ADD VALUE 'draft'",), "42710"),
        (ENUM, ("ALTER TYPE status ADD VALUE IF NOT EXISTS 'draft'",), None),
        (ENUM, ("ALTER TYPE status DROP VALUE 'draft'",), "0A000"),
        (
            ENUM,
            ("ALTER TYPE status RENAME VALUE 'draft' TO 'x'", "SELECT FROM posts WHERE status = 'draft'"),
            "22P02",
        ),
        (("CREATE EXTENSION citext",), ("CREATE EXTENSION citext",), "42710"),
        (("CREATE EXTENSION citext", "CREATE TABLE u (e citext)"), ("DROP EXTENSION citext",), "2BP01"),
        (
            ("CREATE EXTENSION citext", "CREATE TABLE u (e citext)"),
            ("DROP EXTENSION citext CASCADE", "SELECT e FROM u"),
            "42703",
        ),
        (VIEW, ("CREATE OR REPLACE VIEW recent AS SELECT id FROM posts",), "42P16"),
        (VIEW, ("CREATE OR REPLACE VIEW recent AS SELECT id, title::char(3) FROM posts",), "42P16"),
        (VIEW, ("CREATE OR REPLACE VIEW recent AS SELECT id, title, 1 AS one FROM posts",), None),
        (MATERIALIZED, ("REFRESH MATERIALIZED VIEW CONCURRENTLY totals",), "55000"),
        (PARTITIONS, ("CREATE TABLE one PARTITION OF events FOR VALUES FROM (1) TO (9)",), "23514"),
        (PARTITIONS, ("CREATE TABLE two PARTITION OF events FOR VALUES FROM (10) TO (19)",), None),
    ],
)
def test_what_fails_in_a_transaction(
    database: Database, before: tuple[str, ...], inside: tuple[str, ...], state: str | None
) -> None:
    with database.connect() as connection:
        for sql in before:
            connection.execute(sql.encode())
        connection.execute("BEGIN")
        for sql in inside[:-1]:
            connection.execute(sql.encode())
        if state is None:
            connection.execute(inside[-1].encode())
            return
        with pytest.raises(psycopg.Error) as raised:
            connection.execute(inside[-1].encode())
        assert raised.value.sqlstate == state


@pytest.mark.parametrize(("path", "found"), [("", "caller"), ("SET search_path = public, pg_temp", "owner")])
def test_a_security_definer_function_reads_what_the_caller_puts_in_the_way(
    database: Database, path: str, found: str
) -> None:
    """create-function-search-path"""
    with database.connect() as connection:
        connection.execute("CREATE TABLE secrets AS SELECT 'owner'::text AS value")
        create = "CREATE FUNCTION peek() RETURNS text LANGUAGE sql SECURITY DEFINER"
        connection.execute(f"{create} {path} AS 'SELECT value FROM secrets'".encode())
        connection.execute("CREATE TEMPORARY TABLE secrets AS SELECT 'caller'::text AS value")
        assert connection.execute("SELECT peek()").fetchone() == (found,)


def test_swapping_an_enum_writes_the_table_again(database: Database) -> None:
    """enum-replace-type"""
    with database.connect() as connection:
        for sql in ENUM:
            connection.execute(sql.encode())
        connection.execute("ALTER TABLE posts ALTER status DROP DEFAULT")
        file = "SELECT pg_relation_filenode('posts')"
        before = connection.execute(file).fetchone()
        connection.execute("CREATE TYPE state AS ENUM ('draft', 'public')")
        connection.execute("ALTER TABLE posts ALTER status TYPE state USING status::text::state")
        assert connection.execute(file).fetchone() != before


def test_moving_a_table_copies_it(database: Database) -> None:
    """set-tablespace"""
    with database.connect() as connection:
        connection.execute("SET allow_in_place_tablespaces = true")
        name = f"fast_{database.name}"
        connection.execute(f"CREATE TABLESPACE {name} LOCATION ''".encode())
        connection.execute("CREATE TABLE posts (id bigint)")
        file = "SELECT pg_relation_filenode('posts')"
        before = connection.execute(file).fetchone()
        connection.execute(f"ALTER TABLE posts SET TABLESPACE {name}".encode())
        assert connection.execute(file).fetchone() != before
        connection.execute("DROP TABLE posts")
        connection.execute(f"DROP TABLESPACE {name}".encode())
