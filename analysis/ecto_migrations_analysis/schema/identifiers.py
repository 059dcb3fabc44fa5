"""Column names inside SQL expressions, found by their tokens alone.

Loading PostgreSQL's grammar costs 50 ms, and these questions are asked of nearly every migration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<text>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(?P<tag>[^\W\d]?\w*)\$.*?\$(?P=tag)\$)"""
    r"""|(?P<comment>--[^\n]*|/\*.*?\*/)"""
    r"""|(?P<name>"(?:[^"]|"")*"|[^\W\d][\w$]*)""",
    re.S,
)
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_CALL = re.compile(r"\s*\(")


def quoted(name: str) -> str:
    """The name as it must be written; words of the grammar are not looked at."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def names(sql: str) -> Iterator[tuple[str, int, int]]:
    """Every name in `sql` that may be a column, with its place: no function, no type behind `::`."""
    for match in _TOKEN.finditer(sql):
        word = match["name"]
        if word is None or _CALL.match(sql, match.end()):
            continue
        if sql[: match.start()].rstrip().endswith("::"):
            continue
        name = word[1:-1].replace('""', '"') if word.startswith('"') else word.lower()
        yield name, match.start(), match.end()


def mentions(sql: str | None, name: str) -> bool:
    """Whether the expression uses the column; False for an expression that is not known."""
    return sql is not None and any(found == name for found, _, _ in names(sql))


def renamed(sql: str, old: str, new: str) -> str:
    """The expression after the column `old` got the name `new`."""
    result, at = [], 0
    for name, start, end in names(sql):
        if name == old:
            result += [sql[at:start], quoted(new)]
            at = end
    return "".join([*result, sql[at:]])
