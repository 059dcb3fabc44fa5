"""Statements on a real server, looked at and undone: what they lock, rewrite, scan and build.

What is kept and how it is read is `ecto_migrations_server.rehearse.observation`'s.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

import psycopg
from ecto_migrations_server.rehearse.observation import (
    MODES,
    Observation,
    Stored,
    locks,
    relations,
    rows_read,
    written_anew,
)

from .postgres import Database

__all__ = ["MODES", "Observation", "Stored", "observe", "observe_outside", "relations"]


def observe(
    connection: psycopg.Connection,
    statements: Iterable[str],
    *,
    settings: Iterable[str] = (),
    before: dict[int, Stored] | None = None,
) -> Observation:
    """Run `statements` in one transaction, look at it, and roll it back, so that nothing is changed.

    `settings` are run first and reset afterwards; `before` is what `relations` found, if it was asked.
    """
    observation = Observation()

    def take_down(notice: psycopg.errors.Diagnostic) -> None:
        observation.messages.append(notice.message_primary or "")

    for setting in settings:
        connection.execute(setting.encode())
    first = relations(connection) if before is None else before
    connection.add_notice_handler(take_down)
    connection.execute("SET client_min_messages = debug1")
    connection.execute("BEGIN")
    read = rows_read(connection)
    try:
        last = first
        for statement in statements:
            connection.execute(statement.encode())
            now = relations(connection)
            written_anew(observation, first, last, now)
            last = now
        observation.locks, observation.other_locks = locks(connection, connection.info.backend_pid, first)
        scanned = {oid for oid, rows in rows_read(connection).items() if rows > read.get(oid, 0)}
        observation.scans = {
            stored.name for oid, stored in first.items() if oid in scanned and stored.is_table
        }
    except psycopg.Error as error:
        observation.error = f"{error.sqlstate} {error.diag.message_primary}"
    connection.execute("ROLLBACK")
    connection.remove_notice_handler(take_down)
    connection.execute("RESET ALL")
    return observation


def observe_outside(database: Database, statement: str, hold: Iterable[str]) -> Observation:
    """Run a statement that refuses to run in a transaction, and watch its locks from another session.

    To be seen it has to wait: a third session keeps a transaction open that reads the tables `hold`, for
    whose end CONCURRENTLY waits and which ACCESS EXCLUSIVE conflicts with. A statement that does not wait for
    that is run again against SHARE UPDATE EXCLUSIVE locks. Scans are not observed.
    """
    tables = list(hold)
    with database.connect() as watcher:
        before = relations(watcher)
        observation = Observation()
        for mode in ("ACCESS SHARE", "SHARE UPDATE EXCLUSIVE"):
            observation = Observation()
            with database.connect() as blocker, database.connect() as runner:
                blocker.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                blocker.execute("SELECT pg_current_xact_id()")
                for table in tables:
                    blocker.execute(f"LOCK TABLE {table} IN {mode} MODE".encode())
                if _run_watched(runner, statement, watcher, blocker, before, observation):
                    break
        written_anew(observation, before, before, relations(watcher))
    return observation


def _run_watched(
    runner: psycopg.Connection,
    statement: str,
    watcher: psycopg.Connection,
    blocker: psycopg.Connection,
    before: dict[int, Stored],
    observation: Observation,
) -> bool:
    """Whether the statement waited (and so was seen) or failed."""

    def run() -> None:
        try:
            runner.execute(statement.encode())
        except psycopg.Error as error:
            observation.error = f"{error.sqlstate} {error.diag.message_primary}"

    runner.add_notice_handler(lambda notice: observation.messages.append(notice.message_primary or ""))
    runner.execute("SET client_min_messages = debug1")
    pid = runner.info.backend_pid
    thread = threading.Thread(target=run)
    thread.start()
    waited = False
    try:
        give_up = time.monotonic() + 60
        while thread.is_alive() and time.monotonic() < give_up:
            state = watcher.execute(
                "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", (pid,)
            ).fetchone()
            if state is not None and state[0]:
                observation.locks, observation.other_locks = locks(watcher, pid, before)
                waited = True
                break
            time.sleep(0.01)
    finally:
        blocker.execute("ROLLBACK")
        thread.join()
    return waited or observation.error is not None
