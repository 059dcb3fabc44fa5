"""Findings as a Code Quality report of GitLab: GitLab documentation, "Code Quality report format"."""

from __future__ import annotations

from typing import Any, Final, TextIO

from ecto_migrations_analysis.findings import Level

from ..checked import Checked
from ..fingerprints import fingerprints
from . import json_output

_SEVERITIES: Final = {Level.DANGER: "critical", Level.RISK: "major", Level.INFO: "info"}


class FindingsGitlab:
    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._issues: list[dict[str, Any]] = []

    def read(self, checked: Checked) -> list[dict[str, Any]]:
        lines = checked.analysis.source.lines
        return [
            {
                "type": "issue",
                "check_name": finding.rule,
                "description": finding.message,
                "categories": ["Bug Risk"],
                "severity": _SEVERITIES[finding.level],
                "fingerprint": fingerprint,
                "location": {
                    # GitLab takes a path from the repository's root and no "./" before it.
                    "path": checked.target.shown.removeprefix("./"),
                    "lines": {
                        "begin": lines.line_of(finding.span.start) + 1,
                        "end": lines.line_of(finding.span.end) + 1,
                    },
                },
            }
            for finding, fingerprint in fingerprints(checked)
        ]

    def add(self, part: list[dict[str, Any]]) -> None:
        self._issues += part

    def finish(self) -> None:
        json_output.write(self._issues, self._output)
