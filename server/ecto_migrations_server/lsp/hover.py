"""textDocument/hover on an operation: what it does, the SQL as sent, locks, who waits, the way back.

On the name of a table or a column `schema_hover` answers instead, on a rule's in a comment `rule_hover`.

Other Elixir servers answer too, and editors show one answer below the other: a heading first, and short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecto_migrations_analysis.analysis import Analysis, MigrationAnalysis, Run, Step
from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.operations import AddColumn, AlterColumnType, Operation
from ecto_migrations_analysis.operations import CreateTable as CreateTableOperation
from ecto_migrations_analysis.operations.base import NOWHERE
from ecto_migrations_analysis.program.commands import AlterTable, CreateTable
from ecto_migrations_analysis.project.table_sizes import TableSizes
from ecto_migrations_analysis.report.consequences import lock_sentence
from ecto_migrations_analysis.report.layout import folded
from ecto_migrations_analysis.report.words import describe, describe_in
from ecto_migrations_analysis.syntax.span import Span
from lsprotocol import types

from . import convert
from .rule_hover import rule_hover
from .schema_hover import schema_hover
from .session import Session

_MOST_SQL_LINES = 16
_IRREVERSIBLE = "irreversible-change"
_DATABASES = {"postgres": "PostgreSQL"}


async def hover(ls: Session, params: types.HoverParams) -> types.Hover | None:
    document = ls.migration(params.text_document.uri)
    if document is None:
        return None
    analysis = await ls.full_analysis(document)
    offset = convert.offset(document.source, params.position)
    shown = (
        rule_hover(document.source, offset)
        or schema_hover(analysis, offset)
        or _operation_hover(analysis, offset)
    )
    if shown is None:
        return None
    text, span = shown
    markup = types.MarkupKind.Markdown if ls.client.markdown_hover else types.MarkupKind.PlainText
    if not ls.client.markdown_hover:
        text = _plain(text)
    return types.Hover(
        contents=types.MarkupContent(kind=markup, value=text),
        range=convert.text_range(document.source, span),
    )


def _operation_hover(analysis: Analysis, offset: int) -> tuple[str, Span] | None:
    found = _subject(analysis, offset)
    if found is None:
        return None
    migration, run, steps, span = found
    return _markdown(analysis, migration, run, steps, span), span


def _subject(analysis: Analysis, offset: int) -> tuple[MigrationAnalysis, Run, list[Step], Span] | None:
    """What the caret is on: the statements of one command, and the part of the source they are shown for."""
    for migration in analysis.migrations:
        runs = [run for run in (migration.up, migration.down) if run is not None]
        if (step := migration.step_at(offset)) is not None:
            run = next(run for run in runs if step in run.steps)
            steps = [other for other in run.steps if other.statement.span == step.statement.span]
            return migration, run, steps, _part(step, offset)
        for run in runs:
            called = [(step, span) for step in run.steps for span in _calls(step) if span.contains(offset)]
            if called:
                span = min((span for _, span in called), key=_length)
                return migration, run, [step for step, other in called if other == span], span
    return None


def _calls(step: Step) -> tuple[Span, ...]:
    """The calls of helper functions through which the statement is run."""
    command = step.statement.command
    return command.via if command is not None else ()


def _length(span: Span) -> int:
    return span.end - span.start


def _part(step: Step, offset: int) -> Span:
    """The span of the subcommand at the caret (`add`, `modify`), else that of the whole command."""
    command = step.statement.command
    changes = command.changes if isinstance(command, AlterTable) else ()
    if isinstance(command, CreateTable):
        # The implied primary key comes from `table(…)`: that is the whole command's.
        changes = tuple(change for change in command.columns if getattr(change, "origin", None) != "table")
    spans = [change.span for change in changes if change.span.contains(offset) and change.span != NOWHERE]
    return min(spans, key=_length, default=step.statement.span)


def _markdown(
    analysis: Analysis, migration: MigrationAnalysis, run: Run, steps: list[Step], span: Span
) -> str:
    findings = sorted(
        (finding for finding in analysis.findings if span.encloses(finding.span)),
        key=lambda finding: -finding.level,
    )
    paragraphs = [_heading(steps, span, findings)]
    lines = [line for step in steps for line in _effect(step, span, analysis.project.settings.sizes)]
    if lines:
        # Two spaces: the other way to break a line, a backslash, is shown by Neovim.
        paragraphs.append("  \n".join(dict.fromkeys(lines)))
    if sql := _sql(steps):
        paragraphs.append(f"```sql\n{sql}\n```")
    # What cannot be rolled back is said below, in Ecto's words.
    reasons = [finding.reason for finding in findings if finding.reason and finding.rule != _IRREVERSIBLE]
    paragraphs += dict.fromkeys(reasons)
    if rollback := _rollback(migration, run, steps):
        paragraphs.append(rollback)
    paragraphs.append(_circumstances(analysis, steps))
    return "\n\n".join(paragraphs)


def _heading(steps: list[Step], span: Span, findings: list[Finding]) -> str:
    words = list(dict.fromkeys(_words(steps, span)))
    if not words:
        heading = "**No statement is sent**"
    elif len(words) <= 2:
        heading = f"**{'; '.join([words[0], *(_uncapitalized(more) for more in words[1:])])}**"
    else:
        heading = f"**{words[0]} and {len(words) - 1} more**"
    return f"{heading} · {findings[0].level}" if findings else heading


def _words(steps: list[Step], span: Span) -> Iterator[str]:
    """What happens at this part of the source, one operation after the other."""
    all_of_it = [(step, operation) for step in steps for operation in step.statement.operations]
    new_columns = [
        (operation, column)
        for _, operation in all_of_it
        if isinstance(operation, CreateTableOperation)
        for column in operation.columns
        if span.encloses(column.span) and column.span != NOWHERE and column.origin != "table"
    ]
    if new_columns and not span.encloses(steps[0].statement.span):
        for table, column in new_columns:
            yield describe(AddColumn(relation=table.relation, column=column))
        return
    here = [(step, operation) for step, operation in all_of_it if span.encloses(operation.span)] or all_of_it
    changing = [each for each in here if not _only_restates(*each)]
    for step, operation in changing or here:
        yield describe_in(operation, step.before)


def _only_restates(step: Step, operation: Operation) -> bool:
    """Whether the operation is the type that every `modify` states again."""
    if not isinstance(operation, AlterColumnType) or not operation.from_modify:
        return False
    table = step.before.table(operation.relation)
    column = table.columns.get(operation.column or "") if table is not None else None
    return column is not None and column.type == operation.type


def _uncapitalized(words: str) -> str:
    return words[:1].lower() + words[1:]


def _effect(step: Step, span: Span, sizes: TableSizes) -> Iterator[str]:
    if sentence := lock_sentence(step.effect, sizes):
        yield sentence
    for failure in step.effect.failures:
        # Of a statement with several parts, another part's failure is shown there.
        if failure.span == NOWHERE or span.encloses(failure.span) or failure.span.encloses(span):
            yield f"{'Fails' if failure.certain else 'Can fail'}: {failure.reason}."
    if step.statement.error:
        yield f"Ecto raises: {step.statement.error}"
    for reason in step.effect.unknown:
        yield f"Not known: {reason}."


def _sql(steps: list[Step]) -> str:
    sql = ";\n".join(folded(step.statement.sql) for step in steps if step.statement.sql)
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
    if steps[0].in_transaction and steps[0].transaction:
        transaction = "in a transaction of the repo"
    return f"{database} {version.major} ({version.source}) · {transaction}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _plain(markdown: str) -> str:
    """For a client that shows plain text only: the same without the marks."""
    text = re.sub(r"^```\w*\n?", "", markdown, flags=re.MULTILINE)
    return text.replace("**", "").replace("  \n", "\n").replace("`", "")
