"""`alter` that several fixes together leave nothing in: Ecto would send an ALTER TABLE without a clause."""

from __future__ import annotations

from ..program.commands import AlterTable
from .context import Context
from .model import Edit
from .move_index import statement_lines, without_lines


def without_emptied(context: Context, edits: tuple[Edit, ...]) -> tuple[Edit, ...] | None:
    """The edits, with every `alter` gone that they would leave empty; None where one cannot go."""
    for _, command in context.commands(AlterTable):
        gone = [edit for edit in edits if not edit.text and command.span.encloses(edit.span)]
        if not command.changes or not all(
            any(edit.span.encloses(change.span) for edit in gone) for change in command.changes
        ):
            continue
        lines = statement_lines(context.document, command.span)
        if lines is None:
            return None
        edits = (*(edit for edit in edits if edit not in gone), without_lines(context.document, lines.lines))
    return tuple(sorted(edits, key=lambda edit: edit.span))
