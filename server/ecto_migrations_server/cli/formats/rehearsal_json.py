"""A rehearsal for programs: one object."""

from __future__ import annotations

from typing import Any, TextIO

from ...rehearse.model import Pass, Rehearsal, Seen
from . import json_output


def write(shown: str, rehearsal: Rehearsal, output: TextIO) -> None:
    json_output.write(
        {
            "file": shown,
            "module": rehearsal.module,
            "verdict": rehearsal.verdict,
            "server": rehearsal.server,
            "structure": rehearsal.structure,
            "earlier_migrations": rehearsal.history,
            "rows": rehearsal.rows,
            "measured": {
                name: {"rows": size.rows, "bytes": size.bytes} for name, size in rehearsal.sizes.items()
            },
            "not_filled": rehearsal.empty,
            "history_not_run": rehearsal.gaps,
            "differences": [
                {"direction": direction, "line": seen.line, "sql": seen.sql, "difference": text}
                for direction, seen, text in rehearsal.differences
            ],
            "passes": [_pass(item) for item in rehearsal.passes],
        },
        output,
    )


def _pass(item: Pass) -> dict[str, Any]:
    return {
        "direction": item.direction,
        "succeeded": item.succeeded,
        "error": item.error,
        "doubtful": item.doubtful,
        "seconds": round(item.seconds, 6),
        "not_as_before": list(item.catalog),
        "statements": [_statement(seen) for seen in item.statements],
    }


def _statement(seen: Seen) -> dict[str, Any]:
    return {
        "sql": seen.sql,
        "line": seen.line,
        "in_transaction": seen.in_transaction,
        "state": seen.state,
        "reason": seen.reason,
        "seconds": round(seen.seconds, 6),
        "locks": [{"relation": name, "mode": mode} for name, mode in sorted(seen.locks.items())],
        "locks_seen": seen.locks_seen,
        "waited": [{"relation": name, "what": list(kinds)} for name, kinds in sorted(seen.waited.items())],
        "rewrites": list(seen.rewritten),
        "scans": list(seen.scanned),
        "builds": list(seen.built),
        "differences": list(seen.differences),
    }
