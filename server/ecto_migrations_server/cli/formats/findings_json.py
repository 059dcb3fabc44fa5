"""Findings for programs: a list of objects, one per finding."""

from __future__ import annotations

from typing import Any, TextIO

from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.rules.pages import page_url
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Span

from ..checked import Checked
from ..places import Places
from . import json_output


class FindingsJson:
    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._findings: list[dict[str, Any]] = []

    def read(self, checked: Checked) -> list[dict[str, Any]]:
        return findings(checked)

    def add(self, part: list[dict[str, Any]]) -> None:
        self._findings += part

    def finish(self) -> None:
        json_output.write(self._findings, self._output)


def findings(checked: Checked) -> list[dict[str, Any]]:
    """The findings of one file, in the order of the text."""
    places = Places()
    return [_finding(checked, finding, places) for finding in checked.analysis.findings]


def _finding(checked: Checked, finding: Finding, places: Places) -> dict[str, Any]:
    source = checked.analysis.source
    return {
        "file": checked.target.shown,
        "rule": finding.rule,
        "level": str(finding.level),
        "message": finding.message,
        **_range(source, finding.span),
        "fixes": [offer.title for offer in checked.fixes(finding)],
        "url": page_url(finding.rule),
        "related": [
            {
                "message": related.message,
                "file": checked.target.shown
                if related.place.path == checked.target.path
                else places.shown(related.place.path),
                **_range(
                    source
                    if related.place.path == checked.target.path
                    else places.source(related.place.path),
                    related.place.span,
                ),
            }
            for related in finding.related
        ],
    }


def _range(source: Source, span: Span) -> dict[str, dict[str, int]]:
    return {"start": _position(source, span.start), "end": _position(source, span.end)}


def _position(source: Source, offset: int) -> dict[str, int]:
    line, column = source.lines.character_position(offset)
    return {"line": line + 1, "column": column + 1}
