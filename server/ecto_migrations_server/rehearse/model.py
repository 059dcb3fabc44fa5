"""What a rehearsal found."""

from __future__ import annotations

from typing import Literal

from ecto_migrations_analysis.project.table_sizes import Size
from ecto_migrations_analysis.records import dataclass, field

Direction = Literal["migrate", "rollback"]
Verdict = Literal["passed", "failed", "differs", "incomplete"]


@dataclass(kw_only=True)
class Seen:
    """One statement and what came of it.

    `locks` are those that it added to what its transaction held, by table; `waited` maps each locked table to
    what waited of another connection: "reads", "writes", and "changed rows" for a write of a row that the
    transaction has changed. `locks_seen` is False where the statement was too quick to be watched.
    """

    sql: str
    line: int
    in_transaction: bool
    state: Literal["run", "failed", "not run"] = "run"
    # Why it failed, or was not run.
    reason: str | None = None
    # Whether it failed at a column that was there before, whose NULLs are the rehearsal's.
    nulls_there: bool = False
    # Whether it failed at values of rows that it reads or writes, which are the rehearsal's.
    of_rows: bool = False
    seconds: float = 0.0
    locks: dict[str, str] = field(default_factory=dict)
    locks_seen: bool = True
    waited: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rewritten: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    built: tuple[str, ...] = ()
    # Where it differs from what the analysis claims.
    differences: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Pass:
    """One run in one direction. `catalog`: after a rollback, what is not as it was before the migration."""

    direction: Direction
    statements: list[Seen] = field(default_factory=list)
    error: str | None = None
    # Whether the error may be due to what could not be run before it.
    doubtful: bool = False
    seconds: float = 0.0
    catalog: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        return self.error is None and not self.catalog


@dataclass(kw_only=True)
class Rehearsal:
    """`rows`: how many the touched tables held; `empty`: tables that could not be filled, and why.

    `gaps`: parts of the history, and of the migration, that were not run, as sentences with their place.
    `structure`: the dump that was loaded in place of the oldest migrations; `history` counts those after it.
    """

    module: str
    server: str
    major: int
    claimed_for: str
    history: int = 0
    structure: str | None = None
    rows: dict[str, int] = field(default_factory=dict)
    # What `ecto-migrations tables` measured of the same tables.
    sizes: dict[str, Size] = field(default_factory=dict)
    empty: dict[str, str] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    passes: list[Pass] = field(default_factory=list)

    @property
    def not_run(self) -> list[Seen]:
        """The statements of the migration that were not run, each once."""
        found = {
            (item.direction, seen.line, seen.sql, seen.reason): seen
            for item in self.passes
            for seen in item.statements
            if seen.state == "not run"
        }
        return list(found.values())

    @property
    def differences(self) -> list[tuple[Direction, Seen, str]]:
        """Each difference at the statement where it was seen first."""
        found: dict[tuple[Direction, int, str], tuple[Direction, Seen, str]] = {}
        for item in self.passes:
            for seen in item.statements:
                for text in seen.differences:
                    found.setdefault((item.direction, seen.line, text), (item.direction, seen, text))
        return list(found.values())

    @property
    def verdict(self) -> Verdict:
        failed = [item for item in self.passes if not item.succeeded]
        if any(not item.doubtful for item in failed):
            return "failed"
        if self.differences:
            return "differs"
        return "incomplete" if failed or self.not_run else "passed"
