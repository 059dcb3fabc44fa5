"""Several changes of a migration without a transaction, taken apart: what fails then leaves nothing behind.

What needs no concurrent form stays, in a transaction from now on; each concurrent index gets a migration of
its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...operations import CallsCode, Delete, Insert, Maintenance, OpaqueSQL, Update
from ...program.commands import Command, CreateIndex, DropIndex, Flush
from ...program.migration import Attribute
from ...syntax.span import Span
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files
from ..move_index import StatementLines, moved_file, moved_lines, without_lines

STRATEGY = "separate-concurrent"
RULE = "concurrent-mixed-operations"
_OUTSIDE = (CallsCode, Delete, Insert, Maintenance, OpaqueSQL, Update)


def proposals(context: Context) -> Iterator[Proposal]:
    migration = context.migration.migration
    findings = context.findings(migration.span, (RULE,))
    if not findings or not context.can_add_files or context.migration.transactional:
        return
    if set(migration.callbacks) != {"change"}:
        return
    commands = [command for _, command in context.commands(Command)]
    indexes = [command for command in commands if _is_concurrent(command)]
    others = [command for command in commands if not _is_concurrent(command)]
    if not all(map(context.is_plain, commands)) or not all(_fits(context, command) for command in others):
        return
    if commands != [*others, *indexes]:
        return  # Moved behind the others, an index could meet another table than it was written for.
    moved: list[tuple[CreateIndex | DropIndex, StatementLines]] = []
    for command in indexes if others else indexes[1:]:
        lines = moved_lines(context.document, command.span)
        assert isinstance(command, CreateIndex | DropIndex)
        if lines is None or not isinstance(command.index.name, str):
            return
        moved.append((command, lines))
    attributes = _attribute_lines(context) if others else []
    if not moved or attributes is None:
        return
    gone = _joined([*attributes, *(lines.lines for _, lines in moved)])
    edits = [without_lines(context.document, span) for span in gone]
    count = len(moved) + 1
    yield Proposal(
        offer(
            context,
            STRATEGY,
            "indexes",
            f"Split into {count} migrations: each concurrent index in one of its own"
            + (", the rest in a transaction" if others else ""),
            findings[0].span,
            findings=findings,
            preferred=True,
            new_files=len(moved),
        ),
        partial(_change, context, moved, tuple(edits)),
    )


def _change(
    context: Context,
    moved: list[tuple[CreateIndex | DropIndex, StatementLines]],
    edits: tuple[Edit, ...],
    files: Files,
) -> Change:
    namer = context.namer(files)
    return Change(
        edits=edits,
        new_files=tuple(moved_file(context, command, lines, namer) for command, lines in moved),
    )


def _is_concurrent(command: Command) -> bool:
    return isinstance(command, CreateIndex | DropIndex) and command.index.concurrently is True


def _fits(context: Context, command: Command) -> bool:
    """Whether the command can run in a transaction, and holds no lock there for long."""
    if isinstance(command, Flush):
        return False
    for step in context.steps_of(command):
        if step.effect.scans or step.effect.rewrites or step.effect.rebuilds or step.effect.unknown:
            return False
        if any(isinstance(operation, _OUTSIDE) for operation in step.statement.operations):
            return False
    return True


def _attribute_lines(context: Context) -> list[Span] | None:
    """The lines of both attributes; None where something else stands in one of them."""
    document, migration = context.document, context.migration.migration
    spans: list[Span] = []
    for attribute in (migration.disable_ddl_transaction, migration.disable_migration_lock):
        span = _lines(context, attribute)
        if span is None:
            continue
        if not document.starts_line(span.start) or document.rest_of_line(span.end).strip():
            return None
        spans.append(Span(document.line_start(span.start), document.next_line(span.end)))
    return spans


def _joined(spans: list[Span]) -> list[Span]:
    """The same lines, those that follow each other as one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and joined[-1].end == span.start:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _lines(context: Context, attribute: Attribute) -> Span | None:
    use = context.migration.migration.use_span
    return attribute.span if attribute.span is not None and attribute.span.start > use.start else None
