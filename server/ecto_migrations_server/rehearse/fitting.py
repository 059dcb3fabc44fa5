"""Values that satisfy a table's CHECK constraints, found by trying.

The server judges each attempt: conditions of any form are covered, and none is interpreted here.
What is tried comes from the condition itself: the strings and numbers that stand in it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import psycopg

from .table import Check, Column, Table

Connection = psycopg.Connection[Any]

_SAMPLE: Final = 60
_MOST_ATTEMPTS: Final = 400
_STRING: Final = re.compile(r"'(?:[^']|'')*'")
_NUMBER: Final = re.compile(r"(?<![\w.'])-?\d+(?:\.\d+)?(?![\w.'])")
_TRIED_TEXTS: Final = ("'user' || g.n || '@example.com'", "'https://example.com/' || g.n", "'a' || g.n", "''")


def fitted(connection: Connection, table: Table, values: Mapping[str, str]) -> dict[str, str] | None:
    """`values` (an expression over `g.n` by column) changed where a CHECK asks for it; None: not found."""
    found = dict(values)
    columns = {column.name: column for column in table.columns}
    for group in _groups(table.checks):
        names = sorted({name for check in group for name in check.columns} & set(columns))
        for attempt in itertools.islice(_attempts(names, columns, group, found), _MOST_ATTEMPTS):
            tried = found | attempt
            if _satisfies(connection, table, group, tried):
                found = tried
                break
        else:
            return None
    return found


def _groups(checks: tuple[Check, ...]) -> list[list[Check]]:
    """Checks that share a column have to be satisfied together."""
    groups: list[list[Check]] = []
    for check in checks:
        near = [group for group in groups if any(set(check.columns) & set(item.columns) for item in group)]
        merged = [item for group in near for item in group] + [check]
        groups = [group for group in groups if group not in near] + [merged]
    return groups


def _attempts(
    names: list[str], columns: Mapping[str, Column], group: list[Check], values: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """The present values first, then as few other ones as possible."""
    text = " ".join(check.condition for check in group)
    yield {}
    free = [name for name in names if name in values and not columns[name].automatic]
    options = {name: list(_candidates(columns[name], text)) for name in free}
    for count in range(1, len(free) + 1):
        for chosen in itertools.combinations(free, count):
            for combination in itertools.product(*(options[name] for name in chosen)):
                yield dict(zip(chosen, combination, strict=True))


def _candidates(column: Column, text: str) -> Iterator[str]:
    kind = column.type.shown
    strings = list(dict.fromkeys(_STRING.findall(text)))
    if len(strings) > 1:
        array = ", ".join(f"CAST({string} AS {kind})" for string in strings)
        yield f"(ARRAY[{array}])[1 + g.n % {len(strings)}]"
    for string in strings:
        yield f"CAST({string} AS {kind})"
    numbers = list(dict.fromkeys(_NUMBER.findall(text)))
    if column.type.category == "N":
        for number in [*numbers, "0", "1"]:
            yield from (f"CAST({number}{shift} AS {kind})" for shift in ("", " + 1", " - 1"))
    if column.type.category == "S":
        yield from (f"CAST({tried} AS {kind})" for tried in _TRIED_TEXTS)
        lengths = [int(number) for number in numbers if number.isdecimal() and int(number) < 10_000]
        for length in lengths:
            yield f"CAST(lpad(g.n::text, {length}, '0') AS {kind})"
            yield f"CAST(lpad(g.n::text, {length + 1}, '0') AS {kind})"
    if column.type.name == "bool":
        yield "true"
        yield "false"
    if not column.not_null:
        yield f"CAST(NULL AS {kind})"


def _satisfies(connection: Connection, table: Table, group: list[Check], values: Mapping[str, str]) -> bool:
    row = [
        f"{values.get(column.name, f'CAST(NULL AS {column.type.shown})')} AS {quoted(column.name)}"
        for column in table.columns
    ]
    conditions = " AND ".join(f"coalesce(({check.condition}), true)" for check in group)
    sample = f"SELECT {', '.join(row)} FROM generate_series(1, {_SAMPLE}) g(n)"
    query = f"SELECT bool_and({conditions}) FROM ({sample}) t"
    try:
        # What is tried may be no value of the type: that must not end a transaction around it.
        with connection.transaction():
            answer = connection.execute(query.encode()).fetchone()
    except psycopg.DatabaseError:
        return False
    return answer is not None and answer[0] is True


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
