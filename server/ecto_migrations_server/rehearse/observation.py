"""What a statement does on a real server: its locks, rewrites, scans, index builds, and how it fails.

Only what `databases.effects.Effect` speaks of is kept. Relations are those that stood before the statement
and are tables, partitioned tables, views, materialized views or foreign tables; indexes, sequences, TOAST
tables and the catalog are left out, as `Effect` leaves them out. A scan is one that read rows.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from ecto_migrations_analysis.records import dataclass, field

Connection = psycopg.Connection[Any]

# pg_locks spells the modes `AccessExclusiveLock`; the manual, LOCK TABLE and this tool `ACCESS EXCLUSIVE`.
# Weakest first: the order of the lock numbers in lockdefs.h.
MODES: Final = {
    "AccessShareLock": "ACCESS SHARE",
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
STRENGTH: Final = {mode: number for number, mode in enumerate(MODES.values())}

_RELATIONS: Final = """
SELECT c.oid::int8, n.nspname, c.relname, c.relkind::text, c.relfilenode::int8
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
"""
_LOCKS: Final = """
SELECT relation::int8, mode FROM pg_catalog.pg_locks
WHERE locktype = 'relation' AND pid = %s
  AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
"""
# Counted in this session and not yet handed over to the statistics of all: not only this transaction's.
_SCANS: Final = (
    "SELECT relid::int8, seq_tup_read::int8 FROM pg_catalog.pg_stat_xact_all_tables WHERE seq_tup_read > 0"
)


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


def relations(connection: Connection) -> dict[int, Stored]:
    """What stands in the database, by oid."""
    return {
        oid: Stored(name if schema == "public" else f"{schema}.{name}", kind, file)
        for oid, schema, name, kind, file in connection.execute(_RELATIONS)
    }


def locks(
    connection: Connection, pid: int, before: dict[int, Stored]
) -> tuple[dict[str, str], dict[str, str]]:
    """The strongest lock of a session on each relation of `before`: on tables, and on everything else."""
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


def rows_read(connection: Connection) -> dict[int, int]:
    """How many rows this session's sequential scans have read so far, by the oid of the table."""
    return dict(connection.execute(_SCANS).fetchall())


def written_anew(
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
