"""What a statement does on a real server: its locks, rewrites, scans, index builds, and how it fails.

Only what `databases.effects.Effect` speaks of is kept. Relations are those that stood before the statement
and are tables, partitioned tables, views, materialized views or foreign tables; indexes, sequences, TOAST
tables and the catalog are left out, as `Effect` leaves them out. A scan is one that read rows: tables of a
test must hold some.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg

from .postgres import Database

# pg_locks spells the modes `AccessExclusiveLock`; the manual, LOCK TABLE and this tool `ACCESS EXCLUSIVE`.
# Weakest first: the order of the lock numbers in lockdefs.h.
MODES = {
    "AccessShareLock": "ACCESS SHARE",
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
STRENGTH = {mode: number for number, mode in enumerate(MODES.values())}

_RELATIONS = """
SELECT c.oid::int8, n.nspname, c.relname, c.relkind::text, c.relfilenode::int8, c.relpersistence::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
"""
_LOCKS = """
SELECT relation::int8, mode FROM pg_locks
WHERE locktype = 'relation' AND pid = %s
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
# Counted in this session and not yet handed over to the statistics of all: not only this transaction's.
_SCANS = "SELECT relid::int8, seq_tup_read::int8 FROM pg_stat_xact_all_tables WHERE seq_tup_read > 0"


@dataclass(frozen=True)
class Stored:
    """A relation as it stood before the statement."""

    name: str
    kind: str
    file: int

    @property
    def is_table(self) -> bool:
        return self.kind in "rpvmf"

    @property
    def is_index(self) -> bool:
        return self.kind in "iI"


@dataclass
class Observation:
    """`locks` maps each table or view to the strongest mode; names outside of `public` carry their schema.

    `built` are the indexes that the server reported to build, whether they are new or not; `rebuilt` are
    those among the existing ones whose storage is a new one. `error` is `SQLSTATE message`.
    """

    locks: dict[str, str] = field(default_factory=dict)
    rewritten: set[str] = field(default_factory=set)
    rebuilt: set[str] = field(default_factory=set)
    scans: set[str] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)
    error: str | None = None
    # Other relations' locks: indexes and sequences.
    other_locks: dict[str, str] = field(default_factory=dict)

    @property
    def built(self) -> set[str]:
        return {message.split('"')[1] for message in self.messages if message.startswith("building index ")}


def relations(connection: psycopg.Connection) -> dict[int, Stored]:
    """What stands in the database, by oid."""
    return {
        oid: Stored(name if schema == "public" else f"{schema}.{name}", kind, file)
        for oid, schema, name, kind, file, _ in connection.execute(_RELATIONS)
    }


def _locks(
    connection: psycopg.Connection, pid: int, before: dict[int, Stored]
) -> tuple[dict[str, str], dict[str, str]]:
    tables: dict[str, str] = {}
    others: dict[str, str] = {}
    for oid, lock in connection.execute(_LOCKS, (pid,)).fetchall():
        stored = before.get(oid)
        if stored is None:
            continue
        kept = tables if stored.is_table else others
        mode = MODES[lock]
        if STRENGTH[mode] > STRENGTH.get(kept.get(stored.name, ""), -1):
            kept[stored.name] = mode
    return tables, others


def _compare(
    observation: Observation, first: dict[int, Stored], before: dict[int, Stored], after: dict[int, Stored]
) -> None:
    """Take down what a statement wrote anew, of the relations that stood before the `first` one."""
    files = {stored.name: stored.file for stored in after.values()}
    original = {stored.name for stored in first.values()}
    for oid, stored in before.items():
        if oid not in first and not (stored.is_index and stored.name in original):
            continue
        if oid in after and after[oid].file != stored.file and stored.is_table:
            observation.rewritten.add(first[oid].name)
        # ALTER COLUMN TYPE drops an index and makes another of its name, which may take over the storage.
        renamed = after[oid].name if oid in after else stored.name
        if stored.is_index and renamed in files and files[renamed] != stored.file:
            observation.rebuilt.add(stored.name)


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
    read = dict(connection.execute(_SCANS).fetchall())
    try:
        last = first
        for statement in statements:
            connection.execute(statement.encode())
            now = relations(connection)
            _compare(observation, first, last, now)
            last = now
        observation.locks, observation.other_locks = _locks(connection, connection.info.backend_pid, first)
        scanned = {oid for oid, rows in connection.execute(_SCANS).fetchall() if rows > read.get(oid, 0)}
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
        _compare(observation, before, before, relations(watcher))
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
                observation.locks, observation.other_locks = _locks(watcher, pid, before)
                waited = True
                break
            time.sleep(0.01)
    finally:
        blocker.execute("ROLLBACK")
        thread.join()
    return waited or observation.error is not None
