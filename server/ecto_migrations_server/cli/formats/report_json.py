"""The report for programs: one object."""

from __future__ import annotations

from typing import Any, TextIO

from ecto_migrations_analysis.report.migration import report
from ecto_migrations_analysis.report.statements import StatementReport

from ..checked import Checked
from . import json_output
from .findings_json import findings


def write(checked: Checked, output: TextIO) -> None:
    whole = report(checked.analysis)
    json_output.write(
        {
            "file": checked.target.shown,
            "classification": whole.classification,
            "transaction": whole.transaction,
            "findings": findings(checked),
            "up": [_statement(each) for each in whole.up],
            "down": None if whole.down is None else [_statement(each) for each in whole.down],
            "irreversible": whole.irreversible,
        },
        output,
    )


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
