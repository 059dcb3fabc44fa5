"""Which migrations are up, as `mix ecto.migrations` prints it."""

from __future__ import annotations

import re
from typing import Final

from ecto_migrations_analysis.records import dataclass

# `Mix.Tasks.Ecto.Migrations`: two blanks, the status in 10 columns, the version in 16, the name.
_ROW: Final = re.compile(r"  (up|down) +(\d+) +(.*)")
_REPO: Final = re.compile(r"Repo: (\S+)")
# What `Ecto.Migrator.migrations/3` calls a version of the database that no file has.
_NO_FILE: Final = "** FILE NOT FOUND **"


@dataclass(frozen=True)
class Row:
    """A version, and whether it is up; `name` is None where the database has it and no file does."""

    version: int
    up: bool
    name: str | None


@dataclass(frozen=True)
class Status:
    """The table; `repos` are those that it was printed for."""

    repos: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def up(self) -> frozenset[int]:
        """The versions that are up and can be rolled back: those without a file cannot."""
        return frozenset(row.version for row in self.rows if row.up and row.name is not None)

    @property
    def down(self) -> frozenset[int]:
        return frozenset(row.version for row in self.rows if not row.up)

    @property
    def without_file(self) -> tuple[int, ...]:
        return tuple(row.version for row in self.rows if row.name is None)


def read_status(output: str) -> Status:
    """What stands between it, such as messages of the logger, is passed over."""
    repos: list[str] = []
    rows: list[Row] = []
    for line in output.splitlines():
        if match := _REPO.fullmatch(line.strip()):
            repos.append(match[1])
        elif match := _ROW.fullmatch(line.rstrip()):
            name = match[3].strip()
            rows.append(Row(int(match[2]), match[1] == "up", None if name == _NO_FILE else name))
    return Status(tuple(repos), tuple(rows))
