"""The report for programs: one object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TextIO

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.report.commands import Commands, commands
from ecto_migrations_analysis.report.migration import report
from ecto_migrations_analysis.report.statements import StatementReport

from ...reports.planning import splits
from ...verification import KINDS, Kind, Ran
from ..checked import Checked
from . import json_output
from .findings_json import findings


def write(checked: Checked, runs: Mapping[Kind, Ran], output: TextIO) -> None:
    json_output.write(migration(checked, runs), output)


def migration(checked: Checked, runs: Mapping[Kind, Ran]) -> dict[str, Any]:
    """One migration with everything that the report says of it."""
    analysis = checked.analysis
    whole = report(analysis)
    path = analysis.source.path or checked.target.path
    return {
        "file": checked.target.shown,
        "classification": whole.classification,
        "transaction": whole.transaction,
        "findings": findings(checked),
        "up": [_statement(each) for each in whole.up],
        "down": None if whole.down is None else [_statement(each) for each in whole.down],
        "irreversible": whole.irreversible,
        "splits": _splits(analysis),
        "verification": {kind: _run(runs.get(kind)) for kind in KINDS},
        "commands": shell(commands(analysis.project, path)),
    }


def shell(found: Commands | None) -> dict[str, str] | None:
    if found is None:
        return None
    return {
        "migrate": found.migrate,
        "rollback": found.rollback,
        "release_migrate": found.release_migrate,
        "release_rollback": found.release_rollback,
    }


def _splits(analysis: Analysis) -> list[dict[str, Any]]:
    return [
        {"title": split.title, "steps": list(split.steps), "files": split.files, "line": split.line}
        for split in splits(analysis)
    ]


def _run(run: Ran | None) -> dict[str, Any] | None:
    return None if run is None else {"passed": run.passed, "at": run.at, "result": run.result}


def _statement(statement: StatementReport) -> dict[str, Any]:
    return {
        "sql": statement.sql,
        "line": statement.line,
        "locks": [{"relation": lock.relation, "mode": lock.mode} for lock in statement.locks],
        "blocks": list(statement.blocks),
        "rewrite": statement.rewrite,
        "scans": list(statement.scans),
        "rebuilds": list(statement.rebuilds),
        "fails": statement.fails,
        "certain": statement.certain,
    }
