"""concurrent-index-migration-lock against a server: what waits for Ecto's migration lock, and what does not.

Ecto holds the lock as `Ecto.Adapters.Postgres.do_lock_for_migrations/5` does: one connection locks
`schema_migrations` in a transaction and reads the versions; the migration runs on another. Postgrex speaks
the extended protocol. There the portal of the last query stays open, and its snapshot with it, until the next
query or the end of the transaction: that snapshot is what a concurrent build waits for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from ecto_migrations_analysis.rules.base import Case
from support.cases import findings_of
from support.postgres import Database

Connection = psycopg.Connection[Any]
RULE = "concurrent-index-migration-lock"
BUILD = "CREATE INDEX CONCURRENTLY posts_title_index ON posts (title)"
STATEMENTS = {
    BUILD: True,
    "REINDEX INDEX CONCURRENTLY posts_kind_index": True,
    "DROP INDEX CONCURRENTLY posts_kind_index": False,
}
# Ample: only a failing test waits so long.
PATIENCE = 60


@pytest.fixture
def posts(database: Database) -> Database:
    with database.connect() as connection:
        connection.execute("CREATE TABLE schema_migrations (version bigint PRIMARY KEY)")
        connection.execute("CREATE TABLE posts (id bigserial PRIMARY KEY, title text, kind text)")
        connection.execute("CREATE INDEX posts_kind_index ON posts (kind)")
        connection.execute("INSERT INTO posts (title) SELECT g FROM generate_series(1, 100) g")
    return database


@contextmanager
def table_lock(database: Database, extended: bool = True) -> Iterator[Connection]:
    """`migration_lock: :table_lock`, held."""
    with database.connect() as connection:
        connection.execute("BEGIN", prepare=extended)
        connection.execute("LOCK TABLE schema_migrations IN SHARE UPDATE EXCLUSIVE MODE", prepare=extended)
        connection.execute("SELECT version FROM schema_migrations", prepare=extended)
        yield connection


class InBackground:
    """A statement on a connection of its own, in a thread of its own."""

    def __init__(self, connection: Connection, sql: str) -> None:
        self.connection = connection
        self.error: psycopg.Error | None = None
        self._thread = threading.Thread(target=self._run, args=(sql,), daemon=True)
        self._thread.start()

    def _run(self, sql: str) -> None:
        try:
            self.connection.execute(sql.encode())
        except psycopg.Error as error:
            self.error = error

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def join(self) -> None:
        self._thread.join(PATIENCE)
        assert self.ended

    def blocked_by(self, observer: Connection) -> list[int]:
        """The backends it waits for, as soon as it waits; none where it ends without.

        The observer's own snapshot is waited for too, for the instant in which it looks.
        """
        pid = self.connection.info.backend_pid
        until = time.monotonic() + PATIENCE
        while not self.ended and time.monotonic() < until:
            row = observer.execute("SELECT pg_blocking_pids(%s)", (pid,)).fetchone()
            blocking = set(row[0]) - {observer.info.backend_pid} if row is not None else set()
            if blocking:
                return sorted(blocking)
            time.sleep(0.01)
        return []


def is_valid(observer: Connection, index: str) -> bool:
    row = observer.execute(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", (index,)
    ).fetchone()
    return row is not None and bool(row[0])


@pytest.mark.parametrize("sql", STATEMENTS)
def test_what_the_rule_says_is_what_the_server_does(posts: Database, sql: str) -> None:
    text = f'@disable_ddl_transaction true\n\ndef up do\n  execute "{sql}"\nend\n\ndef down, do: :ok'
    rules = {finding.rule for finding in findings_of(Case(about="", text=text))}
    with table_lock(posts) as migrator, posts.connect() as worker, posts.connect() as observer:
        running = InBackground(worker, sql)
        waits_for = running.blocked_by(observer)
        assert waits_for == ([migrator.info.backend_pid] if STATEMENTS[sql] else [])
        migrator.execute("COMMIT")
        running.join()
    assert running.error is None
    assert (RULE in rules) == STATEMENTS[sql]


def test_the_build_ends_only_when_the_lock_is_given_up(posts: Database) -> None:
    with table_lock(posts) as migrator, posts.connect() as worker, posts.connect() as observer:
        running = InBackground(worker, BUILD)
        assert running.blocked_by(observer)
        row = observer.execute(
            "SELECT wait_event_type, wait_event FROM pg_stat_activity WHERE pid = %s",
            (worker.info.backend_pid,),
        ).fetchone()
        assert row == ("Lock", "virtualxid")
        assert not is_valid(observer, "posts_title_index")
        migrator.execute("COMMIT")
        running.join()
        assert running.error is None
        assert is_valid(observer, "posts_title_index")


def test_interrupting_it_leaves_an_invalid_index(posts: Database) -> None:
    with table_lock(posts), posts.connect() as worker, posts.connect() as observer:
        running = InBackground(worker, BUILD)
        assert running.blocked_by(observer)
        observer.execute("SELECT pg_cancel_backend(%s)", (worker.info.backend_pid,))
        running.join()
        assert isinstance(running.error, psycopg.errors.QueryCanceled)
        assert not is_valid(observer, "posts_title_index")
        with pytest.raises(psycopg.errors.DuplicateTable):
            observer.execute(BUILD.encode())


def test_the_advisory_lock_is_not_waited_for(posts: Database) -> None:
    """`migration_lock: :pg_advisory_lock`: a lock of the session, outside of any transaction."""
    with posts.connect() as migrator, posts.connect() as worker, posts.connect() as observer:
        migrator.execute("SELECT pg_try_advisory_lock(129653361)", prepare=True)
        migrator.execute("SELECT version FROM schema_migrations", prepare=True)
        running = InBackground(worker, BUILD)
        assert running.blocked_by(observer) == []
        assert is_valid(observer, "posts_title_index")


def test_it_is_the_open_portal_that_is_waited_for(posts: Database) -> None:
    """With the simple protocol, as psql speaks it, the same lock lets the build pass."""
    with table_lock(posts, extended=False), posts.connect() as worker, posts.connect() as observer:
        running = InBackground(worker, BUILD)
        assert running.blocked_by(observer) == []
        assert is_valid(observer, "posts_title_index")
