"""A column that is to get another type, and the first of the migrations that do it by a second column.

That one adds the column of the new type and the trigger that fills it from the old one.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from ...analysis import Step
from ...databases.postgres.casts import cast_between
from ...databases.postgres.ecto_types import ecto_type
from ...databases.postgres.quoting import default_name
from ...operations import (
    AlterColumnType,
    CreateView,
    DataType,
    DropDefault,
    DropNotNull,
    Relation,
    SetDefault,
    SetNotNull,
)
from ...program.commands import AlterTable, Command, Execute, Modify
from ...program.terms import as_bool
from ...records import dataclass
from ...schema.state import Column, Table
from ...syntax.span import Span
from .. import elixir, module_edits, sql_names
from ..context import Context
from ..model import Edit
from . import carried, statements
from .texts import Sync

# What depends on the column keeps its type from being changed at all.
RULES = ("modify-type-rewrite", "modify-primary-or-fk-int-widening", "modify-blocked-by-dependents")
INTEGERS = ("smallint", "integer", "bigint")


@dataclass(frozen=True, kw_only=True)
class Retyping:
    """`change` is the `modify`; None where the type is changed in SQL."""

    step: Step
    command: AlterTable | Execute
    change: Modify | None
    relation: Relation
    table: Table
    column: Column
    type: DataType
    # The new column's name until the exchange, and the old one's after it.
    new: str
    former: str
    # The views that read the column, which are made again when it has its new type.
    views: tuple[CreateView, ...]

    @property
    def span(self) -> Span:
        return self.change.span if self.change is not None else self.command.span

    @property
    def without_views(self) -> list[str]:
        return [f"DROP VIEW {sql_names.relation(view.name)}" for view in self.views]

    @property
    def with_views(self) -> list[str]:
        return [definition(view) for view in self.views]

    @property
    def forward(self) -> Sync:
        """Keeps the new column equal to the old one, until the exchange."""
        return self._sync(self.new, self.column.type, self.type)

    @property
    def backward(self) -> Sync:
        """Keeps the old one equal to the new one, after it."""
        return self._sync(self.former, self.type, self.column.type)

    def _sync(self, target: str, of: DataType, to: DataType) -> Sync:
        cast = str(to) if cast_between(of.name or "", to.name or "") is None else None
        return Sync(
            relation=self.relation, source=self.column.name, target=target, both_ways=False, cast=cast
        )


def definition(view: CreateView) -> str:
    """The statement that made the view, its lines at the left margin."""
    assert view.definition is not None and view.definition.sql is not None
    first, _, rest = view.definition.sql.strip().partition("\n")
    return f"{first}\n{textwrap.dedent(rest)}" if rest else first


def retypings(context: Context, *, key: bool = False) -> Iterator[Retyping]:
    """The columns whose type is changed, and that another can follow; `key`: those of a primary key."""
    for step, command in context.commands(Command):
        if not isinstance(command, AlterTable | Execute) or not context.is_plain(command):
            continue
        operations = list(context.operations(command))
        if isinstance(command, Execute):
            alone = len(operations) == 1 and statements.in_text(command)
            changes: list[Modify | None] = [None] if alone else []
        else:
            changes = [
                change
                for change in command.changes
                if isinstance(change, Modify) and _is_only_one(command, change)
            ]
        for change in changes:
            own = [
                item
                for item in operations
                if change is None or getattr(item, "column", None) == change.column
            ]
            types = [item for item in own if isinstance(item, AlterColumnType)]
            others = [item for item in own if not isinstance(item, AlterColumnType)]
            if len(types) != 1:
                continue
            found = _retyping(context, step, command, change, types[0], key=key)
            if found is not None and all(_keeps(item, found.column) for item in others):
                yield found


def _is_only_one(command: AlterTable, change: Modify) -> bool:
    if change.via or not change.always:
        return False
    if change.options.has("comment") or not change.options.complete:
        return False
    if as_bool(change.options.get("primary_key")) is True:
        return False
    return sum(other.column == change.column for other in command.changes) == 1


def _retyping(
    context: Context,
    step: Step,
    command: AlterTable | Execute,
    change: Modify | None,
    altered: AlterColumnType,
    *,
    key: bool,
) -> Retyping | None:
    relation, new_type = altered.relation, altered.type
    table = step.before.table(relation)
    column = table.columns.get(altered.column or "") if table else None
    if table is None or column is None or new_type.name is None or new_type == column.type:
        return None
    if altered.collation is not None or context.is_new(relation, step):
        return None
    if altered.using is not None and not _is_cast(altered, column):
        return None
    if (column.name in table.primary_key) is not key:
        return None
    if not carried.is_plain(step.before, table, column, key=key, viewed=True):
        return None
    if not statements.is_last_word(context, step, column.name):
        return None
    if not carried.suits(table, column, new_type.name) or new_type.dimensions != column.type.dimensions:
        return None
    return Retyping(
        step=step,
        command=command,
        change=change,
        relation=relation,
        table=table,
        column=column,
        type=new_type,
        new=_free(table, f"{column.name}_new"),
        former=_free(table, f"{column.name}_old"),
        views=carried.views(step.before, table, column) or (),
    )


def _is_cast(altered: AlterColumnType, column: Column) -> bool:
    """Whether USING says no more than an assignment does."""
    if altered.using is None or altered.using.sql is None:
        return False
    name = re.escape(column.name)
    plain = re.fullmatch(rf'"?{name}"?\s*::\s*\w+', altered.using.sql.strip(), re.IGNORECASE)
    return plain is not None and {column.type.name, altered.type.name} <= set(INTEGERS)


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


def edits(context: Context, retyping: Retyping, comments: list[str]) -> tuple[Edit, ...] | None:
    """The new column and its trigger in the place of the change; None where the text has another form."""
    document, migration = context.document, context.migration.migration
    written = ecto_type(retyping.type)
    if written is None:
        return None
    command, sync = retyping.command, retyping.forward
    table = statements.table_of(context, command, retyping.relation)
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
    if isinstance(command, AlterTable) and len(command.changes) > 1:
        if not both:
            return None
        gone = statements.without_change(document, command, retyping.span)
        behind = module_edits.after_statement(document, command.span, elixir.block(expanded))
        made = (*gone, *behind) if gone is not None and behind is not None else None
    else:
        made = statements.in_place_of(document, command.span, expanded)
        if not both and made is not None:
            reverse = _reverse(context, retyping)
            if reverse is None:
                return None
            removed = statements.alter(table, [f"remove {elixir.atom(retyping.new)}"])
            downs = [statements.execute(down) for _, down in reversed(pairs)]
            back = statements.in_place_of(document, reverse.span, [*downs, removed])
            made = (*made, *back) if back is not None else None
    if made is None:
        return None
    found = [*made, module_edits.header(document, migration, comments)]
    timeout = module_edits.lock_timeout(document, migration, context.analysis.project.settings.lock_timeout)
    if timeout is not None:
        found.append(timeout)
    return tuple(sorted(found, key=lambda edit: edit.span))


def _reverse(context: Context, retyping: Retyping) -> Command | None:
    """The command of `down` that gives the column its old type back, and does nothing else."""
    found = statements.reverse_in_sql(context, retyping.command, AlterColumnType)
    if isinstance(found, AlterTable) and len(found.changes) != 1:
        return None
    return found
