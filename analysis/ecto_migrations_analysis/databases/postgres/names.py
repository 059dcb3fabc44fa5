"""The names PostgreSQL gives to constraints and indexes that the statement leaves unnamed.

PostgreSQL source: `ChooseConstraintName` (src/backend/catalog/pg_constraint.c), `ChooseIndexName`,
`ChooseIndexNameAddition` and `ChooseIndexColumnNames` (src/backend/commands/indexcmds.c). A name that is
taken gets a number; what is taken in the database is not known here, so that only the names in `taken`
count.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from .quoting import NAMEDATALEN, default_name, truncate_identifier


def unused_name(first: str, second: str | None, label: str, taken: Collection[str] = ()) -> str:
    """The first free name: `t_c_check`, `t_c_check1`, … (the number belongs to the label)."""
    name = default_name(first, second, label)
    if name not in taken:
        return name
    number = free_number(lambda number: default_name(first, second, f"{label}{number}") in taken)
    return default_name(first, second, f"{label}{number}")


def free_number(taken: Callable[[int], bool]) -> int:
    """The least number from 1 that is free.

    Where more than a hundred are not, a free one behind them: PostgreSQL tries one after the other, and for
    thousands of them that would take longer than everything else.
    """
    for number in range(1, 101):
        if not taken(number):
            return number
    low, high = 100, 200
    while taken(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if taken(middle) else (low, middle)
    return high


def joined(columns: Iterable[str]) -> str:
    """Column names joined for a name; those that would begin behind the limit are left out."""
    result = ""
    for column in columns:
        result = f"{result}_{truncate_identifier(column)}" if result else truncate_identifier(column)
        if len(result.encode()) >= NAMEDATALEN:
            break
    return result


def check_name(table: str, columns: Collection[str], taken: Collection[str] = ()) -> str:
    """The name of a CHECK that mentions `columns`: the column is part of it where there is just one."""
    only = next(iter(columns)) if len(columns) == 1 else None
    return unused_name(table, only, "check", taken)


def foreign_key_name(table: str, columns: Iterable[str], taken: Collection[str] = ()) -> str:
    return unused_name(table, joined(columns), "fkey", taken)


def primary_key_name(table: str, taken: Collection[str] = ()) -> str:
    return unused_name(table, None, "pkey", taken)


def unique_name(table: str, columns: Iterable[str], taken: Collection[str] = ()) -> str:
    """The name of a UNIQUE on `columns`, those of INCLUDE counted (`index_column_names`)."""
    return unused_name(table, joined(columns), "key", taken)


def exclusion_name(table: str, columns: Iterable[str], taken: Collection[str] = ()) -> str:
    return unused_name(table, joined(columns), "excl", taken)


def not_null_name(table: str, column: str, taken: Collection[str] = ()) -> str:
    """Since PostgreSQL 18, where NOT NULL is a constraint with a name."""
    return unused_name(table, column, "not_null", taken)


def index_name(table: str, columns: Iterable[str], taken: Collection[str] = ()) -> str:
    """The name of an index on `columns` (`index_column_names`)."""
    return unused_name(table, joined(columns), "idx", taken)


def index_column_names(columns: Iterable[str | None]) -> list[str]:
    """The index's own column names: those of its columns, "expr" for nameless expressions, all different."""
    names: list[str] = []
    for column in columns:
        original = truncate_identifier(column or "expr")
        name, number = original, 0
        while name in names:
            number += 1
            suffix = str(number)
            kept = original.encode()[: NAMEDATALEN - 1 - len(suffix)]
            name = kept.decode("utf-8", "ignore") + suffix
        names.append(name)
    return names
