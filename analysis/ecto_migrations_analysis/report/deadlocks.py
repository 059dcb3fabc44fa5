"""Which transactions of the application a migration can deadlock with, by the order in which it locks.

A deadlock needs two transactions that each hold what the other one wants (PostgreSQL documentation, 13.3.4
"Deadlocks"). Migrations run one after the other under Ecto's lock; the other one is the application's. So
two locks matter where the transaction keeps the first one while it asks for the second, and something waits
for either. The locks of one statement count too, in the order in which it takes them. A test has each form
happen on a server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..analysis import MigrationAnalysis, Step
from ..databases.postgres.locks import STRENGTH, conflict, stronger
from ..operations import Relation, RenameTable, SetTableSchema
from ..records import dataclass
from ..schema.state import Schema
from .consequences import blocked_by


@dataclass(frozen=True, slots=True)
class Acquired:
    """A lock that was not held before in this mode; `rows`: rows of the table are locked by writing them."""

    relation: Relation
    mode: str
    rows: bool
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlock:
    """The migration holds `first` and asks for `second`; a transaction of the application does so in turn.

    `held_by_it`: what it has done with `second` ("reads", "writes"), `wanted_by_it`: what it goes on to do
    with `first` ("reads", "writes", "rows": it writes the same rows). Both tables may be one.
    """

    first: Relation
    wanted_by_it: tuple[str, ...]
    second: Relation
    held_by_it: tuple[str, ...]
    first_step: Step
    second_step: Step

    @property
    def sentence(self) -> str:
        """Completes "Deadlocks with a transaction that …"."""
        if self.first == self.second:
            return f"{_has(self.held_by_it)} `{self.second}` and then {_goes_on(self.wanted_by_it, 'it')}"
        target = f"`{self.first}`"
        return f"{_has(self.held_by_it)} `{self.second}` and then {_goes_on(self.wanted_by_it, target)}"


def transactions(migration: MigrationAnalysis) -> list[tuple[Step, ...]]:
    """The statements that go up, by the transaction that they run in."""
    found: list[list[Step]] = []
    former: object = None
    for step in migration.up.steps if migration.up else ():
        # Within the migration's transaction one of the repo's own is a part of it.
        key = None if not step.in_transaction else (0 if migration.transactional else step.transaction)
        if key is None or key != former:
            found.append([])
        found[-1].append(step)
        former = key
    return [tuple(steps) for steps in found]


def acquired(steps: Iterable[Step]) -> list[Acquired]:
    """The locks of one transaction in the order in which it asks for them; weaker ones that follow left out.

    A table that the transaction gives another name stays the one that it was.
    """
    held: dict[Relation, tuple[str, bool]] = {}
    former: dict[Relation, Relation] = {}
    found: list[Acquired] = []
    for step in steps:
        written = {Schema.key(relation) for relation in step.effect.writes_rows}
        for lock in step.effect.locks:
            if lock.relation.name is None:
                continue
            key = Schema.key(lock.relation)
            rows = key in written
            key = former.get(key, key)
            before = held.get(key)
            if before is not None and STRENGTH.get(lock.mode, 0) <= STRENGTH.get(before[0], 0):
                if not rows or before[1]:
                    continue
            mode = lock.mode if before is None else stronger(before[0], lock.mode)
            held[key] = (mode, rows or (before is not None and before[1]))
            found.append(Acquired(key, lock.mode, rows, step))
        for old, new in _renamed(step):
            former[new] = former.get(old, old)
    return found


def _renamed(step: Step) -> Iterator[tuple[Relation, Relation]]:
    for operation in step.statement.operations:
        if isinstance(operation, RenameTable) and operation.to is not None:
            yield (
                Schema.key(operation.relation),
                Schema.key(Relation(operation.to, operation.relation.schema)),
            )
        elif isinstance(operation, SetTableSchema) and operation.schema is not None:
            new = Relation(operation.relation.name, operation.schema)
            yield Schema.key(operation.relation), Schema.key(new)


def deadlocks(
    migration: MigrationAnalysis, unused: frozenset[Relation] = frozenset()
) -> tuple[Deadlock, ...]:
    """Each pair of tables once, in order. `unused`: tables that no code uses yet."""
    found: dict[tuple[Relation, Relation], Deadlock] = {}
    for steps in transactions(migration):
        for item in _of_transaction(acquired(steps)):
            tables = (Schema.key(item.first), Schema.key(item.second))
            if not unused.intersection(tables):
                found.setdefault(tables, item)
    return tuple(found.values())


def _of_transaction(locks: list[Acquired]) -> Iterator[Deadlock]:
    for number, later in enumerate(locks):
        before = locks[:number]
        already = {
            kind
            for lock in before
            if Schema.key(lock.relation) == Schema.key(later.relation)
            for kind in blocked_by([lock.mode])
        }
        waits = tuple(kind for kind in blocked_by([later.mode]) if kind not in already)
        if not waits:
            continue
        for earlier in before:
            wanted = _wanted(earlier)
            if wanted:
                yield Deadlock(
                    first=earlier.relation,
                    wanted_by_it=wanted,
                    second=later.relation,
                    held_by_it=waits,
                    first_step=earlier.step,
                    second_step=later.step,
                )


def _wanted(lock: Acquired) -> tuple[str, ...]:
    return blocked_by([lock.mode]) or (("rows",) if lock.rows else ())


def opposing(one: MigrationAnalysis, other: MigrationAnalysis) -> tuple[tuple[Relation, Relation], ...]:
    """Pairs of tables that two migrations lock in opposite order, in modes that do not go together."""
    pairs = _ordered(one)
    found = []
    for (first, second), (first_mode, second_mode) in _ordered(other).items():
        own = pairs.get((second, first))
        if own is not None and conflict(own[0], second_mode) and conflict(own[1], first_mode):
            found.append((second, first))
    return tuple(found)


def _ordered(migration: MigrationAnalysis) -> dict[tuple[Relation, Relation], tuple[str, str]]:
    """Pairs of tables that one transaction locks in this order, with their modes."""
    found: dict[tuple[Relation, Relation], tuple[str, str]] = {}
    for steps in transactions(migration):
        locks = acquired(steps)
        for number, later in enumerate(locks):
            for earlier in locks[:number]:
                pair = (Schema.key(earlier.relation), Schema.key(later.relation))
                if pair[0] != pair[1]:
                    found.setdefault(pair, (earlier.mode, later.mode))
    return found


def _has(done: tuple[str, ...]) -> str:
    if len(done) > 1:
        return "has used"
    return "has read" if done == ("reads",) else "has written"


def _goes_on(wanted: tuple[str, ...], table: str) -> str:
    if wanted == ("rows",):
        return (
            f"writes the same rows of {table} as the migration" if table != "it" else "writes the same rows"
        )
    if len(wanted) > 1:
        return f"uses {table}"
    return f"{'reads' if wanted == ('reads',) else 'writes'} {table}"
