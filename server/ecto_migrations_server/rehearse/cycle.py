"""One run of a migration in one direction, statement by statement, with a second connection looking on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from ecto_migrations_analysis.analysis import Run, Step
from ecto_migrations_analysis.operations import LockTable, TransactionControl
from ecto_migrations_analysis.records import dataclass, field

from .compare import Comparison, of_rows
from .fitting import quoted
from .history import execute, not_run
from .model import Direction, Pass, Seen
from .observation import STRENGTH, Connection, Observation, locks, relations, rows_read, written_anew
from .watching import Bystander, run_outside

IDLE = psycopg.pq.TransactionStatus.IDLE
# "cannot run inside a transaction block", and a procedure that commits.
_REFUSES_TRANSACTIONS = ("25001", "2D000")


@dataclass
class Runner:
    """The connections: `own` migrates, the others look on and hold back; all in autocommit mode."""

    own: Connection
    bystander: Bystander
    blocker: Connection
    line_of: Callable[[int], int]
    version: int | None = None
    # Whether a part of the history was not run, so that something may be missing.
    has_gaps: bool = False
    # Makes SQL fit for a server that lacks a type.
    adapt: Callable[[str], str] = str
    messages: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """The server says which indexes it builds at this level, and no other client needs it."""
        self.own.add_notice_handler(lambda notice: self.messages.append(notice.message_primary or ""))
        self.own.execute("SET client_min_messages = debug1")

    def run(self, direction: Direction, run: Run) -> Pass:
        """Runs all of it, or up to the first error, which undoes the transaction that it was raised in."""
        found = Pass(direction=direction)
        code_before = False
        for unit in _units(run):
            code_before = self._unit(unit, found, code_before)
            if found.error is not None:
                break
        else:
            self._take_down_version(direction)
        return found

    def _unit(self, steps: list[Step], found: Pass, code_before: bool) -> bool:
        """Runs statements that commit together; whether code was left out so far comes back."""
        together = steps[0].in_transaction
        unit = _Unit(self, together)
        if together:
            self.own.execute("BEGIN")
        try:
            for step in steps:
                seen = unit.step(step)
                found.statements.append(seen)
                found.seconds += seen.seconds
                if seen.state == "not run":
                    code_before = True
                elif seen.state == "failed":
                    found.error = seen.reason
                    found.doubtful = code_before or seen.of_rows
                    return code_before
            if self.own.info.transaction_status != IDLE:
                try:
                    self.own.execute("COMMIT")
                except psycopg.Error as error:
                    _raise_if_gone(self.own, error)
                    found.error = f"at COMMIT: {error.diag.message_primary}"
                    found.doubtful = code_before
        finally:
            if not self.own.closed and self.own.info.transaction_status != IDLE:
                self.own.execute("ROLLBACK")
        return code_before

    def _take_down_version(self, direction: Direction) -> None:
        if self.version is None:
            return
        if direction == "migrate":
            self.own.execute(
                "INSERT INTO schema_migrations VALUES (%s, now()) ON CONFLICT DO NOTHING", (self.version,)
            )
        else:
            self.own.execute("DELETE FROM schema_migrations WHERE version = %s", (self.version,))


class _Unit:
    """Statements of one transaction, or one statement by itself."""

    def __init__(self, runner: Runner, together: bool) -> None:
        self._runner = runner
        self._together = together
        self._first = relations(runner.own)
        self._last = self._first
        runner.bystander.look(self._first)
        names = {stored.name for stored in self._first.values()}
        self._comparison = Comparison(
            runner.bystander.holds_rows, lambda name: runner.has_gaps and name not in names
        )
        self._whole = Observation()
        self._held: dict[str, str] = {}
        self._waited: dict[str, tuple[str, ...]] = {}
        self._read: dict[int, int] | None = None

    def step(self, step: Step) -> Seen:
        seen = Seen(
            sql=step.statement.sql.strip(),
            line=self._runner.line_of(step.statement.span.start) + 1,
            in_transaction=step.in_transaction,
        )
        reason = not_run(step.statement)
        if reason is not None:
            seen.state, seen.reason = "not run", reason
            return seen
        if step.statement.error is not None:
            seen.state, seen.reason = "failed", step.statement.error
            if not any(failure.certain for failure in step.effect.failures):
                seen.differences = ("the analysis does not say that it fails",)
            return seen
        self._comparison.expect(step)
        if self._together:
            self._inside(step, seen)
        else:
            self._alone(step, seen)
        return seen

    def _alone(self, step: Step, seen: Seen) -> None:
        """A transaction of one statement is what the server makes of it anyway, and can be looked at."""
        own = self._runner.own
        direct = any(isinstance(item, LockTable | TransactionControl) for item in step.statement.operations)
        if not direct:
            own.execute("BEGIN")
            try:
                self._inside(step, seen)
                if seen.state != "failed":
                    own.execute("COMMIT")
                    return
            finally:
                if not own.closed and own.info.transaction_status != IDLE:
                    own.execute("ROLLBACK")
            if not (seen.reason or "").startswith(_REFUSES_TRANSACTIONS):
                return
        seen.state, seen.reason, seen.differences, seen.seconds = "run", None, (), 0.0
        self._outside(step, seen)

    def _inside(self, step: Step, seen: Seen) -> None:
        runner, own = self._runner, self._runner.own
        if self._read is None:
            self._read = rows_read(own)
        runner.messages.clear()
        started = time.monotonic()
        try:
            execute(own, runner.adapt(step.statement.sql))
        except psycopg.Error as error:
            seen.seconds = time.monotonic() - started
            self._failed(step, seen, error)
            return
        seen.seconds = time.monotonic() - started
        one = Observation(messages=list(runner.messages))
        now = relations(own)
        written_anew(one, self._first, self._last, now)
        self._last = now
        held, _ = locks(runner.bystander.connection, own.info.backend_pid, self._first)
        new = {name: mode for name, mode in held.items() if self._held.get(name) != mode}
        # A change of rows makes others wait without another lock on the table.
        again = {name for name, mode in held.items() if STRENGTH[mode] == STRENGTH["ROW EXCLUSIVE"]}
        for name in sorted({*new, *again}):
            self._waited[name] = runner.bystander.waited(name)
        self._held = held
        read, after = self._read, rows_read(own)
        scanned = {
            stored.name
            for oid, stored in self._first.items()
            if stored.is_table and after.get(oid, 0) > read.get(oid, 0)
        }
        self._read = after
        self._whole.locks = held
        self._whole.rewritten |= one.rewritten
        self._whole.rebuilt |= one.rebuilt
        self._whole.scans |= scanned
        seen.locks = new
        seen.waited = {name: self._waited[name] for name in sorted({*new, *again}) if self._waited[name]}
        seen.rewritten = tuple(sorted(one.rewritten))
        seen.scanned = tuple(sorted(scanned))
        seen.built = _indexes(one)
        waited = {name: found for name, found in self._waited.items() if name in held}
        seen.differences = self._comparison.ran(step, self._whole, waited)

    def _outside(self, step: Step, seen: Seen) -> None:
        runner, own = self._runner, self._runner.own
        runner.messages.clear()
        error, held, waited, seen.seconds = run_outside(
            own,
            runner.bystander,
            runner.blocker,
            lambda: execute(own, runner.adapt(step.statement.sql)),
            self._first,
            self._tables(step),
        )
        if error is not None:
            self._failed(step, seen, error)
            return
        one = Observation(locks=held or {}, messages=list(runner.messages))
        now = relations(own)
        written_anew(one, self._first, self._first, now)
        seen.locks, seen.locks_seen, seen.waited = one.locks, held is not None, waited
        seen.rewritten = tuple(sorted(one.rewritten))
        seen.built = _indexes(one)
        everything = {name: waited.get(name, ()) for name in one.locks}
        seen.differences = self._comparison.ran(
            step, one, everything, locks_seen=held is not None, scans_seen=False
        )

    def _tables(self, step: Step) -> Iterator[str]:
        """The tables that the statement names, quoted."""
        names = {str(lock.relation) for lock in step.effect.locks}
        for stored in self._first.values():
            if stored.kind in "rp" and stored.name in names:
                yield ".".join(map(quoted, stored.name.split(".", 1)))

    def _failed(self, step: Step, seen: Seen, error: psycopg.Error) -> None:
        _raise_if_gone(self._runner.own, error)
        seen.state = "failed"
        seen.reason = f"{error.sqlstate} {_told(error)}"
        seen.nulls_there = self._runner.bystander.has_column(
            error.diag.schema_name, error.diag.table_name, error.diag.column_name
        )
        seen.of_rows = of_rows(step, seen.reason)
        seen.differences = self._comparison.failed(step, seen.reason)


def _units(run: Run) -> Iterator[list[Step]]:
    """Statements that commit together; without a transaction each by itself."""
    unit: list[Step] = []
    for step in run.steps:
        if unit and not (
            step.in_transaction and unit[-1].in_transaction and step.transaction == unit[-1].transaction
        ):
            yield unit
            unit = []
        unit.append(step)
    if unit:
        yield unit


def _indexes(seen: Observation) -> tuple[str, ...]:
    """Those that were built, but for the indexes of TOAST tables, which the server keeps to itself."""
    return tuple(sorted(name for name in seen.built if not name.startswith("pg_toast")))


def _told(error: psycopg.Error) -> str:
    told: list[Any] = [error.diag.message_primary or str(error), error.diag.message_detail]
    return "; ".join(str(part) for part in told if part)


def _raise_if_gone(connection: Connection, error: psycopg.Error) -> None:
    """A server that ended or has no disk left says nothing about the migration."""
    if connection.closed or isinstance(error, psycopg.errors.DiskFull):
        raise error
