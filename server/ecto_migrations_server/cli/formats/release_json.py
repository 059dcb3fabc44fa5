"""The report on a release for programs: one object. Numbers of migrations count from 1."""

from __future__ import annotations

from typing import Any, TextIO

from ecto_migrations_analysis.report.consequences import blocked_by

from ...reports.bundle import Bundle, Group, Item
from ..checked import Checked
from ..files import Target
from . import json_output
from .report_json import migration, shell


def write(bundle: Bundle, output: TextIO) -> None:
    json_output.write(
        {
            "range": bundle.text,
            "start": bundle.start,
            "end": bundle.end,
            "notes": list(bundle.notes),
            "groups": [_group(group) for group in bundle.groups],
        },
        output,
    )


def _group(group: Group) -> dict[str, Any]:
    return {
        "repo": group.items[0].analysis.project.repo.module,
        "folder": group.folder,
        "classification": group.report.classification,
        "migrations": [_migration(item) for item in group.items],
        "locks": _locks(group),
        "certain": group.report.certain,
        "deadlocks": _deadlocks(group),
        "unserialised": [number + 1 for number in group.report.unserialised],
        "opposing": [
            {
                "migrations": [item.one + 1, item.other + 1],
                "relations": [str(item.first), str(item.second)],
            }
            for item in group.report.opposing
        ],
        "separate": [
            {
                "kind": item.kind,
                "migration": (item.first if item.second is None else item.second) + 1,
                "after": None if item.second is None else item.first + 1,
                "line": item.line,
                "message": item.message,
            }
            for item in group.report.separate
        ],
        "commands": shell(group.commands),
    }


def _migration(item: Item) -> dict[str, Any]:
    target = Target(item.analysis.source.path or item.shown, item.shown)
    return migration(Checked(target, item.analysis), item.runs)


def _locks(group: Group) -> list[dict[str, Any]]:
    return [
        {
            "migration": item.number + 1,
            "relation": str(item.lock.relation),
            "mode": item.lock.mode,
            "held_for": item.held,
            "blocks": list(blocked_by([item.lock.mode])),
            "rows": item.rows,
            "new": item.new,
        }
        for item in group.report.locks
    ]


def _deadlocks(group: Group) -> list[dict[str, Any]]:
    found = []
    for number, item in group.report.deadlocks:
        lines = group.items[number].analysis.source.lines
        found.append(
            {
                "migration": number + 1,
                "line": lines.line_of(item.second_step.statement.span.start) + 1,
                "first": str(item.first),
                "second": str(item.second),
                "application_did": list(item.held_by_it),
                "application_wants": list(item.wanted_by_it),
                "message": f"Deadlocks with a transaction that {item.sentence}.",
            }
        )
    return found
