"""Findings as SARIF 2.1.0 (OASIS), which code-scanning services read."""

from __future__ import annotations

from typing import Any, Final, TextIO
from urllib.parse import quote

from ecto_migrations_analysis.findings import Finding, Level
from ecto_migrations_analysis.rules.catalogue import rule
from ecto_migrations_analysis.rules.pages import page_url
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Span

from ...version import version
from ..checked import Checked
from ..errors import PROGRAM
from ..fingerprints import fingerprints
from ..places import Places
from . import json_output

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {Level.DANGER: "error", Level.RISK: "warning", Level.INFO: "note"}


class FindingsSarif:
    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._results: list[dict[str, Any]] = []
        self._rules: dict[str, int] = {}
        self._places = Places()

    def read(self, checked: Checked) -> list[dict[str, Any]]:
        return [
            {
                "ruleId": finding.rule,
                # In the list of all rules, which only `add` knows.
                "ruleIndex": -1,
                "level": _LEVELS[finding.level],
                "message": {"text": _text(finding)},
                "locations": [_location(checked.target.shown, checked.analysis.source, finding.span)],
                "partialFingerprints": {"findingHash/v1": fingerprint},
                **self._related(checked, finding),
            }
            for finding, fingerprint in fingerprints(checked)
        ]

    def add(self, part: list[dict[str, Any]]) -> None:
        for result in part:
            number = self._rules.setdefault(result["ruleId"], len(self._rules))
            self._results.append({**result, "ruleIndex": number})

    def finish(self) -> None:
        driver = {
            "name": PROGRAM,
            "version": version(),
            "informationUri": page_url("").rpartition("/rules/")[0],
            "rules": [_rule(name) for name in self._rules],
        }
        # Columns are those of the terminal and of JSON: characters, not UTF-16 code units.
        run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": self._results}
        json_output.write({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, self._output)

    def _related(self, checked: Checked, finding: Finding) -> dict[str, Any]:
        found = []
        for number, related in enumerate(finding.related, 1):
            own = related.place.path == checked.target.path
            source = checked.analysis.source if own else self._places.source(related.place.path)
            shown = checked.target.shown if own else self._places.shown(related.place.path)
            found.append(
                {
                    "id": number,
                    "message": {"text": related.message},
                    **_location(shown, source, related.place.span),
                }
            )
        return {"relatedLocations": found} if found else {}


def _text(finding: Finding) -> str:
    return " ".join(part for part in (finding.message, finding.reason, finding.advice) if part)


def _rule(name: str) -> dict[str, Any]:
    known = rule(name)
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "shortDescription": {"text": known.title() + "."},
        "fullDescription": {"text": known.title() + "."},
        "help": {"text": known.page(), "markdown": known.page()},
        "helpUri": page_url(name),
        "defaultConfiguration": {"level": _LEVELS[known.level]},
        "properties": {"tags": list(known.tags)},
    }


def _location(shown: str, source: Source, span: Span) -> dict[str, Any]:
    line, column = source.lines.character_position(span.start)
    end_line, end_column = source.lines.character_position(span.end)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(shown.replace("\\", "/").removeprefix("./"), errors="replace")},
            "region": {
                "startLine": line + 1,
                "startColumn": column + 1,
                "endLine": end_line + 1,
                "endColumn": end_column + 1,
            },
        }
    }
