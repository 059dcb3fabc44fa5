"""A column's new name, by a second column that is kept equal until all code has moved over."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...databases.postgres.ecto_types import ecto_type
from ...operations import Relation
from ...operations import RenameColumn as Renames
from ...program.commands import Command, RenameColumn
from ...records import dataclass
from ...schema.state import Column, Table
from .. import elixir, module_edits, separate_default, sql_names
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files, NewFile
from ..naming import snake
from . import carried, statements
from .texts import Filling, Sync, contract, fill, filling

STRATEGY = "rename-by-new-column"
TITLE = (
    "Rename in 3 migrations: add {new}, kept equal by a trigger → fill it in batches, with all that belongs"
    " to {old} → drop {old}"
)
RULES = ("rename-column",)


@dataclass(frozen=True, kw_only=True)
class Renaming:
    step: Step
    command: Command
    relation: Relation
    old: str
    new: str
    table: Table
    column: Column


def renamings(context: Context) -> Iterator[tuple[Step, Command, Renames]]:
    """The renames of columns of tables that were there, whose text can be edited."""
    if context.analysis.project.database != "postgres":
        return
    for step, command in context.commands(Command):
        found = list(context.operations(command))
        operation = found[0] if len(found) == 1 else None
        if not isinstance(operation, Renames) or not context.is_plain(command):
            continue
        if not isinstance(command, RenameColumn) and not statements.in_text(command):
            continue
        if operation.column is None or operation.to is None or operation.relation.name is None:
            continue
        if not context.is_new(operation.relation, step):
            yield step, command, operation


def proposals(context: Context) -> Iterator[Proposal]:
    if not context.can_add_files or context.migration.migration.disable_ddl_transaction.value is not False:
        return
    for step, command, operation in renamings(context):
        table = step.before.table(operation.relation)
        old, new = operation.column or "", operation.to or ""
        column = table.columns.get(old) if table is not None else None
        if table is None or column is None or new in table.columns:
            continue
        if not carried.is_plain(step.before, table, column):
            continue
        if not statements.is_last_word(context, step, old, new):
            continue
        renaming = Renaming(
            step=step,
            command=command,
            relation=operation.relation,
            old=old,
            new=new,
            table=table,
            column=column,
        )
        edits = _edits(context, renaming)
        forward, back = _fillings(context, renaming)
        if edits is None or forward is None or back is None:
            continue
        yield Proposal(
            offer(
                context,
                STRATEGY,
                f"{operation.relation}.{old}",
                TITLE.format(old=old, new=new),
                command.span,
                findings=context.findings(command.span, RULES),
                new_files=2,
            ),
            partial(_change, context, renaming, edits, forward, back),
        )


def _sync(renaming: Renaming) -> Sync:
    return Sync(relation=renaming.relation, source=renaming.old, target=renaming.new, both_ways=True)


# --- the current file --------------------------------------------------------------------------------------


def _edits(context: Context, renaming: Renaming) -> tuple[Edit, ...] | None:
    document, migration = context.document, context.migration.migration
    written = ecto_type(renaming.column.type)
    if written is None:
        return None
    options = [written[1]] if written[1] else []
    if renaming.column.comment is not None:
        options.append(f"comment: {elixir.string(renaming.column.comment)}")
    sync, table = _sync(renaming), statements.table_of(context, renaming.command, renaming.relation)
    add = ", ".join([f"add {elixir.atom(renaming.new)}", written[0], *options])
    pairs = [(sync.create_function, sync.drop_function), (sync.create_trigger, sync.drop_trigger)]
    expanded = statements.alter(table, [add])
    if renaming.command.callback == "change":
        made = statements.in_place_of(
            document, renaming.command.span, [expanded, *(statements.execute(*pair) for pair in pairs)]
        )
    else:
        reverse = statements.reverse_in_sql(context, renaming.command, Renames)
        if reverse is None:
            return None
        made = statements.in_place_of(
            document, renaming.command.span, [expanded, *(statements.execute(up) for up, _ in pairs)]
        )
        removed = statements.alter(table, [f"remove {elixir.atom(renaming.new)}"])
        downs = [statements.execute(down) for _, down in reversed(pairs)]
        back = statements.in_place_of(document, reverse.span, [*downs, removed])
        made = (*made, *back) if made is not None and back is not None else None
    if made is None:
        return None
    old, new = f"{renaming.relation}.{renaming.old}", f"{renaming.relation}.{renaming.new}"
    comments = [
        f"Step 1 of 3: adds {new}. A trigger keeps it equal to {old}, whichever of the two code writes.",
        f"Next: step 2, which can go with this one. Then code that knows only {renaming.new}, then step 3.",
    ]
    edits = [*made, module_edits.header(document, migration, comments)]
    timeout = module_edits.lock_timeout(document, migration, context.analysis.project.settings.lock_timeout)
    if timeout is not None:
        edits.append(timeout)
    return tuple(sorted(edits, key=lambda edit: edit.span))


# --- the new files -----------------------------------------------------------------------------------------


def _fillings(context: Context, renaming: Renaming) -> tuple[Filling | None, Filling | None]:
    """How the new column is filled, and on the way back the old one."""
    schema, table, column = renaming.step.before, renaming.table, renaming.column
    key = context.key(renaming.step, renaming.relation)
    relation, old, new = renaming.relation, renaming.old, renaming.new
    forward = carried.Place(relation=relation, old=old, new=new)
    back = carried.Place(relation=relation, old=old, new=old, same_names=True)
    reverse = Sync(relation=relation, source=new, target=old, both_ways=True)
    # The first step states the new column's comment.
    return (
        filling(schema, table, column, forward, _sync(renaming), key, comment=False),
        filling(schema, table, column, back, reverse, key, comment=True),
    )


def _change(
    context: Context,
    renaming: Renaming,
    edits: tuple[Edit, ...],
    forward: Filling,
    back: Filling,
    files: Files,
) -> Change:
    namer = context.namer(files)
    table, relation = snake(renaming.relation.name or ""), renaming.relation
    old, new = f"{relation}.{renaming.old}", f"{relation}.{renaming.new}"
    fill_path, fill_placing = separate_default.place(
        context, namer, f"fill_{table}_{snake(renaming.new)}", 2, 3
    )
    drop_path, drop_placing = separate_default.place(
        context, namer, f"drop_{table}_{snake(renaming.old)}", 3, 3
    )
    filled = fill(
        forward,
        fill_placing,
        [
            f"Step 2 of 3: copies {old} to {new} in small batches outside a transaction, then builds on it"
            f" what belongs to {renaming.old}. It can be stopped and run again.",
            f"Next: code that reads and writes {renaming.new} and no longer {renaming.old}, then step 3.",
        ],
    )
    sync, name = _sync(renaming), sql_names.name(renaming.new)
    alter = f"ALTER TABLE {sync.table} ALTER COLUMN {name}"
    default = renaming.column.default.sql if renaming.column.default is not None else None
    dropped = contract(
        back,
        renaming.column,
        drop_placing,
        [*sync.end, *([f"{alter} SET DEFAULT {default}"] if default is not None else [])],
        [*([f"{alter} DROP DEFAULT"] if default is not None else []), *sync.begin],
        [
            f"Step 3 of 3: drops {old} and the trigger. Deploy only when no node runs code that knows"
            f" {renaming.old}.",
        ],
    )
    document = context.document
    return Change(
        edits=edits,
        new_files=(
            NewFile(fill_path, document.lines(filled)),
            NewFile(drop_path, document.lines(dropped)),
        ),
    )
