"""The default of a new column, set by a statement of its own: new rows get it, existing rows are not touched.

ADD COLUMN with a volatile default writes every row anew, and with a constant one all rows read the value at
once; SET DEFAULT changes the catalog only (PostgreSQL manual, ALTER TABLE, "Notes").
"""

from __future__ import annotations

from ..operations import ColumnDefinition
from ..program.commands import Add
from ..syntax.span import Span
from . import elixir, module_edits, sql_names, values
from .added_columns import Addition
from .context import Context
from .layout import Call, write
from .model import Edit
from .naming import Namer, snake
from .new_migrations import Column, Placing


def value(addition: Addition, add: Add, column: ColumnDefinition) -> values.Value | None:
    """What existing rows and those of old code get; None where nothing suggests it."""
    return values.written(add, column) or values.suggested(add, column, addition.step.before)


def columns(addition: Addition, checks: dict[str, str] | None = None) -> tuple[Column, ...]:
    """The columns as the new migrations see them; `checks` are the names of the constraints that enforce."""
    return tuple(
        Column(
            name=column.name or "",
            value=value(addition, add, column),
            type=str(column.type) if column.type.name else None,
            check=(checks or {}).get(column.name or "", ""),
        )
        for add, column in addition.columns
    )


def edits(
    context: Context, addition: Addition, given: list[Edit], comments: list[str]
) -> tuple[Edit, ...] | None:
    """`given`, the defaults below the `alter`, the comments above the module, and a lock timeout.

    None where no statement can be put below the `alter`.
    """
    document, migration = context.document, context.migration.migration
    made = [*given, module_edits.header(document, migration, comments)]
    statements = _statements(addition)
    if statements:
        added = module_edits.after_statement(document, addition.command.span, "\n\n".join(statements))
        if added is None:
            return None
        made += added
    timeout = module_edits.lock_timeout(document, migration, context.analysis.project.settings.lock_timeout)
    if timeout is not None:
        made.append(timeout)
    return tuple(sorted(made, key=_place))


def _place(edit: Edit) -> Span:
    return edit.span


def _statements(addition: Addition) -> list[str]:
    """SET DEFAULT for each column that gets one, and a remark above a value that nobody has chosen yet."""
    statements = []
    remarked: set[str] = set()
    for add, column in addition.columns:
        default = value(addition, add, column)
        if default is None:
            continue
        statement = _set_default(addition, column, default)
        if default.suggested and default.sql not in remarked:
            remarked.add(default.sql)
            remark = (
                f"Choose the value: {default.sql} is only what the type suggests. It is for the rows that"
                " code inserts which does not know the column yet."
            )
            statement = f"{elixir.comment(remark)}\n{statement}"
        statements.append(statement)
    return statements


def _set_default(addition: Addition, column: ColumnDefinition, default: values.Value) -> str:
    """The statement for one column, with its reverse where it stands in `change`."""
    table = sql_names.relation(addition.relation)
    alter = f"ALTER TABLE {table} ALTER COLUMN {sql_names.name(column.name or '')}"
    up = elixir.string(f"{alter} SET DEFAULT {default.sql}")
    down = elixir.string(f"{alter} DROP DEFAULT")
    if addition.command.callback == "change":
        return write(Call("execute", (up, down), apart=True), 4)
    return write(Call("execute", (up,)), 4)


def name_of(addition: Addition) -> str:
    """What the names of the new migrations call the columns, behind the table."""
    table = snake(addition.relation.name or "")
    what = "timestamps" if addition.is_timestamps else snake(addition.columns[0][1].name or "")
    return f"{table}_{what}"


def place(context: Context, namer: Namer, name: str, step: int, steps: int) -> tuple[str, Placing]:
    """Path and placing of the next new migration."""
    path, module = namer.next(name)
    return path, Placing(
        module=module,
        step=step,
        steps=steps,
        disable_migration_lock=context.disable_migration_lock,
        lock_timeout=context.analysis.project.settings.lock_timeout,
        batch_size=context.analysis.project.settings.backfill_batch_size,
    )
