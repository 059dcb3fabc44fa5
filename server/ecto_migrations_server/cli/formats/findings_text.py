"""Findings as a person reads them."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, TextIO

from ecto_migrations_analysis.findings import Finding, Related

from ..cells import printable
from ..checked import Checked
from ..frame import frame
from ..places import Places
from ..terminal import Terminal
from .words import CLASSIFICATION_STYLES, LEVEL_STYLES, counted


class _Part(NamedTuple):
    """A file: its lines; how grave it is (None: it has no migration); where it does not parse."""

    lines: list[str]
    classification: str | None
    known: int
    fixable: int
    broken: str | None


class FindingsText:
    """Writes each file's findings as it comes, and a summary at the end."""

    def __init__(self, output: TextIO, terminal: Terminal) -> None:
        self._output = output
        self._terminal = terminal
        self._places = Places()
        self._classes: Counter[str] = Counter()
        self._fixable = 0
        self._known = 0
        self._without_migration = 0
        self._broken: list[str] = []

    def read(self, checked: Checked) -> _Part:
        analysis = checked.analysis
        broken = None
        if analysis.broken:
            number = analysis.source.lines.line_of(analysis.broken[0].start) + 1
            broken = f"{printable(checked.target.shown)}:{number}"
        lines: list[str] = []
        fixable = 0
        for finding in analysis.findings:
            shown, has_fix = self._finding(checked, finding)
            lines += [*shown, ""]
            fixable += has_fix
        classified = checked.classification if analysis.migrations else None
        return _Part(lines, classified, len(checked.known), fixable, broken)

    def add(self, part: _Part) -> None:
        if part.classification is not None:
            self._classes[part.classification] += 1
        else:
            self._without_migration += 1
        self._known += part.known
        self._fixable += part.fixable
        if part.broken is not None:
            self._broken.append(part.broken)
        for line in part.lines:
            print(line, file=self._output)

    def finish(self) -> None:
        for place in self._broken:
            print(f"{place} does not parse; nothing is said about that part.", file=self._output)
        print(self._summary(), file=self._output)

    def _finding(self, checked: Checked, finding: Finding) -> tuple[list[str], bool]:
        """Its lines, and whether it has a fix."""
        terminal, source = self._terminal, checked.analysis.source
        styles = LEVEL_STYLES[finding.level]
        line, column = source.lines.character_position(finding.span.start)
        where = f"{printable(checked.target.shown)}:{line + 1}:{column + 1}"
        output = [
            f"{terminal.paint(where, 'bold')}  {terminal.paint(str(finding.level), *styles)}  {finding.rule}",
            "",
            *frame(source, finding.span, finding.label, terminal, *styles),
            "",
            *terminal.paragraph(printable(finding.message)),
        ]
        if finding.reason:
            output += terminal.paragraph(printable(finding.reason))
        output += [row for related in finding.related for row in self._related(checked, related)]
        ways_out = self._fixes(checked, finding, line + 1)
        has_fix = bool(ways_out)
        if not has_fix and finding.advice:
            ways_out = self._way_out(printable(finding.advice))
        return output + ways_out, has_fix

    def _fixes(self, checked: Checked, finding: Finding, line: int) -> list[str]:
        """Each fix with the command that shows it."""
        numbered = {offer.id: number for number, offer in enumerate(checked.rewrites(line), 1)}
        output: list[str] = []
        for offer in sorted(checked.fixes(finding), key=lambda offer: numbered[offer.id]):
            pick = f" --pick {numbered[offer.id]}" if numbered[offer.id] > 1 else ""
            command = f"ecto-migrations expand {_argument(checked.target.shown)}:{line}{pick}"
            output += self._way_out(f"{printable(offer.title)}:", command)
        return output

    def _way_out(self, text: str, command: str | None = None) -> list[str]:
        arrow = self._terminal.glyphs.arrow
        hanging = " " * (len(arrow) + 3)
        output = self._terminal.paragraph(text, f"  {arrow} ", hanging)
        if command is not None:
            output.append(hanging + self._terminal.paint(command, "cyan"))
        return output

    def _related(self, checked: Checked, related: Related) -> list[str]:
        if related.place.path == checked.target.path:
            source = checked.analysis.source
        else:
            source = self._places.source(related.place.path)
        line = source.lines.line_of(related.place.span.start) + 1
        where = f"{printable(self._places.shown(related.place.path))}:{line}"
        return self._terminal.paragraph(f"{printable(related.message)}: {where}")

    def _summary(self) -> str:
        total = sum(self._classes.values())
        classes = ", ".join(
            self._terminal.paint(f"{self._classes[name]} {name}", *styles)
            for name, styles in CLASSIFICATION_STYLES.items()
            if self._classes[name]
        )
        summary = f"{counted(total, 'migration')} checked"
        summary += f": {classes}." if classes else "."
        if self._without_migration:
            summary += f" {counted(self._without_migration, 'file')} without a migration."
        if self._known:
            summary += f" {counted(self._known, 'finding')} of the baseline not shown."
        if self._fixable:
            summary += f" {counted(self._fixable, 'finding')} can be fixed."
        return summary


def _argument(path: str) -> str:
    """A path as a shell takes it."""
    if all(character.isalnum() or character in "/._-+=@%" for character in path):
        return path
    from shlex import quote

    return quote(printable(path))
