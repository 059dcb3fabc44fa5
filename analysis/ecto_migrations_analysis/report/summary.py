"""A migration in one line of plain words: how it is judged, what it locks and for how long, the way back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..analysis import Analysis, Step
from ..databases.effects import Effect
from ..databases.postgres.locks import ACCESS_SHARE, ROW_SHARE, STRENGTH
from ..operations import Relation
from ..records import dataclass
from .migration import irreversible

NOTHING_SENT: Final = "nothing is sent to the database"
NO_LOCK: Final = "no table is locked"
NOT_KNOWN: Final = "locks not known"

# What every query that reads takes: nobody looks for it here.
_READING: Final = frozenset({ACCESS_SHARE, ROW_SHARE})
_MOST_TABLES: Final = 2


@dataclass(frozen=True, slots=True)
class Work:
    """What a lock lasts for, of one table; the heavier, the longer. `relation` is None for an instant."""

    weight: int
    relation: Relation | None
    noun: str
    verb: str = ""

    def under(self, relation: Relation) -> str:
        """As it is said of a lock on `relation`."""
        if self.relation is None or self.relation == relation:
            return self.noun
        return f"while {self.relation} {self.verb}"


_INSTANT: Final = Work(0, None, "an instant")
_UNKNOWN: Final = Work(1, None, "a time that is not known")


@dataclass(frozen=True, slots=True)
class TableLock:
    """The strongest lock on a table and the longest work under it."""

    relation: Relation
    mode: str
    work: Work

    def __str__(self) -> str:
        return f"{self.relation}: {self.mode}, {self.work.under(self.relation)}"


def summary(analysis: Analysis) -> str | None:
    """The migration that Ecto runs: `dangerous — posts: ACCESS EXCLUSIVE, full scan — reversible`.

    None where there is nothing to say: no migration in the file, or a database that is not modelled.
    """
    if not analysis.migrations or analysis.migrations[0].up is None:
        return None
    run = analysis.migrations[0].up
    way_back = "reversible" if irreversible(analysis) is None else "cannot be rolled back"
    locked = lock_words(run.steps, certain=run.complete) or (NO_LOCK if run.steps else NOTHING_SENT)
    return f"{analysis.classification} — {locked} — {way_back}"


def lock_words(steps: Iterable[Step], *, certain: bool = True) -> str:
    """The locks of these statements; empty where there is none. `certain` is False where some are missing."""
    steps = tuple(steps)
    locks = sorted(table_locks(steps), key=lambda lock: (-STRENGTH.get(lock.mode, 0), -lock.work.weight))
    certain = certain and all(step.effect.certain for step in steps)
    if not locks:
        return "" if certain else NOT_KNOWN
    shown = [str(lock) for lock in locks[:_MOST_TABLES]]
    if more := len(locks) - len(shown):
        shown.append(f"{more} more {'table' if more == 1 else 'tables'}")
    return "; ".join(shown if certain else [*shown, "more not known"])


def table_locks(steps: tuple[Step, ...]) -> tuple[TableLock, ...]:
    """What each table is locked by, in the order in which it is locked first.

    A lock is held until its transaction ends, so that later work of the same transaction counts too
    (PostgreSQL documentation, 13.3.1 "Table-Level Locks").
    """
    found: dict[Relation, TableLock] = {}
    for step, later in zip(steps, _later_work(steps), strict=True):
        for lock in step.effect.locks:
            if lock.mode in _READING:
                continue
            own = _work(step.effect, lock.relation)
            work = later if later.weight > own.weight else own
            former = found.get(lock.relation)
            if former is None or _rank(former.mode, former.work) < _rank(lock.mode, work):
                found[lock.relation] = TableLock(lock.relation, lock.mode, work)
    return tuple(found.values())


def _rank(mode: str, work: Work) -> tuple[int, int]:
    return STRENGTH.get(mode, 0), work.weight


def _later_work(steps: tuple[Step, ...]) -> list[Work]:
    """For each step the heaviest work that follows in its transaction."""
    heaviest = _INSTANT
    later: list[Work] = []
    following: Step | None = None
    for step in reversed(steps):
        held = following is not None and step.in_transaction and following.in_transaction
        if not held or following is None or following.transaction != step.transaction:
            heaviest = _INSTANT
        later.append(heaviest)
        heaviest = max(heaviest, _work(step.effect, None), key=lambda work: work.weight)
        following = step
    return later[::-1]


def _work(effect: Effect, relation: Relation | None) -> Work:
    """The heaviest work of the statement: that on `relation`, if there is any."""
    done = [
        *(Work(5, table, "rewrite", "is rewritten") for table in effect.rewrites),
        *(Work(3, table, "full scan", "is scanned") for table in effect.scans),
        *(Work(4, table, "rows are written", "is written to") for table in effect.writes_rows),
    ]
    if effect.rebuilds and not done:
        done = [Work(2, None, "index build")]
    if not done:
        return _INSTANT if effect.certain else _UNKNOWN
    own = [work for work in done if work.relation == relation]
    return max(own or done, key=lambda work: work.weight)
