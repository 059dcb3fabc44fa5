"""A value of an enum in a migration of its own: PostgreSQL refuses it in the transaction that adds it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ...operations import AddEnumValue
from ...program.commands import Command
from ...syntax.span import Span
from .. import elixir, module_edits, separate_default
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files, NewFile
from ..naming import snake
from ..new_migrations import module
from . import statements

STRATEGY = "separate-enum-value"
RULE = "enum-add-value-used"


def proposals(context: Context) -> Iterator[Proposal]:
    migration = context.migration.migration
    findings = context.findings(migration.span, (RULE,))
    if not findings or not context.can_add_files or not context.migration.transactional:
        return
    down = context.migration.down
    if set(migration.callbacks) != {"change"} and (down is None or down.program.commands):
        return
    commands = [command for _, command in context.commands(Command)]
    adds = [command for command in commands if _adds(context, command)]
    first = next(
        (
            number
            for number, command in enumerate(commands)
            if any(command.span.encloses(finding.span) for finding in findings)
        ),
        None,
    )
    if first is None or not adds:
        return
    # What comes after may build on it, so all of it moves; further values stay.
    moved = [command for command in commands[first:] if command not in adds]
    spans = [statements.lines_of(context.document, command.span) for command in moved]
    if any(span is None for span in spans) or not all(map(context.is_plain, commands)):
        return
    lines = [span for span in spans if span is not None]
    value = next(
        operation for operation in context.operations(adds[0]) if isinstance(operation, AddEnumValue)
    )
    name = f"use_{snake(str(value.name))}_{snake(value.value or 'value')}"
    yield Proposal(
        offer(
            context,
            STRATEGY,
            f"{value.name}.{value.value}",
            f"Split into 2 migrations: add '{value.value or '…'}' to {value.name} → use it",
            findings[0].span,
            findings=findings,
            preferred=True,
            new_files=1,
        ),
        partial(_change, context, adds, lines, name),
    )


def _adds(context: Context, command: Command) -> bool:
    found = list(context.operations(command))
    return bool(found) and all(isinstance(operation, AddEnumValue) for operation in found)


def _repeatable(context: Context, command: Command) -> list[Edit]:
    """`IF NOT EXISTS`: a value cannot be taken away again, so that it is there after a rollback."""
    data = context.document.data[command.span.start : command.span.end]
    found = list(re.finditer(rb"\bADD\s+VALUE\s+(?=')", data, re.IGNORECASE))
    if len(found) != 1:
        return []
    at = command.span.start + found[0].end()
    return [Edit(Span(at, at), "IF NOT EXISTS ")]


def _change(context: Context, adds: list[Command], lines: list[Span], name: str, files: Files) -> Change:
    document, migration = context.document, context.migration.migration
    path, placing = separate_default.place(context, context.namer(files), name, 2, 2)
    body = "\n\n".join(statements.text_of(document, span) for span in lines)
    callback = "change" if "change" in migration.callbacks else "up"
    parts = [
        module_edits.after_begin(placing.lock_timeout).rstrip(),
        f"def {callback} do\n" + elixir.indent(body, 2) + "\nend",
    ]
    if callback == "up":
        parts.append("def down, do: :ok")
    comments = ["Step 2 of 2: uses the value that the migration before has added and committed."]
    edits = [
        *(edit for command in adds for edit in _repeatable(context, command)),
        *(statements.without(document, span) for span in lines),
    ]
    text = document.lines(module(placing, comments, "use Ecto.Migration", parts))
    edits.sort(key=lambda edit: edit.span)
    return Change(edits=tuple(edits), new_files=(NewFile(path, text),))
