"""Whether others wait: a second connection that reads and writes while a statement's locks are held."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import psycopg

from .observation import Connection, Stored, locks

# How long the second connection waits before it gives up. Nothing but the migration holds locks here, so a
# wait of any length is one for it.
_PATIENCE: Final = "50ms"
_NAMES: Final = """
SELECT c.oid::int8, format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""


class Bystander:
    """The second connection, in autocommit mode. It knows the tables as they were before the transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._names: dict[str, tuple[str, str]] = {}

    def look(self, before: dict[int, Stored]) -> None:
        """Takes the names of the tables, while nothing is locked."""
        quoted = dict(self.connection.execute(_NAMES).fetchall())
        self._names = {
            stored.name: (quoted[oid], stored.kind) for oid, stored in before.items() if oid in quoted
        }

    def holds_rows(self, name: str) -> bool:
        """Whether the table has a row that can be read now; False also where it has to be waited for."""
        if name not in self._names:
            return False
        answer: list[Any] = []
        self._try(f"SELECT EXISTS (SELECT FROM {self._names[name][0]})", answer.append)
        return bool(answer and answer[0])

    def waited(self, name: str) -> tuple[str, ...]:
        """What waits for the table: `reads`, `writes`, or else `changed rows`."""
        if name not in self._names:
            return ()
        table, kind = self._names[name]
        found = []
        if self._try(f"SELECT FROM {table} LIMIT 1"):
            found.append("reads")
        # A view is locked before the server finds out whether it can be written to.
        if self._try(f"DELETE FROM {table} WHERE false"):
            found.append("writes")
        elif kind in "rp" and self._try(f"SELECT FROM {table} LIMIT 1 FOR NO KEY UPDATE"):
            # What an UPDATE does with a row before it writes it.
            found.append("changed rows")
        return tuple(found)

    def has_column(self, schema: str | None, table: str | None, column: str | None) -> bool:
        """Whether there is such a column apart from what the transaction has made."""
        found = self.connection.execute(
            "SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n"
            " ON n.oid = c.relnamespace WHERE (n.nspname, c.relname, a.attname) = (%s, %s, %s)",
            (schema, table, column),
        )
        return found.fetchone() is not None

    def _try(self, sql: str, take: Callable[[Any], None] | None = None) -> bool:
        """Whether a statement of another session had to wait; it is undone."""
        self.connection.execute("BEGIN")
        try:
            self.connection.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'".encode())
            row = self.connection.execute(sql.encode())
            if take is not None:
                first = row.fetchone()
                take(first[0] if first is not None else None)
        except psycopg.errors.LockNotAvailable:
            return True
        except psycopg.Error:
            # A view that fails, a table without columns to read: no wait.
            if self.connection.closed:
                raise
        finally:
            if not self.connection.closed:
                self.connection.execute("ROLLBACK")
        return False


def run_outside(
    runner: Connection,
    bystander: Bystander,
    blocker: Connection,
    run: Callable[[], None],
    before: dict[int, Stored],
    hold: Iterable[str],
) -> tuple[psycopg.Error | None, dict[str, str] | None, dict[str, tuple[str, ...]], float]:
    """Runs what refuses to run in a transaction, and looks at it while it waits for one.

    `blocker` keeps a transaction open that reads the tables `hold` (quoted), for whose end CONCURRENTLY waits
    and which ACCESS EXCLUSIVE conflicts with. Comes back: the error, the locks (None: it did not wait, and
    was gone too soon), what waited for them, and the seconds without the wait.
    """
    failed: list[psycopg.Error] = []

    def target() -> None:
        try:
            run()
        except psycopg.Error as error:
            failed.append(error)

    held: dict[str, str] | None = None
    waited: dict[str, tuple[str, ...]] = {}
    pause = 0.0
    blocker.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    try:
        blocker.execute("SELECT txid_current()")
        for table in hold:
            blocker.execute(f"LOCK TABLE {table} IN ACCESS SHARE MODE".encode())
        thread = threading.Thread(target=target, daemon=True)
        started = time.monotonic()
        thread.start()
        try:
            while thread.is_alive():
                if _waits(bystander.connection, runner.info.backend_pid):
                    begun = time.monotonic()
                    held, _ = locks(bystander.connection, runner.info.backend_pid, before)
                    waited = {name: found for name in sorted(held) if (found := bystander.waited(name))}
                    pause = time.monotonic() - begun
                    break
                time.sleep(0.005)
            blocker.execute("ROLLBACK")
            thread.join()
        except BaseException:
            runner.cancel_safe(timeout=5)
            thread.join(5)
            raise
        seconds = time.monotonic() - started - pause
    finally:
        if not blocker.closed and blocker.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            blocker.execute("ROLLBACK")
    return (failed[0] if failed else None), held, waited, seconds


def _waits(connection: Connection, pid: int) -> bool:
    row = connection.execute(
        "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", (pid,)
    ).fetchone()
    return row is not None and bool(row[0])
