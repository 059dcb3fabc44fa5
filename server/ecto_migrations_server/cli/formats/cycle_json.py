"""A cycle for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from . import json_output

if TYPE_CHECKING:
    from ...cycle.model import Cycle, Explanation, Plan, Result


def write_plan(plan: Plan, output: TextIO) -> None:
    """What would be run."""
    json_output.write(_plan(plan), output)


def write(done: Cycle, output: TextIO) -> None:
    """What was run, and how it ended."""
    found = {
        **_plan(done.plan),
        "database": done.database,
        "passed": done.passed,
        "notes": list(done.notes),
        "results": [_result(result) for result in done.results],
        "failure": _explanation(done.failure),
        "left_down": list(done.left_down),
    }
    json_output.write(found, output)


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "folder": plan.folder,
        "environment": plan.environment,
        "migrations": [migration.path for migration in plan.migrations],
        "gates": [["mix", *gate.arguments] for gate in plan.gates],
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "gate": result.gate.kind,
        "passed": result.passed,
        "seconds": round(result.seconds, 3),
        "note": result.note,
    }


def _explanation(failure: Explanation | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    return {"sentence": failure.sentence, "way_out": failure.way_out, "elsewhere": failure.elsewhere}
