"""A table's foreign keys dropped one by one before it: the drop then locks no other table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...operations import DropTable as Drops
from ...operations import Relation
from ...program.commands import Command, DropTable
from ...schema.state import Schema, Table
from .. import elixir, separate_default
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files, NewFile
from ..naming import snake
from ..new_migrations import Placing, module
from . import carried, statements
from .carried import Place, Sql
from .texts import brief_lock, statement

STRATEGY = "drop-foreign-keys-first"
RULES = ("drop-table-locks-parent",)


def proposals(context: Context) -> Iterator[Proposal]:
    up, migration = context.migration.up, context.migration.migration
    if not context.can_add_files or up is None or len(up.program.commands) != 1 or migration.broken:
        return
    for step, command in context.commands(Command):
        findings = context.findings(command.span, RULES)
        found = list(context.operations(command))
        dropped = found[0] if len(found) == 1 else None
        if not findings or not isinstance(dropped, Drops) or not context.is_plain(command):
            continue
        if not isinstance(command, DropTable) and not statements.in_text(command):
            continue
        relation = dropped.relation
        table = step.before.table(relation)
        keys = _keys(step, table) if table is not None else None
        if not keys or not context.document.starts_line(migration.span.start):
            continue
        many = f"its {len(keys)} foreign keys, one by one" if len(keys) > 1 else "its foreign key"
        yield Proposal(
            offer(
                context,
                STRATEGY,
                str(relation),
                f"Drop in 2 migrations: {many} → {relation}",
                command.span,
                findings=findings,
                preferred=True,
                new_files=1,
            ),
            partial(_change, context, relation, keys),
        )


def _keys(step: Step, table: Table) -> list[tuple[Sql, tuple[Sql, ...]]] | None:
    """For each foreign key to another table what drops it, and what makes it again; None: cannot be said."""
    found = []
    for name, state in table.constraints.items():
        definition = state.definition
        target = definition.references
        if target is None or Schema.key(target) == Schema.key(table.relation):
            continue
        column = definition.columns[0] if definition.columns else ""
        place = Place(relation=table.relation, old=column, new=column, same_names=True)
        again = carried.foreign_key(definition, name, place)
        if again is None:
            return None
        found.append((again[0], again))
    return found


def _change(
    context: Context, relation: Relation, keys: list[tuple[Sql, tuple[Sql, ...]]], files: Files
) -> Change:
    document, migration = context.document, context.migration.migration
    path, placing = separate_default.place(
        context, context.namer(files), f"drop_{snake(relation.name or '')}_table", 2, 2
    )
    own = Placing(
        module=migration.module,
        step=1,
        steps=2,
        disable_migration_lock=context.disable_migration_lock,
        lock_timeout=placing.lock_timeout,
    )
    up = [statement(drop) for drop, _ in keys]
    down = [statement(sql) for _, again in reversed(keys) for sql in again]
    parts = [
        own.attributes,
        "def up do\n" + elixir.indent(elixir.block(up), 2) + "\nend",
        "def down do\n" + elixir.indent(elixir.block(down), 2) + "\nend",
        brief_lock(own.lock_timeout),
    ]
    comments = [
        f"Step 1 of 2: drops the foreign keys of {relation}, each in a transaction of its own, so that no"
        " other table is locked longer than an instant.",
        f"Deploy when no code writes {relation} any more. Step 2 drops the table.",
    ]
    first = module(own, comments, "use Ecto.Migration", parts)
    # The migration as it was written moves to the second file.
    text = document.data[migration.span.start : migration.span.end].decode("utf-8").replace("\r\n", "\n")
    head = migration.name_span.start - migration.span.start
    tail = migration.name_span.end - migration.span.start
    data = text.encode()
    moved = (data[:head] + placing.module.encode() + data[tail:]).decode()
    second = elixir.comment(f"Step 2 of 2: drops {relation}.") + "\n" + moved + "\n"
    return Change(
        edits=(Edit(migration.span, document.lines(first.rstrip("\n"))),),
        new_files=(NewFile(path, document.lines(second)),),
    )
