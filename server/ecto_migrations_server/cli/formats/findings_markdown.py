"""Findings as a comment on a pull request: the verdict first, then a table for each file that has any."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, TextIO

from ecto_migrations_analysis.rules.pages import page_url

from ..cells import printable
from ..checked import Checked
from .words import CLASSIFICATION_STYLES, counted


class _Part(NamedTuple):
    """A file: how grave it is (None: it has no migration), its known findings, its table if it has any."""

    classification: str | None
    known: int
    text: str | None


class FindingsMarkdown:
    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._classes: Counter[str] = Counter()
        self._files: list[str] = []
        self._known = 0

    def read(self, checked: Checked) -> _Part:
        classified = checked.classification if checked.analysis.migrations else None
        return _Part(classified, len(checked.known), _table(checked) if checked.analysis.findings else None)

    def add(self, part: _Part) -> None:
        if part.classification is not None:
            self._classes[part.classification] += 1
        self._known += part.known
        if part.text is not None:
            self._files.append(part.text)

    def finish(self) -> None:
        total = sum(self._classes.values())
        classes = [f"{self._classes[name]} {name}" for name in CLASSIFICATION_STYLES if self._classes[name]]
        verdict = f": {', '.join(classes)}" if classes else ""
        heading = f"### Migrations: {counted(total, 'file')} checked{verdict}"
        known = [f"{counted(self._known, 'finding')} of the baseline not shown."] if self._known else []
        self._output.write("\n\n".join([heading, *self._files, *known]) + "\n")


def _table(checked: Checked) -> str:
    analysis = checked.analysis
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
    return "\n".join([heading, "", *rows])


def _cell(text: str) -> str:
    """Text for one cell of a table: no line ends, no bar that would end it, no tag that would be markup."""
    return " ".join(printable(text).split()).replace("|", "\\|").replace("<", "&lt;")
