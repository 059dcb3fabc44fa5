"""A NOT NULL column in three migrations: add it nullable, backfill in batches, enforce.

The current file becomes the first: the column without NOT NULL, and its default set by a statement of its
own, so that existing rows are not touched. Two new files hold the second and the third.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..databases.postgres.quoting import default_name
from ..operations import ColumnDefinition, Relation
from ..program.commands import Add
from . import elixir, module_edits, sql_names, values
from .added_columns import Addition, additions, is_ordinary
from .backfill import backfill
from .context import Context, Proposal, offer
from .enforce import enforce
from .layout import Call, write
from .model import Change, Edit, Files, NewFile
from .naming import snake
from .new_migrations import Column, Placing, Target
from .options import CallOptions

STRATEGY = "split-not-null-add"
TITLE = "Split into 3 migrations: add nullable → backfill in batches → enforce NOT NULL"
RULES = ("add-column-not-null-without-default", "add-timestamps-not-null", "add-column-volatile-default")


def proposals(context: Context) -> Iterator[Proposal]:
    if not context.can_add_files:
        return
    for addition in additions(context):
        if not all(column.not_null and is_ordinary(add, column) for add, column in addition.columns):
            continue
        edits = _edits(context, addition)
        if edits is None:
            continue
        findings = context.findings(addition.span, RULES)
        has_default = any(_suggests_default(context, addition, *column) for column in addition.columns)
        yield Proposal(
            offer(
                context,
                STRATEGY,
                addition.subject,
                TITLE,
                addition.span,
                findings=findings,
                preferred=not has_default,
                new_files=2,
            ),
            partial(_change, context, addition, edits),
        )


def _suggests_default(context: Context, addition: Addition, add: Add, column: ColumnDefinition) -> bool:
    """Whether one constant default is offered beside the split, as the simpler way."""
    if addition.is_timestamps:
        return True
    value = values.suggested(add, column, addition.step.before)
    return values.written(add, column) is None and value is not None and value.default is not None


# --- the current file --------------------------------------------------------------------------------------


def _edits(context: Context, addition: Addition) -> tuple[Edit, ...] | None:
    """What makes the current file step 1; None where the text has a form that cannot be edited soundly."""
    document, migration = context.document, context.migration.migration
    nullable = _nullable(addition)
    if nullable is None:
        return None
    edits = [*nullable]
    reference = _unvalidated(context, addition)
    if reference is not None:
        edits.append(reference)
    statements = _set_defaults(addition)
    if statements:
        added = module_edits.after_statement(document, addition.command.span, "\n\n".join(statements))
        if added is None:
            return None
        edits += added
    subject = _target(context, addition).subject
    edits.append(
        module_edits.header(
            document,
            migration,
            [
                f"Step 1 of 3: {subject}, nullable. Safe to deploy alone: running code does not know it yet.",
                f"Next: deploy code that writes {subject}, then step 2 (backfill), then step 3 (enforce).",
            ],
        )
    )
    timeout = module_edits.lock_timeout(document, migration)
    if timeout is not None:
        edits.append(timeout)
    return tuple(sorted(edits, key=lambda edit: edit.span))


def _nullable(addition: Addition) -> tuple[Edit, ...] | None:
    """The column without NOT NULL and without its default."""
    options = addition.options
    if not addition.is_timestamps:
        null = options.value("null")
        return options.without("null", "default") if null is not None and null.text == "false" else None
    # `timestamps` is NOT NULL unless it says otherwise.
    null, default = options.pairs.get("null"), options.pairs.get("default")
    if null is not None and default is not None:
        gone = options.without("default")
        made = options.replace_value("null", "true")
        return (*gone, made) if gone is not None and made is not None else None
    given = null or default
    if given is not None:
        return (Edit(given.span, "null: true"),)
    added = options.with_pair("null: true")
    return (added,) if added is not None else None


def _unvalidated(context: Context, addition: Addition) -> Edit | None:
    """`validate: false` for the column's foreign key; step 3 validates it.

    Without it PostgreSQL checks the rows under ACCESS EXCLUSIVE, all of them NULL as they are. Up to version
    17 it refuses the clause on a partitioned table.
    """
    key = addition.foreign_key
    if key is None or key.constraint.name is None or not key.constraint.validated:
        return None
    table = addition.step.before.table(addition.relation)
    if table is not None and table.partition_by is not None and context.analysis.project.version.major < 18:
        return None
    calls = list(context.document.calls(addition.span, "references"))
    if len(calls) != 1:
        return None
    options = CallOptions(context.document, calls[0], 1)
    if "validate" in options.pairs:
        return options.replace_value("validate", "false")
    return options.with_pair("validate: false")


def _set_defaults(addition: Addition) -> list[str]:
    """The statements that give new rows the defaults, and a remark above those that nobody has chosen yet."""
    statements = []
    remarked: set[str] = set()
    for add, column in addition.columns:
        value = _value(addition, add, column)
        if value is None:
            continue
        statement = _set_default(addition, column, value)
        if value.suggested and value.sql not in remarked:
            remarked.add(value.sql)
            remark = (
                f"Choose the value: {value.sql} is only what the type suggests. It is for the rows that code"
                " inserts which does not know the column yet."
            )
            statement = f"{elixir.comment(remark)}\n{statement}"
        statements.append(statement)
    return statements


def _set_default(addition: Addition, column: ColumnDefinition, value: values.Value) -> str:
    """The statement for one column, with its reverse where it stands in `change`."""
    table = sql_names.relation(addition.relation)
    alter = f"ALTER TABLE {table} ALTER COLUMN {sql_names.name(column.name or '')}"
    up = elixir.string(f"{alter} SET DEFAULT {value.sql}")
    down = elixir.string(f"{alter} DROP DEFAULT")
    if addition.command.callback == "change":
        return write(Call("execute", (up, down), apart=True), 4)
    return write(Call("execute", (up,)), 4)


# --- the new files -----------------------------------------------------------------------------------------


def _value(addition: Addition, add: Add, column: ColumnDefinition) -> values.Value | None:
    return values.written(add, column) or values.suggested(add, column, addition.step.before)


def _target(context: Context, addition: Addition) -> Target:
    relation = addition.relation
    key = addition.foreign_key
    validated = _unvalidated(context, addition) is not None and key is not None
    return Target(
        relation=relation,
        key=context.key(addition.step, relation),
        columns=tuple(
            Column(
                name=column.name or "",
                value=_value(addition, add, column),
                type=str(column.type) if column.type.name else None,
                check=_check_name(addition, relation, column.name or ""),
            )
            for add, column in addition.columns
        ),
        validate=(key.constraint.name,) if validated and key is not None and key.constraint.name else (),
    )


def _check_name(addition: Addition, relation: Relation, column: str) -> str:
    """`posts_status_not_null`, shortened as PostgreSQL does, and free in the table."""
    name = default_name(relation.name or "", column, "not_null")
    table = addition.step.before.table(relation)
    taken = table.constraints if table is not None else {}
    count = 1
    while name in taken:
        name = default_name(relation.name or "", column, f"not_null{count}")
        count += 1
    return name


def _change(context: Context, addition: Addition, edits: tuple[Edit, ...], files: Files) -> Change:
    target = _target(context, addition)
    namer = context.namer(files)
    table = snake(addition.relation.name or "")
    what = "timestamps" if addition.is_timestamps else snake(target.columns[0].name)
    new_files = []
    for step, name, text in (
        (2, f"backfill_{table}_{what}", backfill),
        (3, f"enforce_{table}_{what}_not_null", enforce),
    ):
        path, module = namer.next(name)
        placing = Placing(
            module=module, step=step, steps=3, disable_migration_lock=context.disable_migration_lock
        )
        new_files.append(NewFile(path, context.document.lines(text(target, placing))))
    return Change(edits=edits, new_files=tuple(new_files))
