"""A table's new name: in the code alone, or with a view that has the old one until no code knows it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...operations import Relation
from ...operations import RenameTable as Renames
from ...program.commands import Command, Execute, RenameTable
from ...schema.state import Schema
from .. import elixir, module_edits, separate_default, sql_names
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files, NewFile
from ..naming import snake
from ..new_migrations import module
from . import statements

KEEP = "keep-table-name"
VIEW = "rename-table-with-view"
RULES = ("rename-table",)


def proposals(context: Context) -> Iterator[Proposal]:
    if context.analysis.project.database != "postgres":
        return
    for step, command in context.commands(Command):
        found = list(context.operations(command))
        operation = found[0] if len(found) == 1 else None
        if not isinstance(operation, Renames) or not context.is_plain(command):
            continue
        if not isinstance(command, RenameTable) and not statements.in_text(command):
            continue
        old, to = operation.relation, operation.to
        if old.name is None or to is None or context.is_new(old, step):
            continue
        findings = context.findings(command.span, RULES)
        if not findings:
            continue
        new = Relation(to, old.schema)
        if statements.named_later(context, step, to):
            continue  # What follows works on the table by its new name.
        again = statements.named_later(context, step, old.name)
        edits = None if again else _kept(context, command, old, new)
        if edits is not None:
            yield Proposal(
                offer(
                    context,
                    KEEP,
                    str(old),
                    f'Simpler: keep the table and rename the module only, schema "{old.name}"'
                    " (the database stays as it is)",
                    command.span,
                    findings=findings,
                    preferred=True,
                ),
                partial(_keep, edits),
            )
        viewed = _viewed(context, step, command, old, new)
        if viewed is not None and context.can_add_files:
            yield Proposal(
                offer(
                    context,
                    VIEW,
                    str(old),
                    f"Rename in 2 migrations: with a view {old.name} for the code that runs → drop the view",
                    command.span,
                    findings=findings,
                    new_files=1,
                ),
                partial(_change, context, old, new, viewed),
            )


def _keep(edits: tuple[Edit, ...], files: Files) -> Change:
    return Change(edits=edits)


def _kept(context: Context, command: Command, old: Relation, new: Relation) -> tuple[Edit, ...] | None:
    document = context.document
    told = elixir.comment(
        f'The table keeps its name: what the code calls {new.name} has `schema "{old.name}"`.'
    )
    made = statements.in_place_of(document, command.span, [told])
    if made is None or command.callback == "change":
        return made
    reverse = statements.reverse_in_sql(context, command, Renames)
    back = statements.in_place_of(document, reverse.span, [":ok"]) if reverse is not None else None
    return (*made, *back) if back is not None else None


def _viewed(
    context: Context, step: Step, command: Command, old: Relation, new: Relation
) -> tuple[Edit, ...] | None:
    """The view behind the rename, and in `down` gone before it."""
    document, migration = context.document, context.migration.migration
    if context.steps[-1].after.table(old) is not None or Schema.key(old) in context.steps[-1].after.views:
        return None  # Another table or view takes the name.
    if not step.in_transaction or migration.disable_ddl_transaction.value is not False:
        return None
    create, drop = _create(old, new), f"DROP VIEW {sql_names.relation(old)}"
    own = document.source.text(command.span)
    if isinstance(command, Execute):
        there, back_again = _rename(old, new), _rename(new, old)
        own = statements.execute(there, back_again if command.callback == "change" else None)
    elif "\n" in own or not own.startswith("rename"):
        return None
    if command.callback == "change":
        made = statements.in_place_of(document, command.span, [own, statements.execute(create, drop)])
    else:
        reverse = statements.reverse_in_sql(context, command, Renames)
        if reverse is None or "\n" in document.source.text(reverse.span):
            return None
        made = statements.in_place_of(document, command.span, [own, statements.execute(create)])
        undone = [statements.execute(drop), document.source.text(reverse.span)]
        back = statements.in_place_of(document, reverse.span, undone)
        made = (*made, *back) if made is not None and back is not None else None
    if made is None:
        return None
    comments = [
        f"Step 1 of 2: renames {old} to {new}. Code that knows {old.name} reads and writes through the view.",
        f"Next: deploy code that knows only {new.name}, then step 2, which drops the view.",
    ]
    edits = [*made, module_edits.header(document, migration, comments)]
    timeout = module_edits.lock_timeout(document, migration, context.analysis.project.settings.lock_timeout)
    if timeout is not None:
        edits.append(timeout)
    return tuple(sorted(edits, key=lambda edit: edit.span))


def _rename(old: Relation, new: Relation) -> str:
    return f"ALTER TABLE {sql_names.relation(old)} RENAME TO {sql_names.name(new.name or '')}"


def _create(old: Relation, new: Relation) -> str:
    return f"CREATE VIEW {sql_names.relation(old)} AS SELECT * FROM {sql_names.relation(new)}"


def _change(context: Context, old: Relation, new: Relation, edits: tuple[Edit, ...], files: Files) -> Change:
    path, placing = separate_default.place(
        context, context.namer(files), f"drop_view_{snake(old.name or '')}", 2, 2
    )
    comments = [
        f"Step 2 of 2: drops the view {old}. Deploy only when no node runs code that knows {old.name}."
    ]
    drop = f"DROP VIEW {sql_names.relation(old)}"
    parts = [
        module_edits.after_begin(placing.lock_timeout).rstrip(),
        "def change do\n" + elixir.indent(statements.execute(drop, _create(old, new)), 2) + "\nend",
    ]
    text = context.document.lines(module(placing, comments, "use Ecto.Migration", parts))
    return Change(edits=edits, new_files=(NewFile(path, text),))
