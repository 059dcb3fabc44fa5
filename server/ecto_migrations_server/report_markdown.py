"""The migration report in Markdown: what an editor shows beside the code and a pull request can hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.fixes import naming
from ecto_migrations_analysis.fixes.registry import offers
from ecto_migrations_analysis.report.layout import folded
from ecto_migrations_analysis.report.migration import MigrationReport, report
from ecto_migrations_analysis.report.statements import StatementReport
from ecto_migrations_analysis.report.words import describe_in
from ecto_migrations_analysis.rules.pages import page_url

_MOST_CHANGES: Final = 12


def title(analysis: Analysis) -> str:
    """The last part of the module's name, or what stands for it in a file without a migration."""
    if not analysis.migrations:
        return "no migration"
    return (analysis.migrations[0].migration.module or "").rpartition(".")[2] or "a migration"


def markdown(analysis: Analysis, shown: str) -> str:
    """The report on the file that is called `shown`; ends with a line end."""
    whole = report(analysis)
    parts = [
        f"# Migration Report — {title(analysis)}",
        *_plan(analysis, whole),
        *_implementation(whole, shown),
        *_findings(analysis),
        *_verification(shown),
    ]
    return "\n\n".join(parts) + "\n"


def _plan(analysis: Analysis, whole: MigrationReport) -> Iterator[str]:
    yield "## Plan"
    changes = _changes(analysis)
    shown = [*changes[:_MOST_CHANGES]]
    if len(changes) > len(shown):
        shown.append(f"{len(changes) - len(shown)} more")
    splits = [offer.title for offer in offers(analysis) if offer.new_file_count and offer.rules]
    manner = "one for the whole migration" if whole.transaction else "none, each statement by itself"
    facts = [
        f"- Change: {'; '.join(shown) or 'nothing is sent to the database'}",
        f"- Classification: **{whole.classification}**",
        *(f"- Lock behaviour: {sentence}" for sentence in _sentences(whole)),
        f"- Transaction: {manner}",
        f"- Rollback: {_one_line(whole.irreversible) if whole.irreversible else 'possible'}",
        f"- Database: {whole.database}",
        *(f"- Expand and contract: {split}" for split in dict.fromkeys(splits)),
    ]
    yield "\n".join(facts)


def _changes(analysis: Analysis) -> list[str]:
    """What the migration does going up, in words, each once."""
    up = analysis.migrations[0].up if analysis.migrations else None
    words = [describe_in(operation, step.before) for step, operation in (up.operations if up else ())]
    return list(dict.fromkeys(text[:1].lower() + text[1:] for text in words))


def _sentences(whole: MigrationReport) -> list[str]:
    found = [statement.sentence for statement in whole.up if statement.sentence]
    return list(dict.fromkeys(found)) or ["no table is locked"]


def _implementation(whole: MigrationReport, shown: str) -> Iterator[str]:
    yield "## Implementation"
    yield f"- File: `{shown}`" + (f"\n- Module: `{whole.module}`" if whole.module else "")
    yield "### Up"
    yield from _statements(whole.up, whole)
    yield "### Down"
    if whole.down is None:
        yield f"Cannot be rolled back: {_one_line(whole.irreversible or '')}"
    else:
        yield from _statements(whole.down, whole)


def _statements(statements: tuple[StatementReport, ...], whole: MigrationReport) -> Iterator[str]:
    if not statements:
        yield "Nothing is sent to the database."
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
        # A fence that does not occur in it.
        fence = "```" if "```" not in sql else "~~~~"
        yield ""
        yield from (f"{indent}{line}".rstrip() for line in (f"{fence}sql", *sql.splitlines(), fence))
    notes = [
        *([f"**Fails**: {_one_line(statement.fails)}"] if statement.fails else []),
        *([f"**Fails where** {_one_line(statement.fails_where)}"] if statement.fails_where else []),
        *(f"Not known: {_one_line(unknown)}" for unknown in statement.unknown),
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
    yield f"- **{finding.level}** in line {line}: {_one_line(finding.message)}"
    more = " ".join(_one_line(text) for text in (finding.reason, finding.advice) if text)
    if more:
        yield f"  {more}"
    yield f"  [{finding.rule}]({page_url(finding.rule)})"


def _verification(shown: str) -> Iterator[str]:
    """What is still to be run. Nothing is ticked: nothing of it was run here."""
    found = naming.parse(os.path.basename(shown))
    if found is None:
        return
    yield "## Verification"
    yield "\n".join(
        f"- [ ] `{command}`"
        for command in (
            "MIX_ENV=test mix ecto.migrate",
            f"MIX_ENV=test mix ecto.rollback --to {found.version}",
            "MIX_ENV=test mix ecto.migrate",
            "mix test",
        )
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
