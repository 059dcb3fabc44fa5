"""The report as a person reads it."""

from __future__ import annotations

from typing import TextIO

from ecto_migrations_analysis.report.migration import MigrationReport, report
from ecto_migrations_analysis.report.statements import StatementReport

from ..cells import printable
from ..checked import Checked
from ..terminal import Terminal
from .words import CLASSIFICATION_STYLES, LEVEL_STYLES


def write(checked: Checked, output: TextIO, terminal: Terminal) -> None:
    whole = report(checked.analysis)
    lines = [*_head(checked, whole, terminal), "", *_up(whole, terminal), "", *_down(whole, terminal)]
    if whole.findings:
        lines += ["", *_findings(checked, terminal)]
    for line in lines:
        print(line, file=output)


def _head(checked: Checked, whole: MigrationReport, terminal: Terminal) -> list[str]:
    classification = terminal.paint(whole.classification, *CLASSIFICATION_STYLES[whole.classification])
    shown = terminal.paint(printable(checked.target.shown), "bold")
    manner = "in one transaction" if whole.transaction else "outside of a transaction"
    return [
        f"{shown}  {classification}",
        *terminal.paragraph(f"{whole.module or 'no migration'}, {manner}, on {printable(whole.database)}"),
    ]


def _up(whole: MigrationReport, terminal: Terminal) -> list[str]:
    head = terminal.paint("up", "bold")
    if not whole.modelled:
        return [f"{head}: what is sent to {printable(whole.database)} is not modelled"]
    if not whole.up:
        return [f"{head}: nothing is sent to the database"]
    return [head, *_statements(whole.up, whole, terminal)]


def _down(whole: MigrationReport, terminal: Terminal) -> list[str]:
    head = terminal.paint("down", "bold")
    if whole.down is None and whole.irreversible is None:
        return [f"{head}: what is sent to {printable(whole.database)} is not modelled"]
    if whole.down is None:
        reason = printable(whole.irreversible or "")
        first, *rest = terminal.paragraph(f"cannot be rolled back: {reason}", "", "  ")
        return [f"{head}: {first}", *rest]
    if not whole.down:
        return [f"{head}: nothing is sent to the database"]
    return [head, *_statements(whole.down, whole, terminal)]


def _statements(
    statements: tuple[StatementReport, ...], whole: MigrationReport, terminal: Terminal
) -> list[str]:
    return [
        line
        for number, statement in enumerate(statements, 1)
        for line in _statement(number, statement, whole, terminal)
    ]


def _statement(
    number: int, statement: StatementReport, whole: MigrationReport, terminal: Terminal
) -> list[str]:
    lead = f"  {number:>2}. "
    hanging = " " * len(lead)
    sql = statement.sql.strip() or ("an empty query" if statement.certain else "what the code does")
    output = terminal.paragraph("\n".join(map(printable, sql.splitlines())), lead, hanging)
    notes = [f"line {statement.line}"]
    if whole.transaction and not statement.in_transaction:
        notes.append("outside of the transaction")
    effect = statement.sentence or ("" if statement.unknown else "No table is locked.")
    output += terminal.paragraph(f"{', '.join(notes)}. {printable(effect)}".rstrip(), hanging)
    for when, reason in (("fails:", statement.fails), ("fails where", statement.fails_where)):
        if reason is not None:
            failure = terminal.paragraph(f"{when} {printable(reason)}", hanging)
            output += [terminal.paint(line, "red") for line in failure]
    for unknown in statement.unknown:
        output += terminal.paragraph(f"not known: {printable(unknown)}", hanging)
    return output


def _findings(checked: Checked, terminal: Terminal) -> list[str]:
    output = [terminal.paint("findings", "bold")]
    for finding in checked.analysis.findings:
        line, column = checked.analysis.source.lines.character_position(finding.span.start)
        level = terminal.paint(str(finding.level), *LEVEL_STYLES[finding.level])
        output.append(f"  {line + 1}:{column + 1}  {level}  {finding.rule}")
        output += terminal.paragraph(printable(finding.message), "    ")
    return output
