"""A column's new type, by a second column that takes its place under its name.

No code has to change between the steps: a trigger fills the new column from the old one, and one short
transaction exchanges their names, those of their indexes and those of their constraints. From then on the
trigger goes the other way round, so that the exchange can be taken back without loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...databases.postgres.ecto_types import ecto_type
from ...databases.postgres.quoting import default_name
from ...operations import (
    AlterColumnType,
    DataType,
    DropDefault,
    DropNotNull,
    Relation,
    SetDefault,
    SetNotNull,
)
from ...program.commands import AlterTable, Modify
from ...program.terms import as_bool
from ...records import dataclass, replace
from ...schema.state import Column, Table
from .. import elixir, module_edits, separate_default, sql_names
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files, NewFile
from ..naming import snake
from ..new_migrations import Placing, module
from . import carried, statements
from .carried import Copy, Place
from .texts import Filling, Sync, contract, fill, filling, literal

STRATEGY = "change-type-by-new-column"
TITLE = (
    "Change the type in 4 migrations: add {new}, kept equal by a trigger → fill it in batches, with all that"
    " belongs to {old} → exchange the names → drop the old column"
)
RULES = ("modify-type-rewrite", "modify-primary-or-fk-int-widening")


@dataclass(frozen=True, kw_only=True)
class Retyping:
    step: Step
    command: AlterTable
    change: Modify
    relation: Relation
    table: Table
    column: Column
    type: DataType
    # The new column's name until the exchange, and the old one's after it.
    new: str
    former: str


def proposals(context: Context) -> Iterator[Proposal]:
    if not context.can_add_files or context.migration.migration.disable_ddl_transaction.value is not False:
        return
    if context.analysis.project.database != "postgres":
        return
    for retyping in _retypings(context):
        findings = context.findings(retyping.change.span, RULES)
        edits = _edits(context, retyping) if findings else None
        fillings = _fillings(context, retyping)
        if edits is None or fillings is None:
            continue
        yield Proposal(
            offer(
                context,
                STRATEGY,
                f"{retyping.relation}.{retyping.column.name}",
                TITLE.format(new=retyping.new, old=retyping.column.name),
                retyping.change.span,
                findings=findings,
                preferred=True,
                new_files=3,
            ),
            partial(_change, context, retyping, edits, *fillings),
        )


def _retypings(context: Context) -> Iterator[Retyping]:
    for step, command in context.commands(AlterTable):
        if not context.is_plain(command):
            continue
        for change in command.changes:
            if not isinstance(change, Modify) or change.via or not change.always:
                continue
            if sum(other.column == change.column for other in command.changes) == 1:
                found = _retyping(context, step, command, change)
                if found is not None:
                    yield found


def _retyping(context: Context, step: Step, command: AlterTable, change: Modify) -> Retyping | None:
    own = [item for item in context.operations(command) if getattr(item, "column", None) == change.column]
    types = [item for item in own if isinstance(item, AlterColumnType)]
    if len(types) != 1 or types[0].using is not None or types[0].collation is not None:
        return None
    relation, new_type = types[0].relation, types[0].type
    table = step.before.table(relation)
    column = table.columns.get(change.column) if table and isinstance(change.column, str) else None
    if table is None or column is None or new_type.name is None or new_type == column.type:
        return None
    if context.is_new(relation, step) or change.options.has("comment") or not change.options.complete:
        return None
    if not all(_keeps(item, column) for item in own if item is not types[0]):
        return None
    if as_bool(change.options.get("primary_key")) is True:
        return None
    if not carried.is_plain(step.before, table, column):
        return None
    if not statements.is_last_word(context, step, column.name):
        return None
    if not carried.suits(table, column, new_type.name) or new_type.dimensions != column.type.dimensions:
        return None
    new, former = _free(table, f"{column.name}_new"), _free(table, f"{column.name}_old")
    return Retyping(
        step=step,
        command=command,
        change=change,
        relation=relation,
        table=table,
        column=column,
        type=new_type,
        new=new,
        former=former,
    )


def _keeps(operation: object, column: Column) -> bool:
    """Whether an operation beside the change of the type leaves the column as it is."""
    match operation:
        case SetNotNull():
            return column.not_null
        case DropNotNull():
            return not column.not_null
        case DropDefault():
            return column.default is None
        case SetDefault(default=default):
            return column.default is not None and default.sql == column.default.sql
    return False


def _free(table: Table, wanted: str) -> str:
    name, count = default_name(wanted, None, "").rstrip("_"), 1
    while name in table.columns:
        count += 1
        name = default_name(wanted, None, str(count))
    return name


# --- the current file --------------------------------------------------------------------------------------


def _forward(retyping: Retyping) -> Sync:
    name = retyping.column.name
    return Sync(relation=retyping.relation, source=name, target=retyping.new, both_ways=False)


def _backward(retyping: Retyping) -> Sync:
    name = retyping.column.name
    return Sync(relation=retyping.relation, source=name, target=retyping.former, both_ways=False)


def _edits(context: Context, retyping: Retyping) -> tuple[Edit, ...] | None:
    document, migration = context.document, context.migration.migration
    written = ecto_type(retyping.type)
    if written is None:
        return None
    command, sync = retyping.command, _forward(retyping)
    table = document.source.text(command.table.span)
    options = [written[1]] if written[1] else []
    if retyping.column.comment is not None:
        options.append(f"comment: {elixir.string(retyping.column.comment)}")
    add = ", ".join([f"add {elixir.atom(retyping.new)}", written[0], *options])
    pairs = [(sync.create_function, sync.drop_function), (sync.create_trigger, sync.drop_trigger)]
    both = command.callback == "change"
    expanded = [
        statements.alter(table, [add]),
        *(statements.execute(up, down if both else None) for up, down in pairs),
    ]
    if len(command.changes) > 1:
        if not both:
            return None
        gone = statements.without_change(document, command, retyping.change.span)
        behind = module_edits.after_statement(document, command.span, elixir.block(expanded))
        made = (*gone, *behind) if gone is not None and behind is not None else None
    else:
        made = statements.in_place_of(document, command.span, expanded)
        if not both and made is not None:
            reverse = statements.reverse_of(context, command, AlterTable)
            if not isinstance(reverse, AlterTable) or len(reverse.changes) != 1:
                return None
            removed = statements.alter(table, [f"remove {elixir.atom(retyping.new)}"])
            downs = [statements.execute(down) for _, down in reversed(pairs)]
            back = statements.in_place_of(document, reverse.span, [*downs, removed])
            made = (*made, *back) if back is not None else None
    if made is None:
        return None
    old = f"{retyping.relation}.{retyping.column.name}"
    comments = [
        f"Step 1 of 4: adds {retyping.relation}.{retyping.new} as {retyping.type}. A trigger fills it from"
        f" {old}.",
        "No code has to change: step 2 (fill) and step 3 (exchange the names) can follow at once; step 4"
        " drops the old column.",
    ]
    edits = [*made, module_edits.header(document, migration, comments)]
    timeout = module_edits.lock_timeout(document, migration, context.analysis.project.settings.lock_timeout)
    if timeout is not None:
        edits.append(timeout)
    return tuple(sorted(edits, key=lambda edit: edit.span))


# --- the new files -----------------------------------------------------------------------------------------


def _fillings(context: Context, retyping: Retyping) -> tuple[Filling, Filling] | None:
    """How the new column is filled, and, once the names are exchanged, the old one again."""
    schema, table, column = retyping.step.before, retyping.table, retyping.column
    key = context.key(retyping.step, retyping.relation)
    forward = Place(relation=retyping.relation, old=column.name, new=retyping.new, suffix="new")
    back = Place(relation=retyping.relation, old=column.name, new=retyping.former, suffix="old")
    first = filling(schema, table, column, forward, _forward(retyping), key, comment=False)
    second = filling(schema, table, column, back, _backward(retyping), key, comment=True)
    return (first, second) if first is not None and second is not None else None


def _change(
    context: Context,
    retyping: Retyping,
    edits: tuple[Edit, ...],
    forward: Filling,
    back: Filling,
    files: Files,
) -> Change:
    namer, document = context.namer(files), context.document
    table, name = snake(retyping.relation.name or ""), snake(retyping.column.name)
    old = f"{retyping.relation}.{retyping.column.name}"
    filled, exchanged, dropped = (
        separate_default.place(context, namer, called, step, 4)
        for step, called in (
            (2, f"fill_{table}_{name}_new"),
            (3, f"exchange_{table}_{name}"),
            (4, f"drop_{table}_{name}_old"),
        )
    )
    texts = [
        (
            filled[0],
            fill(
                forward,
                filled[1],
                [
                    f"Step 2 of 4: copies {old} to {retyping.new} in small batches outside a transaction,"
                    f" then builds on it what belongs to {retyping.column.name}. It can be stopped and run"
                    " again.",
                ],
            ),
        ),
        (exchanged[0], _exchange(retyping, forward.copies, back.copies, exchanged[1])),
        (
            dropped[0],
            contract(
                back,
                # The exchange has taken its default.
                replace(retyping.column, default=None),
                dropped[1],
                _backward(retyping).end,
                _backward(retyping).begin,
                [
                    f"Step 4 of 4: drops {retyping.relation}.{retyping.former} and the trigger. From then on"
                    f" {old} takes values that only {retyping.type} can hold.",
                    "Deploy when step 3 has proven itself: until then its rollback takes no time.",
                ],
            ),
        ),
    ]
    return Change(edits=edits, new_files=tuple(NewFile(path, document.lines(text)) for path, text in texts))


def _exchange(retyping: Retyping, new: tuple[Copy, ...], former: tuple[Copy, ...], placing: Placing) -> str:
    """The migration that gives the new column, its indexes and its constraints the old ones' names."""
    relation, column = retyping.relation, retyping.column
    forward, backward = _forward(retyping), _backward(retyping)
    alter = f"ALTER TABLE {forward.table}"
    name, first, last = (sql_names.name(item) for item in (column.name, retyping.new, retyping.former))
    default = column.default.sql if column.default is not None else None
    renames = [
        (
            _rename(relation, copy, copy.original, left.name),
            _rename(relation, copy, copy.name, copy.original),
        )
        for copy, left in zip(new, former, strict=True)
    ]
    backs = [
        (
            _rename(relation, copy, copy.original, copy.name),
            _rename(relation, copy, left.name, copy.original),
        )
        for copy, left in zip(new, former, strict=True)
    ]
    up = [
        *forward.end,
        f"{alter} RENAME COLUMN {name} TO {last}",
        f"{alter} RENAME COLUMN {first} TO {name}",
        *(sql for pair in renames for sql in pair),
    ]
    down = [
        *backward.end,
        *(sql for pair in reversed(backs) for sql in pair),
        f"{alter} RENAME COLUMN {name} TO {first}",
        f"{alter} RENAME COLUMN {last} TO {name}",
    ]
    if default is not None:
        own = f"{alter} ALTER COLUMN {name} SET DEFAULT {default}"
        up += [own, f"{alter} ALTER COLUMN {last} DROP DEFAULT"]
        down += [own, f"{alter} ALTER COLUMN {first} DROP DEFAULT"]
    up += [backward.create_function, backward.create_trigger]
    down += [forward.create_function, forward.create_trigger]
    comments = [
        f"Step 3 of 4: the new column becomes {relation}.{column.name}; the old one stays as"
        f" {retyping.former}, filled by a trigger, so that this can be taken back.",
        f"Deploy when step 2 has run. Values that only {retyping.type} can hold are refused until step 4.",
    ]
    parts = [
        module_edits.after_begin(placing.lock_timeout).rstrip(),
        "def up do\n" + elixir.indent(_executes(up), 2) + "\nend",
        "def down do\n" + elixir.indent(_executes(down), 2) + "\nend",
    ]
    return module(placing, comments, "use Ecto.Migration", parts)


def _executes(sql: list[str]) -> str:
    return elixir.block(
        [f"execute({literal(item)})" if "\n" in item else statements.execute(item) for item in sql]
    )


def _rename(relation: Relation, copy: Copy, old: str, new: str) -> str:
    if copy.kind == "constraint":
        table = sql_names.relation(relation)
        return f"ALTER TABLE {table} RENAME CONSTRAINT {sql_names.name(old)} TO {sql_names.name(new)}"
    index = sql_names.relation(Relation(old, relation.schema))
    return f"ALTER INDEX {index} RENAME TO {sql_names.name(new)}"
