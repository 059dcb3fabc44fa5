"""One gate after the other; the first that does not pass is the last."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Protocol

from . import database
from .database import Database
from .errors import Refused
from .failures import explain
from .mix import Echo, Ended
from .model import DIRECTIONS, Cycle, Explanation, Gate, Plan, Result
from .status import Status, read_status


class Runs(Protocol):
    """`mix.Mix`."""

    def run(self, arguments: tuple[str, ...], echo: Echo | None = None) -> Ended: ...


class Watcher(Protocol):
    """Who is told what happens while it happens. `output` is called in another thread."""

    def asks(self) -> None: ...

    def found(self, database: str, notes: tuple[str, ...]) -> None: ...

    def begins(self, number: int, gate: Gate) -> None: ...

    def output(self, data: bytes) -> None: ...

    def ended(self, number: int, result: Result) -> None: ...


class CannotRun(Refused):
    """Mix failed before the first gate: what it said, explained."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(explanation.sentence)
        self.explanation = explanation


def run(
    plan: Plan,
    mix: Runs,
    watcher: Watcher,
    *,
    host: str | None = None,
    variables: Mapping[str, str] = os.environ,
) -> Cycle:
    """Runs the plan. Raises `Refused` where nothing may be or could be run; then nothing was rolled back.

    `host`: a database server elsewhere that the user has named.
    """
    watcher.asks()
    found = _database(plan, mix, watcher, variables)
    database.check_database(found, host)
    before = _status(plan, mix)
    if before is None or not before.repos:
        raise Refused("mix ecto.migrations shows no table of migrations, by which the gates are judged")
    _check_listed(plan, before)
    notes = _notes(before)
    watcher.found(str(found), notes)
    return _Rounds(plan, mix, watcher).run(str(found), before, notes)


def _database(plan: Plan, mix: Runs, watcher: Watcher, variables: Mapping[str, str]) -> Database:
    ended = mix.run(database.question(plan.repo), lambda data: watcher.output(database.without_answer(data)))
    if ended.code != 0:
        raise CannotRun(explain(ended.output, ended.code, plan.environment))
    found = database.answer(ended.output, variables)
    if not found:
        raise CannotRun(explain(ended.output, 0, plan.environment))
    if len(found) > 1:
        names = ", ".join(each.repo for each in found)
        raise Refused(f"the project has several repos, --repo names one: {names}")
    return found[0]


def _status(plan: Plan, mix: Runs, *, needed: bool = True) -> Status | None:
    ended = mix.run(plan.status)
    if ended.code == 0:
        return read_status(ended.output)
    if needed:
        raise CannotRun(explain(ended.output, ended.code, plan.environment))
    return None


def _check_listed(plan: Plan, status: Status) -> None:
    known = {row.version for row in status.rows}
    if plan.to is not None and plan.to not in known:
        raise Refused(f"mix ecto.migrations does not list {plan.to}: --repo names the repo that has it")


def _notes(status: Status) -> tuple[str, ...]:
    notes = []
    if status.without_file:
        notes.append(
            f"the database has {_listed(status.without_file)} without a file, as from another branch;"
            " rolling back passes it over"
        )
    newest = max(status.up, default=0)
    if late := sorted(version for version in status.down if version < newest):
        notes.append(f"{_listed(late)} is pending and older than {newest}, which has run: out of order")
    return tuple(notes)


class _Rounds:
    """The gates of one cycle, each judged by what is up after it."""

    def __init__(self, plan: Plan, mix: Runs, watcher: Watcher) -> None:
        self._plan = plan
        self._mix = mix
        self._watcher = watcher
        self._results: list[Result] = []

    def run(self, name: str, before: Status, notes: tuple[str, ...]) -> Cycle:
        status = before
        taken: frozenset[int] = frozenset()
        for number, gate in enumerate(self._plan.gates, 1):
            self._watcher.begins(number, gate)
            ended = self._mix.run(gate.arguments, self._watcher.output)
            failure: Explanation | None = None
            note, after = "", status
            if ended.code != 0:
                failure = explain(ended.output, ended.code, self._plan.environment, gate.kind)
                after = _status(self._plan, self._mix, needed=False) or status
            elif gate.kind == "tests":
                note = _tests(ended.output)
            else:
                after = _status(self._plan, self._mix) or status
                judge: Callable[[Status, Status], tuple[str, Explanation | None]]
                judge = self._migrated if gate.kind == "migrate" else self._rolled_back
                note, failure = judge(status, after)
                if gate.kind == "rollback":
                    taken = status.up - after.up
            status = after
            result = Result(gate=gate, seconds=ended.seconds, note=note, failure=failure)
            self._results.append(result)
            self._watcher.ended(number, result)
            if failure is not None:
                break
        failed = len(self._results) < len(DIRECTIONS) or any(not result.passed for result in self._results)
        return Cycle(
            plan=self._plan,
            database=name,
            results=tuple(self._results),
            taken_back=tuple(sorted(taken)),
            left_down=tuple(sorted(status.down)) if failed else (),
            notes=notes,
        )

    def _migrated(self, before: Status, after: Status) -> tuple[str, Explanation | None]:
        ran = sorted(after.up - before.up)
        if after.down:
            sentence = f"mix ended without an error, and {_listed(sorted(after.down))} is still pending"
            return "", Explanation(sentence, "what mix said is above; an alias of ecto.migrate may do less")
        return f"ran {_listed(ran)}" if ran else "nothing was pending", None

    def _rolled_back(self, before: Status, after: Status) -> tuple[str, Explanation | None]:
        plan = self._plan
        wanted = sorted(version for version in before.up if plan.to is not None and version >= plan.to)
        if plan.to is None:
            wanted = sorted(before.up)[-plan.step :]
        taken = sorted(before.up - after.up)
        if taken != wanted:
            sentence = (
                f"mix ended without an error, and rolled back {_listed(taken)} instead of {_listed(wanted)}"
            )
            return "", Explanation(sentence, "what mix said is above; an alias of ecto.rollback may do less")
        return f"took back {_listed(taken)}", None


def _tests(output: str) -> str:
    """`12 tests, 0 failures`, the last line of ExUnit's that sums up."""
    for line in reversed(output.splitlines()):
        if " failure" in line and "test" in line:
            return line.strip()
    return ""


def _listed(versions: tuple[int, ...] | list[int]) -> str:
    """Few versions one by one, many by their number."""
    if not versions:
        return "nothing"
    if len(versions) <= 3:
        return ", ".join(map(str, versions))
    return f"{len(versions)} migrations ({versions[0]} to {versions[-1]})"
