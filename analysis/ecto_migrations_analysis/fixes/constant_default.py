"""A default for a NOT NULL column that has none: one instant step.

From PostgreSQL 11 on, ADD COLUMN with a default that is no volatile expression stores the value once, in the
catalog; existing rows read it from there (PostgreSQL 11 release notes; manual, ALTER TABLE, "Notes").
"""

from __future__ import annotations

from collections.abc import Iterator

from . import elixir, values
from .added_columns import Addition, additions, is_ordinary
from .context import Context, Proposal, offer
from .model import Change, Edit

STRATEGY = "constant-default"
TITLE = "Add with {} default in one step (instant on PostgreSQL 11 and later)"
RULE = "add-column-not-null-without-default"

TIMESTAMPS = "timestamps-default"
TIMESTAMPS_TITLE = "Give the timestamps the default now() (instant on PostgreSQL 11 and later)"
TIMESTAMPS_RULE = "add-timestamps-not-null"


def proposals(context: Context) -> Iterator[Proposal]:
    for addition in additions(context, named_later=False):
        if addition.is_timestamps:
            yield from _timestamps(context, addition)
        else:
            yield from _column(context, addition)


def _column(context: Context, addition: Addition) -> Iterator[Proposal]:
    findings = context.findings(addition.span, (RULE,))
    add, column = addition.columns[0]
    if not findings or not is_ordinary(add, column) or values.is_undecided(add, column):
        return
    if values.written(add, column) is not None:
        return
    value = values.suggested(add, column, addition.step.before)
    if value is None or value.default is None:
        return
    edit = _default(addition, value.default)
    if edit is None:
        return
    kind = "a constant" if value.is_constant else f"the {value.sql}"
    made = Change(edits=(edit,))
    yield Proposal(
        offer(
            context,
            STRATEGY,
            addition.subject,
            TITLE.format(kind),
            addition.span,
            findings=findings,
            preferred=True,
        ),
        lambda files: made,
    )


def _timestamps(context: Context, addition: Addition) -> Iterator[Proposal]:
    findings = context.findings(addition.span, (TIMESTAMPS_RULE,))
    edit = _default(addition, elixir.fragment("now()")) if findings else None
    if edit is None:
        return
    made = Change(edits=(edit,))
    yield Proposal(
        offer(
            context,
            TIMESTAMPS,
            addition.subject,
            TIMESTAMPS_TITLE,
            addition.span,
            findings=findings,
            preferred=True,
        ),
        lambda files: made,
    )


def _default(addition: Addition, text: str) -> Edit | None:
    """`default: text`, in place of a `default: nil` where there is one."""
    options = addition.options
    return options.replace_value("default", text) or options.with_pair(f"default: {text}")
