"""A rehearsal as the report remembers it: one line, for the text that was rehearsed."""

from __future__ import annotations

from ..verification import Ran, ran
from . import words
from .model import Rehearsal

_MARKS = {True: "✓", False: "✗"}


def record(path: str, data: bytes, found: Rehearsal) -> Ran:
    """What was rehearsed just now of the migration at `path`, whose text was `data`."""
    return ran(path, data, "rehearsal", passed=found.verdict == "passed", result=result(found))


def result(found: Rehearsal) -> str:
    """`PostgreSQL 18.6, 10,000 rows: migrate ✓ rollback ✓ migrate ✓ rollback ✓ migrate ✓`."""
    most = max(found.rows.values(), default=0)
    rows = f"{most:,} rows" if most else "no rows"
    passes = " ".join(f"{item.direction} {_MARKS[item.succeeded]}" for item in found.passes)
    verdict = "" if found.verdict in ("passed", "failed") else f"; {words.VERDICTS[found.verdict]}"
    return f"PostgreSQL {found.server}, {rows}: {passes}{verdict}"
