"""Findings as a comment on a pull request: the verdict first, then a table for each file that has any."""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from ecto_migrations_analysis.rules.pages import page_url

from ..cells import printable
from ..checked import Checked
from .words import CLASSIFICATION_STYLES, counted


class FindingsMarkdown:
    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._classes: Counter[str] = Counter()
        self._files: list[str] = []
        self._known = 0

    def add(self, checked: Checked) -> None:
        analysis = checked.analysis
        if analysis.migrations:
            self._classes[checked.classification] += 1
        self._known += len(checked.known)
        if not analysis.findings:
            return
        rows = ["| line | level | what happens | instead |", "|---:|---|---|---|"]
        for finding in analysis.findings:
            line = analysis.source.lines.line_of(finding.span.start) + 1
            rule = f"[{finding.rule}]({page_url(finding.rule)})"
            fixes = [offer.title for offer in checked.fixes(finding)]
            way_out = fixes[0] if fixes else finding.advice
            cells = (
                str(line),
                str(finding.level),
                f"{_cell(finding.message)} {_cell(finding.reason)} ({rule})",
                _cell(way_out),
            )
            rows.append(f"| {' | '.join(cells)} |")
        heading = f"#### `{printable(checked.target.shown)}`: {checked.classification}"
        self._files.append("\n".join([heading, "", *rows]))

    def finish(self) -> None:
        total = sum(self._classes.values())
        classes = [f"{self._classes[name]} {name}" for name in CLASSIFICATION_STYLES if self._classes[name]]
        verdict = f": {', '.join(classes)}" if classes else ""
        heading = f"### Migrations: {counted(total, 'file')} checked{verdict}"
        known = [f"{counted(self._known, 'finding')} of the baseline not shown."] if self._known else []
        self._output.write("\n\n".join([heading, *self._files, *known]) + "\n")


def _cell(text: str) -> str:
    """Text for one cell of a table: no line ends, no bar that would end it, no tag that would be markup."""
    return " ".join(printable(text).split()).replace("|", "\\|").replace("<", "&lt;")
