"""PostgreSQL's table-level locks: their modes, which conflict, and what they make wait.

Source: documentation, 13.3.1 "Table-Level Locks", table 13.2; a test compares it with a server, mode by mode.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...operations import Relation
from ...schema.state import Schema
from ..effects import Effect

ACCESS_SHARE = "ACCESS SHARE"
ROW_SHARE = "ROW SHARE"
ROW_EXCLUSIVE = "ROW EXCLUSIVE"
SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
SHARE = "SHARE"
SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
EXCLUSIVE = "EXCLUSIVE"
ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"

# From the weakest to the strongest, as PostgreSQL numbers them.
MODES = (
    ACCESS_SHARE,
    ROW_SHARE,
    ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
    SHARE,
    SHARE_ROW_EXCLUSIVE,
    EXCLUSIVE,
    ACCESS_EXCLUSIVE,
)
STRENGTH = {mode: number for number, mode in enumerate(MODES)}

# Each mode and those that another session cannot hold beside it.
CONFLICTS: dict[str, frozenset[str]] = {
    ACCESS_SHARE: frozenset({ACCESS_EXCLUSIVE}),
    ROW_SHARE: frozenset({EXCLUSIVE, ACCESS_EXCLUSIVE}),
    ROW_EXCLUSIVE: frozenset({SHARE, SHARE_ROW_EXCLUSIVE, EXCLUSIVE, ACCESS_EXCLUSIVE}),
    SHARE_UPDATE_EXCLUSIVE: frozenset(MODES) - {ACCESS_SHARE, ROW_SHARE, ROW_EXCLUSIVE},
    SHARE: frozenset(MODES) - {ACCESS_SHARE, ROW_SHARE, SHARE},
    SHARE_ROW_EXCLUSIVE: frozenset(MODES) - {ACCESS_SHARE, ROW_SHARE},
    EXCLUSIVE: frozenset(MODES) - {ACCESS_SHARE},
    ACCESS_EXCLUSIVE: frozenset(MODES),
}

# What a query that reads, and one that writes, takes on its table.
READING = ACCESS_SHARE
WRITING = ROW_EXCLUSIVE


def conflict(one: str, other: str) -> bool:
    """Whether two sessions cannot hold these modes on one table at the same time."""
    return other in CONFLICTS[one]


def stronger(one: str, other: str) -> str:
    """The mode with the greater number: that of the two which makes more statements wait."""
    return one if STRENGTH[one] >= STRENGTH[other] else other


def blocked_by(modes: Iterable[str]) -> frozenset[str]:
    """What waits for a table locked in these modes: a subset of `reads` and `writes`."""
    held = set(modes)
    blocked = set()
    if any(conflict(mode, READING) for mode in held):
        blocked.add("reads")
    if any(conflict(mode, WRITING) for mode in held):
        blocked.add("writes")
    return frozenset(blocked)


def blocks(effect: Effect, relation: Relation) -> frozenset[str]:
    """What waits on `relation` while the statement runs, and until its transaction ends.

    A subset of `reads` and `writes`. It counts the table's own locks, and those of its indexes and sequences
    that `Effect.waits` names; not that writes to another table wait for this one through a foreign key.
    """
    key = Schema.key(relation)
    by_locks = blocked_by(lock.mode for lock in effect.locks if Schema.key(lock.relation) == key)
    return by_locks | {wait.kind for wait in effect.waits if Schema.key(wait.relation) == key}
