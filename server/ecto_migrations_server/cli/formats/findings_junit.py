"""Findings as a JUnit report: a test case for each file, which fails where something in it fails the run."""

from __future__ import annotations

from typing import NamedTuple, TextIO
from xml.etree import ElementTree

from ecto_migrations_analysis.findings import Finding, Level

from ..cells import printable
from ..checked import Checked
from ..errors import PROGRAM


class _Case(NamedTuple):
    """A file: its first failing rule with its message and all that fails, and the text of what does not."""

    name: str
    failure: tuple[str, str, str] | None
    passed: str


class FindingsJunit:
    """`failing`: the lowest level that fails a file, if any does. What is below goes to `system-out`."""

    def __init__(self, output: TextIO, failing: Level | None) -> None:
        self._output = output
        self._failing = failing
        self._suite = ElementTree.Element("testsuite", name=PROGRAM)
        self._failures = 0

    def read(self, checked: Checked) -> _Case:
        failed = [finding for finding in checked.analysis.findings if self._fails(finding)]
        passed = [finding for finding in checked.analysis.findings if not self._fails(finding)]
        failure = None
        if failed:
            failure = (failed[0].rule, printable(failed[0].message), _lines(checked, failed))
        return _Case(printable(checked.target.shown), failure, _lines(checked, passed))

    def add(self, part: _Case) -> None:
        case = ElementTree.SubElement(self._suite, "testcase", name=part.name, classname=PROGRAM, time="0")
        # One failure a file: readers of these reports count no more, and some refuse more.
        if part.failure is not None:
            self._failures += 1
            rule, message, text = part.failure
            failure = ElementTree.SubElement(case, "failure", type=rule, message=message)
            failure.text = text
        if part.passed:
            ElementTree.SubElement(case, "system-out").text = part.passed

    def finish(self) -> None:
        self._suite.set("tests", str(len(self._suite)))
        self._suite.set("failures", str(self._failures))
        self._suite.set("errors", "0")
        self._suite.set("time", "0")
        suites = ElementTree.Element("testsuites")
        suites.append(self._suite)
        ElementTree.indent(suites)
        # ASCII: it is right in every encoding of the stream.
        text = ElementTree.tostring(suites, encoding="us-ascii").decode("ascii")
        self._output.write(f"{text}\n")

    def _fails(self, finding: Finding) -> bool:
        return self._failing is not None and finding.level >= self._failing


def _lines(checked: Checked, findings: list[Finding]) -> str:
    lines = []
    for finding in findings:
        line, column = checked.analysis.source.lines.character_position(finding.span.start)
        where = f"{printable(checked.target.shown)}:{line + 1}:{column + 1}"
        parts = [f"{where}: {finding.level}: {finding.rule}: {printable(finding.message)}"]
        parts += [printable(text) for text in (finding.reason, finding.advice) if text]
        lines.append("\n".join(parts))
    return "\n\n".join(lines)
