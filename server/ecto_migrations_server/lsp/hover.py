"""textDocument/hover on an operation: what it does, the SQL as sent, locks, who waits, the way back.

Other Elixir servers answer too, and editors show one answer below the other: a heading first, and short.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ecto_migrations_analysis.analysis import Analysis, MigrationAnalysis, Run, Step
from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.operations import Operation
from ecto_migrations_analysis.program.commands import AlterTable, CreateTable
from ecto_migrations_analysis.report.consequences import lock_sentence
from ecto_migrations_analysis.report.words import describe
from ecto_migrations_analysis.syntax.span import Span
from lsprotocol import types

from . import convert
from .session import Session

_MOST_SQL_LINES = 12
_DATABASES = {"postgres": "PostgreSQL"}


def hover(ls: Session, params: types.HoverParams) -> types.Hover | None:
    document = ls.migration(params.text_document.uri)
    if document is None:
        return None
    analysis = ls.analysis(document)
    offset = convert.offset(document.source, params.position)
    found = _subject(analysis, offset)
    if found is None:
        return None
    migration, run, steps, span = found
    text = _markdown(analysis, migration, run, steps, span)
    markup = types.MarkupKind.Markdown if ls.client.markdown_hover else types.MarkupKind.PlainText
    if not ls.client.markdown_hover:
        text = _plain(text)
    return types.Hover(
        contents=types.MarkupContent(kind=markup, value=text),
        range=convert.text_range(document.source, span),
    )


def _subject(analysis: Analysis, offset: int) -> tuple[MigrationAnalysis, Run, list[Step], Span] | None:
    """What the caret is on: the statements of one command, and the part of the source they are shown for."""
    for migration in analysis.migrations:
        step = migration.step_at(offset)
        if step is None:
            continue
        run = next(run for run in (migration.up, migration.down) if run is not None and step in run.steps)
        steps = [other for other in run.steps if other.statement.span == step.statement.span]
        return migration, run, steps, _part(step, offset)
    return None


def _part(step: Step, offset: int) -> Span:
    """The span of the subcommand at the caret (`add`, `modify`), else that of the whole command."""
    command = step.statement.command
    changes = command.changes if isinstance(command, AlterTable) else ()
    if isinstance(command, CreateTable):
        changes = command.columns
    spans = [change.span for change in changes if change.span.contains(offset) and change.span != (0, 0)]
    return min(spans, key=lambda span: span.end - span.start, default=step.statement.span)


def _markdown(
    analysis: Analysis, migration: MigrationAnalysis, run: Run, steps: list[Step], span: Span
) -> str:
    findings = [finding for finding in analysis.findings if span.encloses(finding.span)]
    paragraphs = [_heading(steps, span, findings)]
    sentences = [sentence for step in steps if (sentence := lock_sentence(step.effect))]
    failures = [
        f"{'Fails' if failure.certain else 'Can fail'}: {failure.reason}."
        for step in steps
        for failure in step.effect.failures
    ]
    errors = [f"Ecto raises: {step.statement.error}" for step in steps if step.statement.error]
    unknown = [f"Not known: {reason}." for step in steps for reason in step.effect.unknown]
    lines = list(dict.fromkeys([*sentences, *failures, *errors, *unknown]))
    if lines:
        paragraphs.append("\\\n".join(lines))
    if sql := _sql(steps):
        paragraphs.append(f"```sql\n{sql}\n```")
    paragraphs += dict.fromkeys(finding.reason for finding in findings if finding.reason)
    if rollback := _rollback(migration, run, steps):
        paragraphs.append(rollback)
    paragraphs.append(_circumstances(analysis, steps))
    return "\n\n".join(paragraphs)


def _heading(steps: list[Step], span: Span, findings: list[Finding]) -> str:
    operations = [operation for step in steps for operation in step.statement.operations]
    here = [operation for operation in operations if span.encloses(operation.span)] or operations
    heading = f"**{_described(here)}**" if here else "**No statement is sent**"
    if findings:
        heading += f" · {max(finding.level for finding in findings)}"
    return heading


def _described(operations: Iterable[Operation]) -> str:
    first, *more = dict.fromkeys(describe(operation) for operation in operations)
    if len(more) == 1:
        return f"{first}; {more[0][0].lower()}{more[0][1:]}"
    return f"{first} and {len(more)} more" if more else first


def _sql(steps: list[Step]) -> str:
    sql = ";\n".join(step.statement.sql for step in steps if step.statement.sql)
    lines = sql.splitlines()
    if len(lines) > _MOST_SQL_LINES:
        lines = [*lines[:_MOST_SQL_LINES], f"-- and {len(lines) - _MOST_SQL_LINES} more lines"]
    return "\n".join(lines)


def _rollback(migration: MigrationAnalysis, run: Run, steps: list[Step]) -> str:
    """The way back of these statements. Where `down` is written by hand, it answers for itself."""
    if run is not migration.up or run.program.callback != "change":
        return ""
    span = steps[0].statement.span
    back = migration.migration.down
    if back is None:
        return ""
    if back.irreversible is not None and span.encloses(back.irreversible.span):
        return f"**Rollback** not possible: {_one_line(back.irreversible.message)}"
    reverse = [step for step in migration.down.steps if step.statement.span == span] if migration.down else []
    if sql := _sql(reverse):
        return f"**Rollback**\n```sql\n{sql}\n```"
    if back.irreversible is not None:
        return "**Rollback** not reached: another command of this migration cannot be reversed"
    return ""


def _circumstances(analysis: Analysis, steps: list[Step]) -> str:
    version = analysis.project.version
    database = _DATABASES.get(analysis.project.database, analysis.project.database)
    transaction = "in the migration's transaction" if steps[0].in_transaction else "outside a transaction"
    return f"{database} {version.major} ({version.source}) · {transaction}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _plain(markdown: str) -> str:
    """For a client that shows plain text only: the same without the marks."""
    text = re.sub(r"^```\w*\n?", "", markdown, flags=re.MULTILINE)
    return text.replace("**", "").replace("\\\n", "\n").replace("`", "")
