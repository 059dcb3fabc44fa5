"""The subcommands of tables (`add`, `modify`, `remove`) as they are written: each of them once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...program.commands import AlterTable, Change, Command, CreateTable
from ..context import Context


def subcommands(context: Context) -> Iterator[Change]:
    """Those that migrating runs, whose text stands for itself alone: no loop, no helper function."""
    for command, changes in blocks(context):
        if command.via or command.repeated or not context.document.is_clean(command.span):
            continue
        spans = Counter(change.span for change in changes)
        for change in changes:
            once = spans[change.span] == 1 or getattr(change, "origin", "") == "timestamps"
            if not change.via and once and command.span.encloses(change.span):
                yield change


def blocks(context: Context) -> Iterator[tuple[Command, tuple[Change, ...]]]:
    """The `create table` and `alter table` that migrating runs once, with what is inside."""
    up = context.migration.migration.up
    seen = Counter(command.span for command in up.commands) if up is not None else Counter()
    for command in up.commands if up is not None else ():
        if isinstance(command, AlterTable) and seen[command.span] == 1:
            yield command, command.changes
        elif isinstance(command, CreateTable) and seen[command.span] == 1:
            yield command, command.columns
