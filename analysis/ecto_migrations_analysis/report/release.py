"""Several migrations as one release: what they lock in order, what can deadlock, what needs two deploys."""

from __future__ import annotations

from collections.abc import Sequence

from ..analysis import Analysis, MigrationAnalysis
from ..operations import Relation
from ..records import dataclass
from ..schema.state import Schema
from .deadlocks import Deadlock, deadlocks, opposing
from .demands import Made
from .separate import Separate, separate
from .summary import TableLock, table_locks

_ORDER = ("safe", "risky", "dangerous")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLock:
    """A lock of the migration `number`.

    `rows`: rows of the table are written, and stay locked. `new`: the release makes the table, and no code
    uses it yet. `long`: it is held for more than an instant; work on a table that the release makes takes
    none, as nobody has filled it.
    """

    number: int
    lock: TableLock
    rows: bool
    new: bool
    long: bool

    @property
    def held(self) -> str:
        """For how long, in words."""
        if self.lock.work.weight > 0 and not self.long and not self.new:
            return "an instant"
        return self.lock.work.under(self.lock.relation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opposing:
    """Two migrations that lock `first` and `second` in opposite order, and may run at the same time."""

    one: int
    other: int
    first: Relation
    second: Relation


@dataclass(frozen=True, kw_only=True)
class ReleaseReport:
    """Numbers count `analyses` from 0. `deadlocks` are those with transactions of the application.

    `unserialised`: migrations that run outside of Ecto's lock, so that two nodes may run them at once;
    `certain` is False where a part of what is locked is not known.
    """

    analyses: tuple[Analysis, ...]
    locks: tuple[ReleaseLock, ...]
    deadlocks: tuple[tuple[int, Deadlock], ...]
    unserialised: tuple[int, ...]
    opposing: tuple[Opposing, ...]
    separate: tuple[Separate, ...]
    # For each migration what those before it in the release have made.
    made: tuple[Made, ...]
    certain: bool

    @property
    def classification(self) -> str:
        """That of the worst migration."""
        return max((one.classification for one in self.analyses), key=_ORDER.index, default="safe")


def release_report(analyses: Sequence[Analysis]) -> ReleaseReport:
    """`analyses` are the migrations of one repo in the order in which they run."""
    locks: list[ReleaseLock] = []
    found: list[tuple[int, Deadlock]] = []
    before = Made(frozenset(), frozenset())
    made_before: list[Made] = []
    for analysis in analyses:
        made_before.append(before)
        for migration in analysis.migrations[:1]:
            before = before.then(migration)
    certain = True
    for number, migration in _migrations(analyses):
        steps = migration.up.steps if migration.up else ()
        made = made_before[number].tables
        for lock in table_locks(steps):
            work = lock.work.relation
            long = lock.work.weight > 0 and (work is None or Schema.key(work) not in made)
            locks.append(
                ReleaseLock(
                    number=number,
                    lock=lock,
                    rows=any(lock.relation in step.effect.writes_rows for step in steps),
                    new=Schema.key(lock.relation) in made,
                    long=long,
                )
            )
        found += [(number, item) for item in deadlocks(migration, made)]
        complete = migration.up is not None and migration.up.complete
        certain = certain and complete and all(step.effect.certain for step in steps)
    return ReleaseReport(
        analyses=tuple(analyses),
        locks=tuple(locks),
        deadlocks=tuple(found),
        unserialised=tuple(
            number for number, one in _migrations(analyses) if _unlocked(analyses[number], one)
        ),
        opposing=_opposing(analyses),
        separate=separate(analyses),
        made=tuple(made_before),
        certain=certain,
    )


def _migrations(analyses: Sequence[Analysis]) -> list[tuple[int, MigrationAnalysis]]:
    return [(number, one.migrations[0]) for number, one in enumerate(analyses) if one.migrations]


def _unlocked(analysis: Analysis, migration: MigrationAnalysis) -> bool:
    """Whether two nodes can run it at once (`Ecto.Migrator.lock_for_migrations/4`)."""
    off = migration.migration.disable_migration_lock.value is True
    return off or analysis.project.repo.migration_lock == "false"


def _opposing(analyses: Sequence[Analysis]) -> tuple[Opposing, ...]:
    """While one node runs a migration outside of the lock, another may be at a later one."""
    found = []
    numbered = _migrations(analyses)
    for position, (number, one) in enumerate(numbered):
        for later, other in numbered[position + 1 :]:
            if _unlocked(analyses[number], one) or _unlocked(analyses[later], other):
                found += [
                    Opposing(one=number, other=later, first=first, second=second)
                    for first, second in opposing(one, other)
                ]
    return tuple(found)
