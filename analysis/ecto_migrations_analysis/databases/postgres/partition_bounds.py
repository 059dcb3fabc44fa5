"""The bounds of a partition as conditions on its rows, where they are plain: one column, by range or list.

PostgreSQL leaves out the scan of ATTACH PARTITION where validated CHECKs imply the bounds, and that of the
default partition where they imply the opposite (documentation, "Table Partitioning", "Partition
Maintenance").
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...records import dataclass
from ...schema.state import Table

_VALUE = r"(?:'(?:[^']|'')*'|-?\d+(?:\.\d+)?|true|false|minvalue|maxvalue)"
_RANGE = re.compile(rf"for values from \(\s*({_VALUE})\s*\) to \(\s*({_VALUE})\s*\)", re.IGNORECASE)
_LIST = re.compile(rf"for values in \(\s*({_VALUE}(?:\s*,\s*{_VALUE})*)\s*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What every row of the partition fulfils, and what every row elsewhere does, part by part."""

    inside: tuple[str, ...]
    outside: tuple[str, ...]

    @property
    def check(self) -> str:
        return " AND ".join(self.inside)

    @property
    def opposite(self) -> str:
        return " OR ".join(self.outside)

    def implied_by(self, checks: Iterable[str], not_null: bool) -> bool:
        """Whether these CHECKs (and NOT NULL of the column) say as much, in these words."""
        said = {_plain(part) for check in checks for part in _parts(check, "and", "or")}
        if not_null:
            said.add(_plain(self.inside[0]))
        return {_plain(part) for part in self.inside} <= said

    def excluded_by(self, checks: Iterable[str]) -> bool:
        """Whether one of these CHECKs keeps such rows out."""
        outside = {_plain(part) for part in self.outside}
        found = ({_plain(part) for part in _parts(check, "or", "and")} for check in checks)
        return any(said and said <= outside for said in found)


def bounds(parent: Table, bound: str | None, spelled: str | None = None) -> Bounds | None:
    """None for what is not said so simply: several columns, expressions, hashes, values that are computed.

    `spelled` is the column as SQL writes it, where it needs quotes.
    """
    if bound is None or len(parent.partition_key) != 1:
        return None
    name = spelled or parent.partition_key[0]
    text = " ".join(bound.split())
    there, not_there = f"{name} IS NOT NULL", f"{name} IS NULL"
    if parent.partition_by == "range" and (match := _RANGE.fullmatch(text)):
        low, high = match[1], match[2]
        inside, outside = [there], [not_there]
        if low.lower() != "minvalue":
            inside.append(f"{name} >= {low}")
            outside.append(f"{name} < {low}")
        if high.lower() != "maxvalue":
            inside.append(f"{name} < {high}")
            outside.append(f"{name} >= {high}")
        return Bounds(tuple(inside), tuple(outside))
    if parent.partition_by == "list" and (match := _LIST.fullmatch(text)):
        return Bounds((there, f"{name} IN ({match[1]})"), (not_there, f"{name} NOT IN ({match[1]})"))
    return None


def checks(table: Table) -> list[str]:
    """The conditions that all rows of a table fulfil by its validated CHECKs."""
    return [
        item.definition.expression.sql
        for item in table.constraints.values()
        if item.definition.kind == "check"
        and item.definition.validated
        and item.definition.expression is not None
        and item.definition.expression.sql is not None
    ]


def _parts(check: str, word: str, other: str) -> list[str]:
    """What `word` connects; nothing where the other one or a negation is in it."""
    if re.search(rf"\b{other}\b|\bnot\s*\(", check, re.IGNORECASE):
        return []
    return re.split(rf"\s{word}\s", check, flags=re.IGNORECASE)


def _plain(part: str) -> str:
    """Without what makes no difference: space, quotes of names, the case of words outside of strings."""
    pieces = re.split(r"('(?:[^']|'')*')", re.sub(r'[()"]', " ", part))
    return " ".join(
        piece if number % 2 else " ".join(piece.lower().split()) for number, piece in enumerate(pieces)
    ).strip()
