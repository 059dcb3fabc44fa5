"""A column's end in two deploys: first the code that no longer knows it, then the column.

A column that is NOT NULL without a default is made nullable first, or the inserts of the new code fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...databases.postgres.ecto_types import ecto_type
from ...databases.postgres.quoting import default_name
from ...operations import DropColumn, Relation
from ...program.commands import AlterTable, Command, Execute, Remove
from ...records import dataclass
from ...rules.application import FieldUse
from ...schema.state import Column, Table
from ...syntax.span import Span
from .. import elixir, module_edits, separate_default, sql_names
from ..context import Context, Proposal, offer
from ..in_steps import frame
from ..model import Change, Edit, Files, NewFile
from ..move_index import statement_lines, without_lines
from ..naming import snake
from ..new_migrations import Placing, module
from . import carried, schema_fields, statements
from .carried import Place
from .texts import brief, brief_lock, statement

STRATEGY = "drop-in-two-deploys"
UNLOADED = "drop-in-two-deploys-unloaded"
RULES = ("remove-column-still-in-schema", "contract-step-not-null-trap")


@dataclass(frozen=True, kw_only=True)
class Dropping:
    step: Step
    command: AlterTable | Execute
    # What goes out of a migration that does more; None where it does nothing else.
    lines: tuple[Span, ...] | None
    remarks: tuple[str, ...]
    relation: Relation
    table: Table
    columns: tuple[Column, ...]
    uses: tuple[FieldUse, ...]

    @property
    def names(self) -> str:
        return " and ".join(column.name for column in self.columns)

    @property
    def required(self) -> tuple[Column, ...]:
        """Those that an insert must not leave out."""
        return tuple(column for column in self.columns if column.not_null and column.default is None)

    @property
    def sql_table(self) -> str:
        return sql_names.relation(self.relation)


def proposals(context: Context) -> Iterator[Proposal]:
    if not context.can_add_files or context.analysis.project.database != "postgres":
        return
    for dropping in _droppings(context):
        if not context.findings(dropping.command.span, RULES):
            continue
        if _undone(context, dropping) is None:
            continue
        yield from _proposals(context, dropping)


def _proposals(context: Context, dropping: Dropping) -> Iterator[Proposal]:
    findings = context.findings(dropping.command.span, RULES)
    steps = "make nullable → drop" if dropping.required else "drop"
    files = (1 if dropping.required else 0) + (0 if dropping.lines is None else 1)
    ways: list[tuple[str, str, schema_fields.Rewrite]] = []
    if dropping.uses:
        fields = schema_fields.spelled(dropping.uses)
        ways.append((STRATEGY, f"take out {fields}", schema_fields.removed))
        if any(use.field.loaded and use.field.made_by == "field" for use in dropping.uses):
            ways.append((UNLOADED, f"let queries leave out {fields}", schema_fields.not_loaded))
    else:
        ways.append((STRATEGY, "deploy the code without it first", schema_fields.removed))
    for strategy, code, rewrite in ways:
        yield Proposal(
            offer(
                context,
                strategy,
                f"{dropping.relation}.{'+'.join(column.name for column in dropping.columns)}",
                f"Drop {dropping.names} in two deploys: {code} now ({steps} in"
                f" {'2 migrations' if dropping.required else '1 migration'})",
                dropping.command.span,
                findings=findings,
                preferred=strategy == STRATEGY,
                new_files=files,
            ),
            partial(_change, context, dropping, rewrite),
        )


def _droppings(context: Context) -> Iterator[Dropping]:
    """The columns that an `alter` removes, or a statement of SQL that does nothing else."""
    for step, command in context.commands(Command):
        if not isinstance(command, AlterTable | Execute) or not context.is_plain(command):
            continue
        operations = list(context.operations(command))
        drops = [item for item in operations if isinstance(item, DropColumn)]
        if not drops or any(drop.cascade for drop in drops):
            continue
        place = _place(context, command, len(drops), len(operations))
        if place is None:
            continue
        relation = drops[0].relation
        table = step.before.table(relation)
        if table is None or context.is_new(relation, step):
            continue
        columns = [table.columns.get(drop.column or "") for drop in drops]
        known = [column for column in columns if column is not None]
        if len(known) != len(columns) or len({column.name for column in known}) != len(known):
            continue
        if not all(carried.is_plain(step.before, table, column) for column in known):
            continue
        if not statements.is_last_word(context, context.steps_of(command)[-1], *(c.name for c in known)):
            continue
        uses: list[FieldUse] = []
        for column in known:
            uses += [use for use in schema_fields.uses(context, relation, column.name) if use.field.loaded]
        lines, remarks = place
        yield Dropping(
            step=step,
            command=command,
            lines=lines,
            remarks=remarks,
            relation=relation,
            table=table,
            columns=tuple(known),
            uses=tuple(uses),
        )


def _place(
    context: Context, command: AlterTable | Execute, drops: int, operations: int
) -> tuple[tuple[Span, ...] | None, tuple[str, ...]] | None:
    """The lines that go, with their comments; None in their place where the module is written anew.

    None where the text has another form, or where the drops cannot be told from the rest.
    """
    document, up = context.document, context.migration.up
    removes: list[Remove] = []
    if isinstance(command, AlterTable):
        removes = [change for change in command.changes if isinstance(change, Remove)]
        if len(removes) != drops or any(change.via or not change.always for change in removes):
            return None
    elif operations != drops or not statements.in_text(command):
        return None
    if operations == drops and up is not None and len(up.program.commands) == 1 and _is_all(context):
        own = context.migration.migration.span
        return None, frame.remarks(context, own)
    if command.callback != "change" or frame.changed_later(context, command):
        return None
    parts = [command.span] if operations == drops else [change.span for change in removes]
    found = [statement_lines(document, span) for span in parts]
    lines = tuple(item.lines for item in found if item is not None)
    if len(lines) != len(parts) or not all(map(document.is_clean, parts)):
        return None
    return lines, tuple(remark for span in lines for remark in frame.remarks(context, span))


def _is_all(context: Context) -> bool:
    """Whether the module can be written anew: it holds nothing but its callbacks."""
    migration, down = context.migration.migration, context.migration.down
    if migration.other_attributes or migration.broken:
        return False
    if not set(migration.callbacks) <= {"change", "up", "down"}:
        return False
    alone = down is None or len(down.program.commands) <= 1
    return alone and context.document.is_clean(migration.span)


# --- the texts ---------------------------------------------------------------------------------------------


def _undone(context: Context, dropping: Dropping) -> list[str] | None:
    """What brings back the indexes and constraints that go with the columns; None where it cannot be said."""
    made: dict[str, tuple[carried.Sql, ...]] = {}
    for column in dropping.columns:
        place = Place(relation=dropping.relation, old=column.name, new=column.name, same_names=True)
        copies = carried.copies(dropping.step.before, dropping.table, column, place)
        if copies is None:
            return None
        made |= {copy.name: copy.sql for copy in copies}
    return [statement(sql) for copied in made.values() for sql in copied]


def _change(context: Context, dropping: Dropping, rewrite: schema_fields.Rewrite, files: Files) -> Change:
    document, migration = context.document, context.migration.migration
    others = schema_fields.edits(list(dropping.uses), files, rewrite)
    steps = 2 if dropping.required else 1
    own = Placing(
        module=migration.module,
        step=1,
        steps=steps,
        disable_migration_lock=context.disable_migration_lock,
        lock_timeout=context.analysis.project.settings.lock_timeout,
    )
    namer = context.namer(files)
    called = f"{snake(dropping.relation.name or '')}_{snake(dropping.columns[0].name)}"
    edits: list[Edit] = []
    new: list[NewFile] = []
    for step in range(1, steps + 1):
        nullable = dropping.required and step == 1
        path, placing = "", own
        if dropping.lines is not None or step > 1:
            name = f"make_{called}_nullable" if nullable else f"drop_{called}"
            path, placing = separate_default.place(context, namer, name, step, steps)
        text = _nullable(dropping, placing) if nullable else _drop(context, dropping, placing, rewrite)
        if step == 1 and dropping.remarks:
            text = "\n".join(dropping.remarks) + "\n" + text
        if path:
            new.append(NewFile(path, document.lines(text)))
        else:
            edits.append(_anew(context, text))
    edits += [without_lines(document, lines) for lines in dropping.lines or ()]
    return Change(edits=tuple(edits), new_files=tuple(new), others=others)


def _anew(context: Context, text: str) -> Edit:
    span = context.migration.migration.span
    return Edit(span, context.document.lines(text.rstrip("\n")))


def _nullable(dropping: Dropping, placing: Placing) -> str:
    up: list[str] = []
    down: list[str] = []
    for column in dropping.required:
        place = Place(relation=dropping.relation, old=column.name, new=column.name)
        check = default_name(dropping.relation.name or "", column.name, "is_set")
        up += [statement(sql) for sql in carried.nullable(place, column, check)[1:]]
        down += [statement(sql) for sql in carried.not_null(place, column, check)]
    names = " and ".join(f"{dropping.relation}.{column.name}" for column in dropping.required)
    parts = [
        placing.attributes,
        "def up do\n" + elixir.indent(elixir.block(up), 2) + "\nend",
        "# Fails where a row has no value by then.\ndef down do\n"
        + elixir.indent(elixir.block(down), 2)
        + "\nend",
        brief_lock(placing.lock_timeout),
    ]
    comments = [
        f"Step 1 of 2: {names} may be NULL, so that code that does not know {_it(dropping.required)} can"
        " insert rows.",
        f"Deploy it with the code without {dropping.names}. Next, in a later deploy: step 2.",
    ]
    return module(placing, comments, "use Ecto.Migration", parts)


def _it(columns: tuple[Column, ...]) -> str:
    return "it" if len(columns) == 1 else "them"


def _drop(context: Context, dropping: Dropping, placing: Placing, rewrite: schema_fields.Rewrite) -> str:
    again = _undone(context, dropping) or []
    names = " and ".join(f"{dropping.relation}.{column.name}" for column in dropping.columns)
    step = "Drops" if placing.steps == 1 else f"Step {placing.step} of {placing.steps}: drops"
    given = _it(dropping.columns)
    when = (
        f"code whose queries leave out {dropping.names} and that does not write {given}; the field itself"
        " goes with this migration"
        if rewrite is schema_fields.not_loaded
        else f"code without {dropping.names}: not together with it"
    )
    comments = [
        f"{step} {names}. Deploy only when every node runs {when}.",
        f"Rolled back, {given} is there again, empty."
        if given == "it"
        else "Rolled back, they are there again, empty.",
    ]
    simple = _in_dsl(context, dropping) if not again else None
    if simple is not None:
        parts = [module_edits.after_begin(placing.lock_timeout).rstrip(), simple]
        return module(placing, comments, "use Ecto.Migration", parts)
    alter = f"ALTER TABLE {dropping.sql_table}"
    drops = [f"{alter} DROP COLUMN IF EXISTS {sql_names.name(column.name)}" for column in dropping.columns]
    adds = [sql for column in dropping.columns for sql in _added(dropping, column)]
    down = elixir.block([brief(adds), *again])
    parts = [
        placing.attributes,
        "def up do\n" + elixir.indent(brief(drops), 2) + "\nend",
        "def down do\n" + elixir.indent(down, 2) + "\nend",
        brief_lock(placing.lock_timeout),
    ]
    return module(placing, comments, "use Ecto.Migration", parts)


def _added(dropping: Dropping, column: Column) -> list[str]:
    alter, name = f"ALTER TABLE {dropping.sql_table}", sql_names.name(column.name)
    # NOT NULL comes back with the default that fills the rows, or not here.
    rest = " NOT NULL" if column.not_null and column.default is not None else ""
    default = f" DEFAULT {column.default.sql}" if column.default is not None else ""
    made = [f"{alter} ADD COLUMN IF NOT EXISTS {name} {column.type}{default}{rest}"]
    place = Place(relation=dropping.relation, old=column.name, new=column.name)
    return [*made, *(sql.text for sql in carried.comment(place, column))]


def _in_dsl(context: Context, dropping: Dropping) -> str | None:
    """`remove` with all that it needs to be rolled back."""
    lines = []
    for column in dropping.columns:
        written = ecto_type(column.type)
        if written is None:
            return None
        options = [written[1]] if written[1] else []
        if column.default is not None:
            options.append(f"default: {elixir.fragment(column.default.sql or '')}")
            if column.not_null:
                options.append("null: false")
        if column.comment is not None:
            options.append(f"comment: {elixir.string(column.comment)}")
        lines.append(", ".join([f"remove {elixir.atom(column.name)}", written[0], *options]))
    if any(len(line) + 6 > elixir.WIDTH for line in lines):
        return None
    table = statements.table_of(context, dropping.command, dropping.relation)
    body = f"alter {table} do\n" + elixir.indent("\n".join(lines), 2) + "\nend"
    return "def change do\n" + elixir.indent(body, 2) + "\nend"
