"""Findings as GitHub Actions shows them beside the code of a pull request: workflow commands, one per line.

GitHub documentation, "Workflow commands for GitHub Actions": in a message `%`, CR and LF are escaped, in a
property `:` and `,` too.
"""

from __future__ import annotations

from typing import Final, TextIO

from ecto_migrations_analysis.findings import Finding, Level

from ..cells import printable
from ..checked import Checked

_COMMANDS: Final = {Level.DANGER: "error", Level.RISK: "warning", Level.INFO: "notice"}


class FindingsGithub:
    def __init__(self, output: TextIO) -> None:
        self._output = output

    def read(self, checked: Checked) -> list[str]:
        return [_command(checked, finding) for finding in checked.analysis.findings]

    def add(self, part: list[str]) -> None:
        for line in part:
            print(line, file=self._output)

    def finish(self) -> None:
        pass


def _command(checked: Checked, finding: Finding) -> str:
    lines = checked.analysis.source.lines
    line, column = lines.character_position(finding.span.start)
    end_line, end_column = lines.character_position(finding.span.end)
    properties = {
        "file": printable(checked.target.shown),
        "line": str(line + 1),
        "endLine": str(end_line + 1),
        "title": finding.rule,
    }
    # Columns are refused where the lines differ.
    if line == end_line:
        properties |= {"col": str(column + 1), "endColumn": str(end_column + 1)}
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = "\n".join(part for part in (finding.message, finding.reason, finding.advice) if part)
    return f"::{_COMMANDS[finding.level]} {given}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
