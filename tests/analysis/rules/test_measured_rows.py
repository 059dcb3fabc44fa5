"""What the pages about rows, keys and the way back say was measured, run on PostgreSQL 18."""

from __future__ import annotations

import psycopg
import pytest
from support.postgres import Database

POSTS = "CREATE TABLE posts (id bigint PRIMARY KEY, title text)"
ROWS = "INSERT INTO posts SELECT g, g::text FROM generate_series(1, 500) g"


@pytest.fixture
def posts(database: Database) -> Database:
    with database.connect() as connection:
        connection.execute(POSTS)
        connection.execute(ROWS)
    return database


def refused(connection: psycopg.Connection[tuple[object, ...]], sql: str) -> str | None:
    """The SQLSTATE of a statement that fails, in a session that waits for no lock."""
    connection.execute("SET lock_timeout = '200ms'")
    try:
        connection.execute(sql.encode())
    except psycopg.Error as error:
        return error.sqlstate
    return None


@pytest.mark.parametrize(
    ("first", "blocked"),
    [
        (
            "ALTER TABLE posts ADD COLUMN n int",
            ["SELECT 1 FROM posts", "UPDATE posts SET title = '' WHERE id = 1"],
        ),
        ("CREATE INDEX ON posts (title)", ["INSERT INTO posts VALUES (501)"]),
    ],
)
def test_rows_are_written_under_the_locks_of_the_ddl(posts: Database, first: str, blocked: list[str]) -> None:
    """backfill-in-ddl-transaction"""
    with posts.connect() as migrating, posts.connect() as other:
        migrating.execute("BEGIN")
        migrating.execute(first.encode())
        migrating.execute("UPDATE posts SET title = 'x' WHERE id > 400")
        assert [refused(other, sql) for sql in blocked] == ["55P03"] * len(blocked)
        migrating.execute("COMMIT")
        assert [refused(other, sql) for sql in blocked] == [None] * len(blocked)


def test_updated_rows_are_locked_for_writers_only(posts: Database) -> None:
    """backfill-unbatched"""
    with posts.connect() as migrating, posts.connect() as other:
        before = other.execute("SELECT pg_relation_size('posts')").fetchone()
        migrating.execute("BEGIN")
        migrating.execute("UPDATE posts SET title = 'y'")
        assert refused(other, "SELECT count(*) FROM posts") is None
        assert refused(other, "UPDATE posts SET title = '' WHERE id = 1") == "55P03"
        migrating.execute("COMMIT")
        after = other.execute("SELECT pg_relation_size('posts')").fetchone()
        assert before is not None and after is not None
        assert int(str(after[0])) >= 2 * int(str(before[0]))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(email)", "(org_id, email)"),
        ("(email)", "(email) WHERE org_id IS NOT NULL"),
        ("(email, org_id)", "(email)"),
    ],
)
def test_on_conflict_needs_the_very_key(database: Database, old: str, new: str) -> None:
    """key-replaced"""
    columns = old.strip("()")
    insert = f"INSERT INTO users VALUES (1, 'a') ON CONFLICT ({columns}) DO NOTHING"
    with database.connect() as connection:
        connection.execute("CREATE TABLE users (org_id bigint, email text)")
        connection.execute(f"CREATE UNIQUE INDEX users_key ON users {old}".encode())
        assert refused(connection, insert) is None
        connection.execute("DROP INDEX users_key")
        connection.execute(f"CREATE UNIQUE INDEX users_key ON users {new}".encode())
        assert refused(connection, insert) == "42P10"


def test_set_null_of_a_not_null_column(database: Database) -> None:
    """nilify-not-null"""
    with database.connect() as connection:
        connection.execute("CREATE TABLE authors (id bigint PRIMARY KEY)")
        connection.execute(
            "CREATE TABLE posts (author_id bigint NOT NULL REFERENCES authors ON DELETE SET NULL)"
        )
        connection.execute("INSERT INTO authors VALUES (1), (2)")
        connection.execute("INSERT INTO posts VALUES (1)")
        assert refused(connection, "DELETE FROM authors WHERE id = 2") is None
        assert refused(connection, "DELETE FROM authors WHERE id = 1") == "23502"


def test_set_null_of_a_composite_key(database: Database) -> None:
    """nilify-not-null: every column of the key is set, unless the columns are named (PostgreSQL 15)."""
    with database.connect() as connection:
        connection.execute("CREATE TABLE authors (id bigint, org_id bigint, PRIMARY KEY (id, org_id))")
        connection.execute("INSERT INTO authors VALUES (1, 1), (2, 1)")
        for action, state in (("SET NULL", "23502"), ("SET NULL (author_id)", None)):
            connection.execute("DROP TABLE IF EXISTS posts")
            connection.execute(
                "CREATE TABLE posts (author_id bigint, org_id bigint NOT NULL,"
                f" FOREIGN KEY (author_id, org_id) REFERENCES authors ON DELETE {action})".encode()
            )
            connection.execute("INSERT INTO posts VALUES (1, 1)")
            assert refused(connection, "DELETE FROM authors WHERE id = 1") == state


def test_a_column_made_anew_is_empty(posts: Database) -> None:
    """recreate-column"""
    with posts.connect() as connection:
        connection.execute("ALTER TABLE posts DROP COLUMN title, ADD COLUMN title varchar(255)")
        assert connection.execute("SELECT count(title) FROM posts").fetchone() == (0,)


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("ALTER TABLE posts ADD COLUMN body text NOT NULL", "23502"),
        ("CREATE TABLE posts ()", "42P07"),
        ("ALTER TABLE posts ADD COLUMN title text", "42701"),
        ("DROP INDEX posts_title_index", "42704"),
        ("ALTER TABLE posts DROP CONSTRAINT posts_title_check", "42704"),
        ("DROP INDEX IF EXISTS posts_title_index", None),
        ("SELECT slug FROM posts", "42703"),
        ("INSERT INTO states VALUES (1)", "42P01"),
        ("INSERT INTO posts VALUES (1)", "23505"),
    ],
)
def test_what_fails_and_how(posts: Database, sql: str, state: str | None) -> None:
    """down-fails, empty-down, drop-unknown-object, app-schema-in-migration, flush-needed."""
    with posts.connect() as connection:
        assert refused(connection, sql) == state


def test_what_depends_goes_first(database: Database) -> None:
    """down-order"""
    with database.connect() as connection:
        connection.execute("CREATE TABLE authors (id bigint PRIMARY KEY)")
        connection.execute("CREATE TABLE posts (author_id bigint REFERENCES authors)")
        assert refused(connection, "DROP TABLE authors") == "2BP01"


def test_pending_trigger_events(database: Database) -> None:
    """pending-trigger-events"""
    with database.connect() as connection:
        connection.execute("CREATE TABLE authors (id bigint PRIMARY KEY)")
        connection.execute(
            "CREATE TABLE posts (author_id bigint REFERENCES authors DEFERRABLE INITIALLY DEFERRED)"
        )
        connection.execute("INSERT INTO authors VALUES (1), (2)")
        connection.execute("INSERT INTO posts VALUES (1)")
        connection.execute("BEGIN")
        connection.execute("UPDATE posts SET author_id = 2")
        assert refused(connection, "ALTER TABLE posts ADD COLUMN title text") == "55006"
        connection.execute("ROLLBACK")
        connection.execute("BEGIN")
        connection.execute("UPDATE posts SET author_id = 2")
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert refused(connection, "ALTER TABLE posts ADD COLUMN title text") is None
        connection.execute("ROLLBACK")


@pytest.mark.parametrize("offset", [True, False])
def test_offset_passes_over_what_the_batches_have_moved(posts: Database, offset: bool) -> None:
    """backfill-offset-pagination: the rows that a batch has filled fall out of what the next one counts."""
    with posts.connect() as connection:
        connection.execute("ALTER TABLE posts ADD COLUMN done boolean")
        for batch in range(5):
            skipped = f"OFFSET {batch * 100}" if offset else ""
            connection.execute(
                "UPDATE posts SET done = true WHERE id IN"
                f" (SELECT id FROM posts WHERE done IS NULL ORDER BY id LIMIT 100 {skipped})".encode()
            )
        left = connection.execute("SELECT count(*) FROM posts WHERE done IS NULL").fetchone()
        assert left == ((200,) if offset else (0,))
