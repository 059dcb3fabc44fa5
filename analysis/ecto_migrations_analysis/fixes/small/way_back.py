"""The way back: `down` that does nothing, fails or is not the inverse; callbacks that clash."""

from __future__ import annotations

import re

from ...findings import Finding
from ...operations import Delete, Insert, Truncate, Update
from ...program.commands import Execute
from ...program.migration import Callback
from ...rules.rolling_back import failures
from ...syntax.span import Span
from ...syntax.tree import Node
from .. import elixir
from ..context import Context
from ..execute_inverse import inverse
from ..in_place.common import statement, whole_lines
from ..in_place.inverse_commands import NoWayBack, down_of
from ..in_place.up_down import down_text
from ..model import Edit
from .edits import Fix, Small, enclosing_call, set_off

_NO_VALUE = re.compile(r"\s*add .*\bnull: false")
_ROWS = (Delete, Insert, Truncate, Update)


def _inverse(context: Context) -> str | None:
    """`down` as the inverse of `up`; None where that is not known, or rows would stay."""
    up = context.migration.up
    if up is None or not up.complete or context.migration.migration.broken:
        return None
    try:
        down = down_of(context)
    except NoWayBack:
        return None
    lines = [line for text in down.statements for line in text.splitlines()]
    # A column that comes back NOT NULL without a value fails where the table has rows.
    if any(_NO_VALUE.match(line) and "default:" not in line for line in lines):
        return None
    return None if down.rows_stay or not down.statements else down_text(down)


def _anew(context: Context, callback: Callback, text: str) -> tuple[Edit, ...] | None:
    """`text` in the place of a definition; None where a comment in it would be lost."""
    document, span = context.document, callback.span
    if not document.starts_line(span.start) or document.rest_of_line(span.end).strip():
        return None
    if any(span.start <= comment.start < span.end for comment in document.tree.comments):
        return None
    indented = document.indented(text, document.indentation(span.start)).lstrip(" \t")
    return (*set_off(document, span), Edit(span, document.lines(indented)))


def _emptied(context: Context, finding: Finding) -> Small | None:
    """What `up` does, undone; of `execute/2` the second argument."""
    callback = context.migration.migration.callbacks.get("down")
    if callback is not None and callback.name_span == finding.span:
        text = _inverse(context)
        edits = _anew(context, callback, text) if text is not None else None
        return Small(title="Write down, which undoes up", edits=edits) if edits is not None else None
    for _, command in context.commands(Execute):
        if command.span != finding.span or not context.is_plain(command):
            continue
        call = enclosing_call(context, finding.span, "execute")
        arguments = call.child("arguments") if call is not None else None
        sql = inverse(context.steps_of(command))
        if arguments is None or len(arguments.children) != 2 or not sql:
            return None
        return _second(context, arguments.children[0], arguments.children[1], elixir.string(sql))
    return None


def _second(context: Context, first: Node, second: Node, text: str) -> Small | None:
    if second.text != '""':
        return None
    document = context.document
    title = f"Undo it on rollback: execute …, {text}"
    line = document.data[document.line_start(second.start) : document.line_end(second.end)].decode()
    if b"\n" in document.data[first.end : second.start] or len(line) + len(text) - 2 <= elixir.WIDTH:
        return Small(title=title, edits=(Edit(second.span, text),))
    before = document.data[document.line_start(first.start) : first.start].decode()
    if "\n" in first.text:
        return None
    gap = f",{document.newline}{' ' * len(before)}"
    edits = (Edit(Span(first.end, second.start), gap), Edit(second.span, text))
    return Small(title=title, edits=(*set_off(document, Span(first.start, second.end)), *edits))


def _completed(context: Context, finding: Finding) -> Small | None:
    """`down` written anew as the inverse of `up`, where it writes no rows."""
    callback = context.migration.migration.callbacks.get("down")
    down = context.migration.down
    if callback is None or down is None or down.program.callback != "down":
        return None
    if any(isinstance(item, _ROWS) for step in down.steps for item in step.statement.operations):
        return None
    text = _inverse(context)
    edits = _anew(context, callback, text) if text is not None else None
    title = "Write down anew, as the inverse of up"
    return Small(title=title, edits=edits) if edits is not None else None


def _ordered(context: Context, finding: Finding) -> Small | None:
    """The statement behind the one that depends on it, or before the one that it goes with."""
    for failure in failures(context.rules):
        if failure.order is None or failure.step.statement.span != finding.span:
            continue
        document = context.document
        moved = statement(document, finding.span)
        other = statement(document, failure.order.statement.span)
        if moved is None or other is None or moved.span != finding.span:
            return None
        if document.path(moved.span)[-2].span != document.path(other.span)[-2].span:
            return None
        if "\n" in moved.text or moved.span == other.span:
            return None
        line = Span(document.line_start(moved.start), document.next_line(moved.end))
        above = document.data[document.line_start(line.start - 1) : line.start].strip()
        if above.startswith(b"#"):
            return None
        text = document.data[line.start : line.end].decode()
        first = failure.failure.cause == "dependents"
        several = "\n" in other.text
        if first:
            at = document.next_line(other.end)
            text = (document.newline if several else "") + text
        else:
            at = document.line_start(other.start)
            text += document.newline if several else ""
        if line.start <= at <= line.end:
            return None
        gone = whole_lines(document, moved.span)
        if gone.span.start <= at <= gone.span.end:
            gone = Edit(line, "")
        edits = sorted([gone, Edit(Span(at, at), text)], key=lambda edit: edit.span)
        title = f"Do it {'after' if first else 'before'} {other.text.splitlines()[0].removesuffix(' do')}"
        return Small(title=title, edits=tuple(edits))
    return None


def _one_of_both(context: Context, finding: Finding) -> Small | None:
    """What Ecto does with `change` beside the others, said by the names."""
    document, callbacks = context.document, context.migration.migration.callbacks
    change = callbacks["change"]
    if change.name_span != finding.span or not document.starts_line(change.span.start):
        return None
    if document.rest_of_line(change.span.end).strip():
        return None
    if "up" in callbacks and "down" in callbacks:
        edit = _without(context, change)
        title = "Remove change, which never runs"
        return Small(title=title, edits=(edit,), safe=True) if edit is not None else None
    if "down" in callbacks:
        return Small(
            title="Rename change to up: it is what runs forward",
            edits=(Edit(change.name_span, "up"),),
            safe=True,
        )
    text = _inverse(context)
    edits = _anew(context, change, text) if text is not None else None
    title = "Write down, which undoes up, in the place of change"
    return Small(title=title, edits=edits) if edits is not None else None


def _without(context: Context, callback: Callback) -> Edit | None:
    """The definition gone with its lines; None where a comment belongs to it."""
    document, span = context.document, callback.span
    start = document.line_start(span.start)
    above = document.data[document.line_start(start - 1) : start].strip() if start else b""
    if above.startswith((b"#", b"@")) or not document.starts_line(span.start):
        return None
    if any(span.start <= comment.start < span.end for comment in document.tree.comments):
        return None
    return whole_lines(document, span)


def _change(context: Context, finding: Finding) -> Small | None:
    """`up` as `change`, and `down`, which says the same backwards, gone."""
    callbacks = context.migration.migration.callbacks
    up, down = callbacks["up"], callbacks["down"]
    edit = _without(context, down) if up.name_span == finding.span else None
    # What asks for the direction, or calls another function by name, has to stay as it is.
    body = context.document.data[up.span.start : up.span.end]
    if edit is None or re.search(rb"\bdirection\(", body):
        return None
    edits = sorted([Edit(up.name_span, "change"), edit], key=lambda item: item.span)
    return Small(title="Write it as change", edits=tuple(edits))


FIXES: dict[str, Fix] = {
    "empty-down": _emptied,
    "both-change-and-up": _one_of_both,
    "down-not-inverse": _completed,
    "down-order": _ordered,
    "down-fails": _completed,
    "down-loses-data": _completed,
    "prefer-change": _change,
}
