"""A NOT NULL column in three migrations: add it nullable, backfill in batches, enforce.

The current file becomes the first: the column without NOT NULL, and its default set by a statement of its
own, so that existing rows are not touched. Two new files hold the second and the third.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..operations import ColumnDefinition
from ..program.commands import Add
from . import separate_default, values
from .added_columns import Addition, additions, is_ordinary
from .backfill import backfill
from .context import Context, Proposal, offer
from .enforce import enforce
from .model import Change, Edit, Files, NewFile
from .new_migrations import Target, not_null_name
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
        if any(values.is_undecided(add, column) for add, column in addition.columns):
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
    nullable = _nullable(addition)
    if nullable is None:
        return None
    reference = _unvalidated(context, addition)
    subject = _target(context, addition).subject
    return separate_default.edits(
        context,
        addition,
        [*nullable, *([reference] if reference is not None else [])],
        [
            f"Step 1 of 3: {subject}, nullable. Safe to deploy alone: running code does not know it yet.",
            f"Next: deploy code that writes {subject}, then step 2 (backfill), then step 3 (enforce).",
        ],
    )


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


# --- the new files -----------------------------------------------------------------------------------------


def _target(context: Context, addition: Addition) -> Target:
    relation, key = addition.relation, addition.foreign_key
    checks = {
        column.name: not_null_name(addition.step.before.table(relation), relation, column.name)
        for _, column in addition.columns
        if column.name is not None
    }
    validated = key is not None and _unvalidated(context, addition) is not None
    return Target(
        relation=relation,
        key=context.key(addition.step, relation),
        columns=separate_default.columns(addition, checks),
        validate=(key.constraint.name,) if validated and key and key.constraint.name else (),
    )


def _change(context: Context, addition: Addition, edits: tuple[Edit, ...], files: Files) -> Change:
    target = _target(context, addition)
    namer = context.namer(files)
    name = separate_default.name_of(addition)
    new_files = []
    for step, called, text in ((2, f"backfill_{name}", backfill), (3, f"enforce_{name}_not_null", enforce)):
        path, placing = separate_default.place(context, namer, called, step, 3)
        new_files.append(NewFile(path, context.document.lines(text(target, placing))))
    return Change(edits=edits, new_files=tuple(new_files))
