"""An effect in words: which locks, for how long, and who waits. Names stand in backticks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..databases.effects import Effect, Lock
from ..operations import Relation
from ..project.table_sizes import TableSizes

# Nothing is known of any table's size.
UNMEASURED: Final = TableSizes()

# A reading query takes ACCESS SHARE, a writing one ROW EXCLUSIVE; what conflicts with them makes them wait
# (PostgreSQL documentation, 13.3.1 "Table-Level Locks").
_BLOCKS_READS = frozenset({"ACCESS EXCLUSIVE"})
_BLOCKS_WRITES = frozenset({"SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"})


def blocked_by(modes: Iterable[str]) -> tuple[str, ...]:
    """What waits for locks in these modes: of `reads`, `writes`, in this order."""
    held = frozenset(modes)
    reads = ("reads",) if held & _BLOCKS_READS else ()
    writes = ("writes",) if held & _BLOCKS_WRITES else ()
    return (*reads, *writes)


def lock_sentence(effect: Effect, sizes: TableSizes = UNMEASURED) -> str:
    """Locks, duration and who waits, in one sentence; empty where there is no lock to speak of.

    The duration is that of the statement: PostgreSQL holds the lock until the transaction ends. `sizes` are
    told of what is read or written as a whole.
    """
    if not effect.locks:
        return ""
    blocked = blocked_by(lock.mode for lock in effect.locks)
    # With several locks, it matters who waits for which table.
    if len({blocked_by([lock.mode]) for lock in effect.locks}) > 1:
        waits = "; ".join(
            f"on {_names(lock.relation for lock in locks)} {_waits(blocked_by([mode]), effect, locks)}"
            for mode, locks in _by_mode(effect.locks)
        )
    else:
        waits = _waits(blocked, effect, effect.locks)
    locks = ", ".join(
        f"`{mode}` on {_names(lock.relation for lock in locks)}" for mode, locks in _by_mode(effect.locks)
    )
    return f"{locks} {_duration(effect, sizes)}: {waits}."


def _duration(effect: Effect, sizes: TableSizes) -> str:
    reasons = []
    if effect.rewrites:
        reasons.append(f"{_names(effect.rewrites, sizes)} is rewritten")
    scanned = [relation for relation in effect.scans if relation not in effect.rewrites]
    if scanned:
        reasons.append(f"the whole of {_names(scanned, sizes)} is scanned")
    if effect.rebuilds:
        names = ", ".join(f"`{name}`" for name in effect.rebuilds)
        reasons.append(f"{names} is built" if len(effect.rebuilds) == 1 else f"{names} are built")
    if effect.writes_rows and not reasons:
        reasons.append(f"rows of {_names(effect.writes_rows)} are written")
    if reasons:
        return "while " + " and ".join(reasons)
    return "for an instant" if effect.certain else "for a time that is not known"


def _waits(blocked: tuple[str, ...], effect: Effect, locks: Iterable[Lock]) -> str:
    if not blocked:
        # A row that is written stays locked until the transaction ends.
        if any(lock.relation in effect.writes_rows for lock in locks):
            return "writes of the same rows wait"
        return "neither reads nor writes wait"
    return f"{' and '.join(blocked)} wait"


def _by_mode(locks: tuple[Lock, ...]) -> list[tuple[str, list[Lock]]]:
    modes: dict[str, list[Lock]] = {}
    for lock in locks:
        modes.setdefault(lock.mode, []).append(lock)
    return list(modes.items())


def _names(relations: Iterable[Relation], sizes: TableSizes = UNMEASURED) -> str:
    return ", ".join(dict.fromkeys(f"`{relation}`{_size(relation, sizes)}" for relation in relations))


def _size(relation: Relation, sizes: TableSizes) -> str:
    found = sizes.of(str(relation))
    return f" ({found})" if found is not None else ""
