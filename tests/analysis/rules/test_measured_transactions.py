"""What the pages of the chapter `transactions` say was measured, run on the server."""

from __future__ import annotations

import threading

import psycopg
import pytest
from support.postgres import Database


def tables(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE TABLE posts (id bigint, views int, likes int)")
        connection.execute("CREATE TABLE comments (id bigint)")
        connection.execute("INSERT INTO posts SELECT g, g, g FROM generate_series(1, 10) g")


def test_an_index_on_one_table_while_another_is_locked_keeps_readers_of_that_out(database: Database) -> None:
    """long-op-under-exclusive-lock"""
    tables(database)
    with database.connect() as migrating, database.connect() as reading:
        reading.execute("SET lock_timeout = '200ms'")
        migrating.execute("BEGIN")
        migrating.execute("ALTER TABLE posts ADD COLUMN n int")
        migrating.execute("CREATE INDEX ON comments (id)")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            reading.execute("SELECT * FROM posts")
        migrating.execute("COMMIT")
        reading.execute("SELECT * FROM posts")


def test_two_tables_in_the_other_order_end_in_a_deadlock(database: Database) -> None:
    """multi-table-exclusive"""
    tables(database)
    raised: list[psycopg.Error] = []
    with database.connect() as migrating, database.connect() as using:
        for connection in (migrating, using):
            connection.execute("SET deadlock_timeout = '100ms'")
        migrating.execute("BEGIN")
        migrating.execute("ALTER TABLE posts ADD COLUMN n int")
        using.execute("BEGIN")
        using.execute("SELECT * FROM comments")

        def alter() -> None:
            try:
                migrating.execute("ALTER TABLE comments ADD COLUMN n int")
            except psycopg.Error as error:
                raised.append(error)

        thread = threading.Thread(target=alter, daemon=True)
        thread.start()
        try:
            using.execute("SELECT * FROM posts")
        except psycopg.Error as error:
            raised.append(error)
        if not using.closed and using.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            using.execute("ROLLBACK")
        thread.join(60)
        assert not thread.is_alive()
        assert [error.sqlstate for error in raised] == ["40P01"]


@pytest.mark.parametrize(
    ("statements", "times"),
    [
        (("ALTER TABLE posts ALTER views TYPE bigint, ALTER likes TYPE bigint",), 1),
        (("ALTER TABLE posts ALTER views TYPE bigint", "ALTER TABLE posts ALTER likes TYPE bigint"), 2),
    ],
)
def test_one_statement_writes_the_table_once(
    database: Database, statements: tuple[str, ...], times: int
) -> None:
    """several-alters-same-table"""
    tables(database)
    with database.connect() as connection:
        said: list[str] = []
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        connection.execute("SET client_min_messages = debug1")
        for sql in statements:
            connection.execute(sql.encode())
        assert sum("rewriting table" in message for message in said) == times


def test_a_table_can_be_locked_in_a_transaction_only(database: Database) -> None:
    """lock-table"""
    tables(database)
    with database.connect() as connection:
        with pytest.raises(psycopg.errors.NoActiveSqlTransaction):
            connection.execute("LOCK TABLE posts")
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE posts")
        mode = "SELECT mode FROM pg_locks WHERE relation = 'posts'::regclass"
        assert connection.execute(mode).fetchall() == [("AccessExclusiveLock",)]


def test_parameters_set_in_a_transaction_outlive_it_unless_local(database: Database) -> None:
    """session-state-leak, lock-timeout-ineffective"""
    with database.connect() as connection:
        show = "SHOW lock_timeout"
        said: list[str | None] = []
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary))
        connection.execute("SET LOCAL lock_timeout = '5s'")
        assert said == ["SET LOCAL can only be used in transaction blocks"]
        assert connection.execute(show).fetchone() == ("0",)
        for local, after in (("LOCAL", "0"), ("", "5s")):
            connection.execute("BEGIN")
            connection.execute(f"SET {local} lock_timeout = '5s'".encode())
            connection.execute("COMMIT")
            assert connection.execute(show).fetchone() == (after,)


def test_an_advisory_lock_outlives_the_transaction_unless_it_is_its_own(database: Database) -> None:
    """session-state-leak"""
    with database.connect() as connection:
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        for function, count in (("pg_advisory_xact_lock", 0), ("pg_advisory_lock", 1)):
            connection.execute("BEGIN")
            connection.execute(f"SELECT {function}(1)".encode())
            connection.execute("COMMIT")
            assert connection.execute(held).fetchone() == (count,)


def test_readers_queue_behind_a_migration_that_waits_and_a_lock_timeout_lets_them_go(
    database: Database,
) -> None:
    """missing-lock-timeout"""
    tables(database)
    ended: list[str | None] = []
    with (
        database.connect() as reporting,
        database.connect() as migrating,
        database.connect() as reading,
        database.connect() as observer,
    ):
        reporting.execute("BEGIN")
        reporting.execute("SELECT * FROM posts")
        migrating.execute("SET lock_timeout = '2s'")

        def alter() -> None:
            try:
                migrating.execute("ALTER TABLE posts ADD COLUMN n int")
            except psycopg.Error as error:
                ended.append(error.sqlstate)

        thread = threading.Thread(target=alter, daemon=True)
        thread.start()
        waits = "SELECT count(*) FROM pg_locks WHERE relation = 'posts'::regclass AND NOT granted"
        while observer.execute(waits).fetchone() != (1,):
            assert thread.is_alive()
        reading.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            reading.execute("SELECT * FROM posts")
        reading.execute("SET lock_timeout = 0")
        reading.execute("SELECT * FROM posts")
        thread.join(60)
        assert ended == ["55P03"]
        reporting.execute("COMMIT")
