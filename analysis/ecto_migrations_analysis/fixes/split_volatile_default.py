"""A nullable column with a volatile default in two migrations: add it and set the default, then backfill.

The default in ADD COLUMN writes the whole table anew under ACCESS EXCLUSIVE; set by itself, it is for new
rows only.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from . import separate_default, values
from .added_columns import Addition, additions, is_ordinary
from .backfill import backfill
from .context import Context, Proposal, offer
from .model import Change, Edit, Files, NewFile
from .new_migrations import Target

STRATEGY = "split-volatile-default"
TITLE = "Split into 2 migrations: add the column and set its default → backfill in batches"
RULES = ("add-column-volatile-default", "add-column-default-legacy")


def proposals(context: Context) -> Iterator[Proposal]:
    if not context.can_add_files:
        return
    for addition in additions(context):
        add, column = addition.columns[0]
        findings = context.findings(addition.span, RULES)
        if not findings or addition.is_timestamps or column.not_null or not is_ordinary(add, column):
            continue
        if values.written(add, column) is None:
            continue
        edits = _edits(context, addition)
        if edits is None:
            continue
        yield Proposal(
            offer(
                context,
                STRATEGY,
                addition.subject,
                TITLE,
                addition.span,
                findings=findings,
                preferred=True,
                new_files=1,
            ),
            partial(_change, context, addition, edits),
        )


def _edits(context: Context, addition: Addition) -> tuple[Edit, ...] | None:
    gone = addition.options.without("default")
    if gone is None:
        return None
    name = f"{addition.relation}.{addition.columns[0][1].name}"
    comments = [
        f"Step 1 of 2: {name} and its default for new rows. Existing rows are not touched.",
        "Next: step 2 (backfill), which can be deployed at the same time.",
    ]
    return separate_default.edits(context, addition, [*gone], comments)


def _change(context: Context, addition: Addition, edits: tuple[Edit, ...], files: Files) -> Change:
    relation = addition.relation
    target = Target(
        relation=relation,
        key=context.key(addition.step, relation),
        columns=separate_default.columns(addition),
    )
    name = f"backfill_{separate_default.name_of(addition)}"
    path, placing = separate_default.place(context, context.namer(files), name, 2, 2)
    text = backfill(target, placing)
    return Change(edits=edits, new_files=(NewFile(path, context.document.lines(text)),))
