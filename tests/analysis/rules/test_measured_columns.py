"""What the pages about columns say was measured on PostgreSQL 18 and no other test covers."""

from __future__ import annotations

import psycopg
import pytest
from support.postgres import Database

_POSTS = """
CREATE TABLE posts (id serial PRIMARY KEY, title varchar(255), price numeric(10, 2), seen_at timestamp(0),
  state text NOT NULL DEFAULT 'draft');
INSERT INTO posts (title) VALUES ('a')
"""


def state_of(connection: psycopg.Connection[tuple[object, ...]], sql: str) -> str | None:
    """The SQLSTATE a statement fails with, None where it passes."""
    try:
        connection.execute(sql.encode())
    except psycopg.Error as error:
        return error.sqlstate
    return None


@pytest.mark.parametrize(
    ("clause", "state"),
    [
        ("ALTER COLUMN title TYPE text", "0A000"),
        ("ALTER COLUMN title TYPE varchar(500)", "0A000"),
        ("ALTER COLUMN price TYPE numeric(12, 2)", "0A000"),
        ("ALTER COLUMN seen_at TYPE timestamp", "0A000"),
        ("ALTER COLUMN title TYPE varchar(255)", None),
        ("ALTER COLUMN title SET NOT NULL", None),
        ("ALTER COLUMN title SET DEFAULT 'x'", None),
        ("ADD COLUMN note text", None),
        ("ALTER COLUMN state TYPE varchar(20)", None),
    ],
)
def test_prepared_queries_fail_after_a_change_of_type(
    database: Database, clause: str, state: str | None
) -> None:
    """modify-cached-plan; `state` is not selected"""
    query = b"SELECT title, price, seen_at FROM posts WHERE id = %s"
    with database.connect() as migrating, database.connect() as reading:
        migrating.execute(_POSTS)
        reading.execute(query, (1,), prepare=True)
        migrating.execute(f"ALTER TABLE posts {clause}".encode())
        if state is None:
            reading.execute(query, (1,), prepare=True)
        else:
            with pytest.raises(psycopg.Error, match="cached plan must not change result type") as raised:
                reading.execute(query, (1,), prepare=True)
            assert raised.value.sqlstate == state


def test_the_sequence_of_a_serial_stays_as_narrow_as_it_was(database: Database) -> None:
    """modify-primary-or-fk-int-widening"""
    with database.connect() as connection:
        connection.execute(_POSTS)
        connection.execute("ALTER TABLE posts ALTER COLUMN id TYPE bigint")
        connection.execute("SELECT setval('posts_id_seq', 2147483647)")
        assert state_of(connection, "INSERT INTO posts DEFAULT VALUES") == "2200H"
        connection.execute("ALTER SEQUENCE posts_id_seq AS bigint")
        assert state_of(connection, "INSERT INTO posts DEFAULT VALUES") is None


@pytest.mark.parametrize("clause", ["DROP DEFAULT", "SET DEFAULT NULL"])
def test_inserts_without_a_default_fail(database: Database, clause: str) -> None:
    """change-or-drop-default"""
    with database.connect() as connection:
        connection.execute(_POSTS)
        connection.execute(f"ALTER TABLE posts ALTER COLUMN state {clause}".encode())
        assert state_of(connection, "INSERT INTO posts (title) VALUES ('b')") == "23502"


@pytest.mark.parametrize(
    "query",
    ["SELECT DISTINCT j FROM t", "SELECT j FROM t GROUP BY j", "SELECT j FROM t UNION SELECT j FROM t"],
)
def test_json_has_no_equality(database: Database, query: str) -> None:
    """add-json-column"""
    with database.connect() as connection:
        connection.execute("CREATE TABLE t (j json, b jsonb)")
        assert state_of(connection, query) == "42883"
        assert state_of(connection, query.replace(" j", " b")) is None
        assert state_of(connection, "CREATE INDEX ON t USING gin (j)") == "42704"


def test_a_reference_is_added_in_any_case(database: Database) -> None:
    """add-if-not-exists-reference"""
    add = (
        "ALTER TABLE posts ADD COLUMN IF NOT EXISTS author_id bigint,"
        " ADD CONSTRAINT posts_author_id_fkey FOREIGN KEY (author_id) REFERENCES authors (id)"
    )
    with database.connect() as connection:
        connection.execute(_POSTS)
        connection.execute("CREATE TABLE authors (id bigserial PRIMARY KEY)")
        assert state_of(connection, add) is None
        assert state_of(connection, add) == "42710"


def test_a_domain_that_allows_no_null_refuses_the_first_row(database: Database) -> None:
    """add-constrained-domain-column"""
    with database.connect() as connection:
        connection.execute(_POSTS)
        connection.execute("CREATE DOMAIN number AS integer NOT NULL")
        assert state_of(connection, "ALTER TABLE posts ADD COLUMN n number") == "23502"
        assert state_of(connection, "ALTER TABLE posts ADD COLUMN n number DEFAULT 1") is None


def test_virtual_columns_cannot_be_indexed(database: Database) -> None:
    """add-generated-stored-column"""
    with database.connect() as connection:
        connection.execute(_POSTS)
        connection.execute(
            "ALTER TABLE posts ADD COLUMN upper text GENERATED ALWAYS AS (upper(title)) VIRTUAL"
        )
        with pytest.raises(psycopg.Error, match="indexes on virtual generated columns are not supported"):
            connection.execute("CREATE INDEX ON posts (upper)")
