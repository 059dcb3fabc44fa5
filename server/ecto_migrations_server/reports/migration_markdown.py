"""The migration report in Markdown: what an editor shows beside the code and a pull request can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.report.layout import folded
from ecto_migrations_analysis.report.migration import MigrationReport, report
from ecto_migrations_analysis.report.statements import StatementReport
from ecto_migrations_analysis.rules.pages import page_url

from ..verification import Kind, Ran
from .deploying import deployment_plan
from .planning import plan
from .texts import fenced, one_line
from .verifying import verification


def title(analysis: Analysis) -> str:
    """The last part of the module's name, or what stands for it in a file without a migration."""
    if not analysis.migrations:
        return "no migration"
    return (analysis.migrations[0].migration.module or "").rpartition(".")[2] or "a migration"


def markdown(analysis: Analysis, shown: str, runs: Mapping[Kind, Ran] | None = None) -> str:
    """The report on the file that is called `shown`; ends with a line end.

    `runs`: what was run of it, with this text (`verification.runs_of`).
    """
    whole = report(analysis)
    parts = [
        f"# Migration Report — {title(analysis)}",
        *plan(analysis, whole, shown),
        *_implementation(whole, shown),
        *_findings(analysis),
        *verification(analysis, shown, runs or {}),
        *deployment_plan(analysis, whole, shown),
    ]
    return "\n\n".join(parts) + "\n"


def _implementation(whole: MigrationReport, shown: str) -> Iterator[str]:
    yield "## Implementation"
    facts = [f"- File: `{shown}`", *([f"- Module: `{whole.module}`"] if whole.module else [])]
    reason = whole.irreversible
    facts.append("- Reversible: yes" if reason is None else f"- Reversible: no: {one_line(reason)}")
    yield "\n".join(facts)
    yield "### Up"
    yield from _statements(whole.up, whole)
    yield "### Down"
    if whole.down is None:
        yield f"Cannot be rolled back: {one_line(reason)}" if reason is not None else _UNMODELLED
    else:
        yield from _statements(whole.down, whole)


_UNMODELLED = "What is sent to this database is not modelled."


def _statements(statements: tuple[StatementReport, ...], whole: MigrationReport) -> Iterator[str]:
    if not statements:
        yield "Nothing is sent to the database." if whole.modelled else _UNMODELLED
    for number, statement in enumerate(statements, 1):
        yield "\n".join(_statement(number, statement, whole))


def _statement(number: int, statement: StatementReport, whole: MigrationReport) -> Iterator[str]:
    place = f"Line {statement.line}"
    if whole.transaction and not statement.in_transaction:
        place += ", outside of the transaction"
    effect = statement.sentence or ("" if statement.unknown else "No table is locked.")
    indent = " " * (len(str(number)) + 2)
    yield f"{number}. {place}. {effect}".rstrip()
    sql = folded(statement.sql.strip())
    if sql:
        yield ""
        yield from fenced(sql, "sql", indent)
    notes = [
        *([f"**Fails**: {one_line(statement.fails)}"] if statement.fails else []),
        *([f"**Fails where** {one_line(statement.fails_where)}"] if statement.fails_where else []),
        *(f"Not known: {one_line(unknown)}" for unknown in statement.unknown),
    ]
    for note in notes:
        yield ""
        yield f"{indent}{note}"


def _findings(analysis: Analysis) -> Iterator[str]:
    if not analysis.findings:
        return
    yield "## Findings"
    for finding in sorted(analysis.findings, key=lambda finding: (-finding.level, finding.span)):
        yield "\n".join(_finding(analysis, finding))


def _finding(analysis: Analysis, finding: Finding) -> Iterator[str]:
    line = analysis.source.lines.line_of(finding.span.start) + 1
    yield f"- **{finding.level}** in line {line}: {one_line(finding.message)}"
    more = " ".join(one_line(text) for text in (finding.reason, finding.advice) if text)
    if more:
        yield f"  {more}"
    yield f"  [{finding.rule}]({page_url(finding.rule)})"
