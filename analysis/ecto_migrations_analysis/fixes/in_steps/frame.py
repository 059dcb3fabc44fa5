"""A statement of the migration taken out, and the migrations that do its work one after the other.

Where the statement is all that the migration does, its file becomes the first of them; else it loses the
statement, and all of them are new.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...operations import (
    AddConstraint,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropTable,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    SetTableSchema,
)
from ...operations.tables import TableOperation
from ...program.commands import Change as Subcommand
from ...program.commands import Command
from ...records import dataclass
from ...schema.state import Schema
from ...syntax.span import Span
from ...syntax.tree import STATEMENT_LISTS, Node
from .. import elixir, module_edits
from ..backfill import backfill
from ..context import Context
from ..enforce import BRIEF_LOCK
from ..model import Change, Edit, Files, NewFile
from ..move_index import StatementLines, statement_lines, without_lines
from ..new_migrations import Placing, Target, module

_TAKING = (DropColumn, DropConstraint, DropTable, RenameColumn, RenameConstraint, RenameTable, SetTableSchema)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One migration: what its comment says behind "Step 1 of 2: ", further comments, its callbacks.

    `{next}` in a note is the number of the step after it. `fills` instead of callbacks: it is a backfill.
    """

    name: str
    about: str = ""
    notes: tuple[str, ...] = ()
    callbacks: tuple[str, ...] = ()
    transactional: bool = True
    fills: Target | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What is taken out: the whole module (`lines` None), or the lines of a statement."""

    lines: StatementLines | None
    remarks: tuple[str, ...]


def change_def(*statements: str) -> str:
    return _definition("change", statements)


def up_def(*statements: str) -> str:
    return _definition("up", statements)


def down_def(*statements: str) -> str:
    return _definition("down", statements)


def _definition(name: str, statements: Iterable[str]) -> str:
    return f"def {name} do\n{elixir.indent(elixir.block(statements), 2)}\nend"


def take(context: Context, command: Command, subcommand: Subcommand | None = None) -> Taken | None:
    """The command, or one line of its block; None where the text has a form that cannot be taken apart."""
    if not context.can_add_files or not context.is_plain(command):
        return None
    document = context.document
    alone = subcommand is None or len(getattr(command, "changes", ())) == 1
    up = context.migration.up
    if alone and up is not None and len(up.program.commands) == 1 and _only_callbacks(context):
        return Taken(None, remarks(context, context.migration.migration.span))
    if command.callback != "change" or changed_later(context, command):
        return None
    if subcommand is not None and (subcommand.via or not subcommand.always):
        return None
    span = command.span if alone or subcommand is None else subcommand.span
    lines = statement_lines(document, span)
    if lines is None or not document.is_clean(span):
        return None
    return Taken(lines, remarks(context, lines.lines))


def changed_later(context: Context, command: Command) -> bool:
    """Whether a later statement counts on the command, or takes away what it names.

    What is taken out runs behind all of them.
    """
    own = context.steps_of(command)
    tables = {
        Schema.key(operation.relation)
        for step in own
        for operation in step.statement.operations
        if isinstance(operation, TableOperation | CreateIndex)
    }
    last = max((context.number(step) for step in own), default=0)
    for step in context.steps[last + 1 :]:
        for operation in step.statement.operations:
            if isinstance(operation, _TAKING) and Schema.key(operation.relation) in tables:
                return True
            if isinstance(operation, AddConstraint) and operation.constraint.references is not None:
                if Schema.key(operation.constraint.references) in tables:
                    return True
    return False


def _only_callbacks(context: Context) -> bool:
    """Whether the module holds nothing but `use`, the attributes for migrations and callbacks, which go."""
    migration, document = context.migration.migration, context.document
    node = document.node(migration.span)
    body = node.child("do_block") if node is not None else None
    down = context.migration.down
    if body is None or not document.is_clean(migration.span) or document.indentation(migration.span.start):
        return False
    if not document.starts_line(migration.span.start) or document.rest_of_line(migration.span.end).strip():
        return False
    if document.source.text(migration.use_span).split() != ["use", "Ecto.Migration"]:
        return False
    if down is not None and len(down.program.commands) > 1:
        return False
    begin = migration.callbacks.get("after_begin")
    if not set(migration.callbacks) <= {"change", "up", "down", "after_begin"}:
        return False
    if begin is not None and "lock_timeout" not in document.source.text(begin.span):
        return False
    kept = {callback.span for callback in migration.callbacks.values()} | {migration.use_span}
    statements = body.children
    if len(statements) == 1 and statements[0].kind in STATEMENT_LISTS:
        statements = statements[0].children
    return all(child.span in kept or _is_flag(child) for child in statements)


def _is_flag(node: Node) -> bool:
    return node.text.split()[0] in ("@disable_ddl_transaction", "@disable_migration_lock")


def remarks(context: Context, within: Span) -> tuple[str, ...]:
    """The comments of what goes, as they are: they explain why it is done."""
    return tuple(
        context.document.data[comment.start : comment.end].decode("utf-8").strip()
        for comment in context.document.tree.comments
        if within.encloses(comment)
    )


def split(context: Context, taken: Taken, parts: tuple[Part, ...], files: Files) -> Change:
    """The parts as migrations, in the place of what is taken."""
    document, own = context.document, context.migration.migration
    namer = context.namer(files)
    edits: list[Edit] = []
    new: list[NewFile] = []
    for number, part in enumerate(parts, 1):
        in_place = taken.lines is None and number == 1
        path, name = ("", own.module) if in_place else namer.next(part.name)
        text = rendered(context, part, name, number, len(parts))
        if number == 1 and taken.remarks:
            text = "\n".join(taken.remarks) + "\n" + text
        if in_place:
            edits.append(Edit(own.span, document.lines(text.rstrip("\n"))))
        else:
            new.append(NewFile(path, document.lines(text)))
    if taken.lines is not None:
        edits.append(without_lines(document, taken.lines.lines))
    return Change(edits=tuple(edits), new_files=tuple(new))


def new_file_count(taken: Taken, parts: int) -> int:
    return parts - 1 if taken.lines is None else parts


def rendered(context: Context, part: Part, name: str, step: int, steps: int) -> str:
    """The text of a migration."""
    settings = context.analysis.project.settings
    placing = Placing(
        module=name,
        step=step,
        steps=steps,
        disable_migration_lock=context.disable_migration_lock,
        lock_timeout=settings.lock_timeout,
        batch_size=settings.backfill_batch_size,
    )
    if part.fills is not None:
        return backfill(part.fills, placing)
    about = f"Step {step} of {steps}: {part.about}" if steps > 1 else part.about[:1].upper() + part.about[1:]
    if part.transactional:
        parts = [module_edits.after_begin(settings.lock_timeout).rstrip(), *part.callbacks]
    else:
        parts = [placing.attributes, *part.callbacks]
        if any("brief_lock(" in callback for callback in part.callbacks):
            parts.append(BRIEF_LOCK.format(timeout=settings.lock_timeout))
    notes = [note.replace("{next}", str(step + 1)) for note in part.notes]
    return module(placing, [about, *notes], "use Ecto.Migration", parts)
