"""How many rows a project's tables have and how large they are, as a server once said.

`ecto-migrations tables` writes the file (`table_sizes_file` reads it) and projects commit it; without it
nothing is known of any table's size.
"""

from __future__ import annotations

from functools import cached_property

from ..records import dataclass

FILE_NAME = ".ecto-migrations.tables.json"
# What is older may be about another table: it is told, and no finding is lowered for it.
MAX_AGE = 180
# Up to here every kind of work on all rows took an instant (docs/decisions.md).
SMALL_ROWS = 10_000
SMALL_BYTES = 10 * 1024**2
# From here on the work is long whatever the hardware.
LARGE_ROWS = 10_000_000
LARGE_BYTES = 10 * 1024**3

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, slots=True)
class Size:
    """`rows` and `bytes` of a table with its indexes; None is not known."""

    rows: int | None = None
    bytes: int | None = None

    @property
    def is_small(self) -> bool:
        """Whether any work on all of it is short."""
        if self.bytes is None:
            return self.rows is not None and self.rows <= SMALL_ROWS
        return self.bytes <= SMALL_BYTES and (self.rows is None or self.rows <= SMALL_ROWS)

    @property
    def is_large(self) -> bool:
        return (self.rows or 0) >= LARGE_ROWS or (self.bytes or 0) >= LARGE_BYTES

    def __str__(self) -> str:
        """`about 84 million rows, 12 GB`."""
        return ", ".join(part for part in (_rows(self.rows), _bytes(self.bytes)) if part)


@dataclass(frozen=True, kw_only=True)
class TableSizes:
    """Sizes by the name of the table, with its schema where that is not `public`. `measured`: the day."""

    entries: tuple[tuple[str, Size], ...] = ()
    measured: str | None = None
    # Measured so long ago that a table that was small may not be.
    old: bool = False

    def of(self, table: str) -> Size | None:
        """`table` is its name, with its prefix where it has one; None where it was not measured."""
        return self._by_name.get(table.removeprefix("public."))

    def is_small(self, table: str) -> bool:
        """Whether it was found to be small, not long ago."""
        found = self.of(table)
        return found is not None and not self.old and found.is_small

    @cached_property
    def _by_name(self) -> dict[str, Size]:
        return dict(self.entries)

    def __bool__(self) -> bool:
        return bool(self.entries)


def rounded(number: int) -> int:
    """Two significant digits: what is estimated is known no better, and the file changes less often."""
    if number < 100:
        return number
    unit = int(10 ** (len(str(number)) - 2))
    return (number + unit // 2) // unit * unit


def _rows(rows: int | None) -> str:
    if rows is None:
        return ""
    if rows == 0:
        return "no rows"
    if rows == 1:
        return "about 1 row"
    for unit, name in ((10**9, "billion"), (10**6, "million")):
        if rounded(rows) >= unit:
            return f"about {_short(rounded(rows), unit)} {name} rows"
    return f"about {rounded(rows):,} rows"


def _bytes(count: int | None) -> str:
    """In the units of `pg_size_pretty`."""
    if count is None:
        return ""
    unit = 0
    while count >= 1024 ** (unit + 1) and unit < len(_UNITS) - 1:
        unit += 1
    return f"{_short(count, 1024**unit)} {_UNITS[unit]}"


def _short(number: int, unit: int) -> str:
    """`number` in `unit`s: one digit behind the point below ten, none from there on."""
    tenths = (number * 10 + unit // 2) // unit
    if tenths < 100 and tenths % 10:
        return f"{tenths // 10}.{tenths % 10}"
    return f"{(number + unit // 2) // unit:,}"
