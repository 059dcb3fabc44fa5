"""`from:` of a `modify` that says the column as it was, from the history.

Ecto puts what `from:` says in the place of the new type and keeps the other options
(`Ecto.Migration.Runner.table_reverse/2`).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...program.commands import AlterTable, Modify
from ..complete_for_rollback import known_column, known_table, stated_before
from ..context import Context, Proposal
from ..options import CallOptions
from .common import answer, found

STRATEGY = "modify-from"
RULES = ("modify-from-partial", "modify-from-wrong-type")


def proposals(context: Context) -> Iterator[Proposal]:
    findings = found(context, *RULES)
    if not findings:
        return
    for step, command in context.commands(AlterTable):
        table = known_table(step.before, command.table)
        if table is None or table.uncertain or not context.is_plain(command):
            continue
        for change in command.changes:
            given = change.options.option("from") if isinstance(change, Modify) else None
            if not isinstance(change, Modify) or given is None:
                continue
            answered = tuple(finding for finding in findings if finding.span == given.span)
            column = known_column(table, command, change) if answered else None
            text = stated_before(table, column, change) if column is not None else None
            call = context.document.node(change.span)
            if text is not None and column is not None and call is not None:
                edit = CallOptions(context.document, call, 2).replace_pair("from", text)
                if edit is None:
                    continue
                subject = f"{table.relation}.{column.name}"
                title = f"Say what the column was: {text}"
                yield answer(context, STRATEGY, subject, title, answered, (edit,), safe=True)
