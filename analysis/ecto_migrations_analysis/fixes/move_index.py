"""An index among other operations, moved to a migration of its own: built or dropped concurrently there.

CONCURRENTLY runs in no transaction, and without one a migration should do one thing: what fails in the middle
is neither undone nor recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..analysis import Step
from ..operations import DropColumn, DropTable, RenameColumn, RenameTable, SetTableSchema
from ..program.commands import (
    AlterTable,
    Command,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropIndex,
)
from ..records import dataclass
from ..schema.state import Schema
from ..syntax.span import Span
from ..syntax.tree import STATEMENT_LISTS, Node
from . import elixir
from .concurrent_index import concurrently
from .context import Context, Proposal, offer
from .document import Document
from .model import Change, Edit, Files, NewFile
from .naming import Namer, snake

STRATEGY = "move-index"
TITLE = "Move the index to a migration of its own and build it concurrently"
TITLE_OF_DROP = "Move the drop to a migration of its own, concurrently"
RULES = ("index-not-concurrent", "drop-index-not-concurrent", "concurrent-index-in-transaction")

_WRITING_NO_ROWS = (AlterTable, CreateConstraint, CreateIndex, CreateTable, DropConstraint, DropIndex)
_TAKING_AWAY = (DropColumn, DropTable, RenameColumn, RenameTable, SetTableSchema)

# What the statement may be made of to mean the same in another file: no variable, no module attribute, no
# call of a function of this module.
_CALLS = frozenset({"create", "create_if_not_exists", "drop", "drop_if_exists", "index", "unique_index"})


@dataclass(frozen=True)
class StatementLines:
    """The lines of a statement, comments above it included, and the statement in them."""

    lines: Span
    statement: Span


def proposals(context: Context) -> Iterator[Proposal]:
    if not context.can_add_files or context.migration.up is None:
        return
    if len(context.migration.up.program.commands) < 2:
        return
    for step, command in context.commands(Command):
        if not isinstance(command, CreateIndex | DropIndex):
            continue
        findings = context.findings(command.span, RULES)
        edits = _edits(context, step, command) if findings else None
        if edits is None:
            continue
        moved, removed = edits
        yield Proposal(
            offer(
                context,
                STRATEGY,
                f"{command.index.table}.{command.index.name}",
                TITLE if isinstance(command, CreateIndex) else TITLE_OF_DROP,
                command.span,
                findings=findings,
                preferred=True,
                new_files=1,
            ),
            partial(_change, context, command, moved, removed),
        )


def _edits(
    context: Context, step: Step, command: CreateIndex | DropIndex
) -> tuple[StatementLines, tuple[Edit, ...]] | None:
    """The lines that move, and the edits that take them and what undoes them out of this file."""
    name = command.index.name
    if not isinstance(name, str) or not context.is_plain(command):
        return None
    moved = moved_lines(context.document, command.span)
    if moved is None or _used_later(context, step, name):
        return None
    if isinstance(command, DropIndex) and not _may_go_last(context, step, command, name):
        return None
    edits = [without_lines(context.document, moved.lines)]
    if command.callback == "up":
        reverse = _reverse(context, command, name)
        if reverse is None:
            return None
        edits += reverse
    if command.index.concurrently is not True and concurrently(context, command.span) is None:
        return None
    return moved, tuple(sorted(edits, key=lambda edit: edit.span))


def _may_go_last(context: Context, step: Step, command: DropIndex, name: str) -> bool:
    """Whether what follows the drop in its migration can do with the index still there."""
    if command.cascade is not False:
        return False  # No concurrent form (PostgreSQL documentation, DROP INDEX).
    known = next((table for table in step.before.tables.values() if name in table.indexes), None)
    later = context.steps[context.steps.index(step) + 1 :]
    if known is None or known.indexes[name].definition.unique:
        # A unique index may be what rows that are written next would violate.
        up = context.migration.up
        if any(not isinstance(other, _WRITING_NO_ROWS) for other in (up.program.commands if up else ())):
            return False
    # Under its old name the index could not be made again on rollback.
    return not any(
        isinstance(operation, _TAKING_AWAY)
        and (known is None or Schema.key(operation.relation) == Schema.key(known.relation))
        for other in later
        for operation in other.statement.operations
    )


def moved_lines(document: Document, command: Span) -> StatementLines | None:
    """None where the statement shares its lines, is all of its block, or needs what stands elsewhere."""
    found = statement_lines(document, command)
    node = document.node(found.statement) if found is not None else None
    return found if node is not None and _stands_alone(node) else None


def statement_lines(document: Document, command: Span) -> StatementLines | None:
    """The lines of the statement of a block that `command` is, or that pipes into it.

    None where it shares its lines or is all of its block.
    """
    path = document.path(command)
    number = next((number for number, node in enumerate(path) if node.span == command), 0)
    while number and path[number - 1].kind == "binary_operator":
        number -= 1
    if not number or path[number - 1].kind not in STATEMENT_LISTS:
        return None
    node, parent = path[number], path[number - 1]
    if not any(child is not node and child.kind not in STATEMENT_LISTS for child in parent.children):
        return None
    if not (document.starts_line(node.start) and document.ends_line(node.end)):
        return None
    return StatementLines(document.lines_of(node.span), node.span)


def _stands_alone(node: Node) -> bool:
    for inner in node.walk():
        if inner.kind == "unary_operator" and inner.operator in ("@", "&", "^"):
            return False
        if inner.kind == "interpolation" or inner.kind == "anonymous_function":
            return False
        if inner.kind == "call" and inner.children[0].text not in _CALLS:
            return False
        if inner.kind == "identifier" and inner.text not in _CALLS:
            return False
    return True


def _used_later(context: Context, step: Step, name: str) -> bool:
    """Whether a later statement names the index, such as ADD CONSTRAINT … USING INDEX."""
    return context.last_mention.get(name, 0) > context.number(step)


def _reverse(context: Context, moving: CreateIndex | DropIndex, name: str) -> list[Edit] | None:
    """The edits that take out of `down` what undoes the command, where something does."""
    down = context.migration.down
    if down is None:
        return []
    inverse = DropIndex if isinstance(moving, CreateIndex) else CreateIndex
    edits = []
    for command in down.program.commands:
        if isinstance(command, inverse) and command.index.name == name:
            moved = moved_lines(context.document, command.span)
            if moved is None or command.via or not command.always or command.repeated:
                return None
            edits.append(without_lines(context.document, moved.lines))
    return edits


def without_lines(document: Document, lines: Span) -> Edit:
    """The lines gone, with the empty line that set them off."""
    data, (start, end) = document.data, lines
    above = document.line_start(start - 1) if start else 0
    below = data[end : document.line_end(end)]
    if start and not data[above:start].strip() and (not below.strip() or below.strip() == b"end"):
        start = above
    elif not below.strip() and document.next_line(end) > end:
        before = data[above:start].strip()
        if before.endswith((b"do", b"->")):
            end = document.next_line(end)
    return Edit(Span(start, end), "")


def _change(
    context: Context,
    command: CreateIndex | DropIndex,
    moved: StatementLines,
    edits: tuple[Edit, ...],
    files: Files,
) -> Change:
    file = moved_file(context, command, moved, context.namer(files))
    return Change(edits=edits, new_files=(file,))


def moved_file(
    context: Context, command: CreateIndex | DropIndex, moved: StatementLines, namer: Namer
) -> NewFile:
    """The migration that does what the lines say, concurrently."""
    document = context.document
    text = document.data[moved.lines.start : moved.lines.end].decode("utf-8")
    if command.index.concurrently is not True:
        option = concurrently(context, command.span)
        assert option is not None
        start, end = (len(document.data[moved.lines.start : at].decode("utf-8")) for at in option.span)
        text = text[:start] + option.text + text[end:]
    indentation = document.indentation(moved.statement.start)
    lines = [line.removeprefix(indentation) for line in text.replace("\r\n", "\n").strip("\n").split("\n")]
    verb = "create" if isinstance(command, CreateIndex) else "drop"
    path, module = namer.next(f"{verb}_{snake(str(command.index.name))}")
    attributes = "@disable_ddl_transaction true\n"
    if context.disable_migration_lock:
        attributes += "@disable_migration_lock true\n"
    body = elixir.indent("\n".join(lines).replace("\t", "  "), 2)
    inner = elixir.indent(f"use Ecto.Migration\n\n{attributes}\ndef change do\n{body}\nend", 2)
    return NewFile(path, document.lines(f"defmodule {module} do\n{inner}\nend\n"))
