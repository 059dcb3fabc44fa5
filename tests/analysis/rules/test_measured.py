"""What the pages say was measured on PostgreSQL 18 and no other test covers, run on the server."""

from __future__ import annotations

import psycopg
import pytest
from support.postgres import Database


def plan(connection: psycopg.Connection[tuple[object, ...]], query: str) -> str:
    return "\n".join(str(line) for (line,) in connection.execute(f"EXPLAIN {query}".encode()).fetchall())


def test_an_index_on_the_leading_columns_serves_as_well(database: Database) -> None:
    """duplicate-index"""
    with database.connect() as connection:
        connection.execute("CREATE TABLE posts (author_id bigint, slug text)")
        connection.execute("INSERT INTO posts SELECT g, g::text FROM generate_series(1, 20000) g")
        connection.execute("CREATE INDEX both_columns ON posts (author_id, slug)")
        connection.execute("ANALYZE posts")
        query = "SELECT * FROM posts WHERE author_id = 7"
        assert "both_columns" in plan(connection, query)
        connection.execute("CREATE INDEX first_column ON posts (author_id)")
        connection.execute("DROP INDEX both_columns")
        assert "first_column" in plan(connection, query)


@pytest.mark.parametrize(("index", "scans"), [("", 1), ("CREATE INDEX ON comments (post_id)", 0)])
def test_a_delete_in_the_parent_reads_all_children_without_an_index(
    database: Database, index: str, scans: int
) -> None:
    """foreign-key-missing-index"""
    with database.connect() as connection:
        connection.execute("CREATE TABLE posts (id bigint PRIMARY KEY)")
        connection.execute("CREATE TABLE comments (post_id bigint REFERENCES posts)")
        connection.execute("INSERT INTO posts SELECT generate_series(1, 2000)")
        connection.execute("INSERT INTO comments SELECT generate_series(2, 2000)")
        if index:
            connection.execute(index.encode())
        connection.execute("ANALYZE posts, comments")
        count = b"SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'comments'"
        connection.execute("SELECT pg_stat_force_next_flush()")
        (before,) = connection.execute(count).fetchone() or (None,)
        connection.execute("DELETE FROM posts WHERE id = 1")
        connection.execute("SELECT pg_stat_force_next_flush()")
        (after,) = connection.execute(count).fetchone() or (None,)
        assert isinstance(before, int) and isinstance(after, int)
        assert after - before == scans


@pytest.mark.parametrize(
    ("own", "key", "state"),
    [
        ("bigint", "uuid", "42804"),
        ("uuid", "bigint", "42804"),
        ("text", "uuid", "42804"),
        ("integer", "text", "42804"),
        ("integer", "bigint", None),
        ("smallint", "bigint", None),
        ("bigint", "integer", None),
        ("varchar(255)", "text", None),
    ],
)
def test_which_foreign_keys_cannot_be_implemented(
    database: Database, own: str, key: str, state: str | None
) -> None:
    """foreign-key-type-mismatch"""
    with database.connect() as connection:
        connection.execute(f"CREATE TABLE authors (id {key} PRIMARY KEY)".encode())
        create = f"CREATE TABLE posts (author_id {own} REFERENCES authors)".encode()
        if state is None:
            connection.execute(create)
        else:
            with pytest.raises(psycopg.Error) as raised:
                connection.execute(create)
            assert raised.value.sqlstate == state


def test_dropping_a_column_drops_its_indexes_without_a_word(database: Database) -> None:
    """remove-loses-index-or-constraint"""
    with database.connect() as connection:
        said: list[str | None] = []
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary))
        connection.execute("CREATE TABLE members (team_id bigint, email text)")
        connection.execute("CREATE UNIQUE INDEX members_unique ON members (team_id, email)")
        connection.execute("ALTER TABLE members DROP COLUMN team_id")
        left = connection.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'members'").fetchone()
        assert left == (0,)
        assert said == []


def test_begin_warns_and_commit_ends_the_transaction(database: Database) -> None:
    """execute-transaction-control"""
    with database.connect() as connection:
        said: list[str | None] = []
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary))
        connection.execute("BEGIN")
        connection.execute("BEGIN")
        assert said == ["there is already a transaction in progress"]
        connection.execute("CREATE TABLE kept (id bigint)")
        connection.execute("COMMIT")
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT 1/0")
        connection.execute("ROLLBACK")
        assert connection.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)


def test_a_value_the_enum_lacks(database: Database) -> None:
    """enum-values-differ-from-schema"""
    with database.connect() as connection:
        connection.execute("CREATE TYPE status AS ENUM ('draft')")
        with pytest.raises(psycopg.Error, match='invalid input value for enum status: "gone"'):
            connection.execute("SELECT 'gone'::status")


def test_validating_in_the_same_transaction_keeps_readers_out(database: Database) -> None:
    """validate-in-same-transaction"""
    with database.connect() as migrating, database.connect() as reading:
        reading.execute("CREATE TABLE posts (views int)")
        reading.execute("SET lock_timeout = '200ms'")
        migrating.execute("BEGIN")
        migrating.execute("ALTER TABLE posts ADD CONSTRAINT c CHECK (views >= 0) NOT VALID")
        migrating.execute("ALTER TABLE posts VALIDATE CONSTRAINT c")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            reading.execute("SELECT * FROM posts")
        migrating.execute("ROLLBACK")
