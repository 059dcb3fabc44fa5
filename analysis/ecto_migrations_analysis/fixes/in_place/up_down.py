"""`change` as `up` and `down`, and the `down` that is missing.

What `up` does is undone command by command. Where that is not known, `down` raises and says so: somebody
who rolls back learns it before anything has happened.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...program.migration import Callback, Migration
from ...syntax.span import Span
from .. import elixir
from ..context import Context, Proposal
from ..document import Document
from ..model import Edit
from .common import answer, found
from .inverse_commands import Down, NoWayBack, down_of

STRATEGY = "up-down"
MISSING = "missing-down"
_ROWS_STAY = " (the rows that it wrote stay)"
RULES = ("repo-write-in-change", "flush-in-change", "irreversible-change")


def proposals(context: Context) -> Iterator[Proposal]:
    migration = context.migration.migration
    if migration.broken or context.migration.up is None or not context.migration.up.complete:
        return
    findings = found(context, *RULES)
    change = migration.callbacks.get("change")
    if findings and change is not None and _plain(context, change):
        yield from _split(context, change)
    missing = found(context, MISSING)
    up = migration.callbacks.get("up")
    if missing and up is not None:
        down = _down(context)
        edits = behind(context.document, up.span, _text(down))
        if edits is not None:
            if isinstance(down, str):
                title = f"Write down, which raises: {down}"
            else:
                title = "Write down, which undoes up" + _ROWS_STAY * down.rows_stay
            yield answer(
                context, STRATEGY, "down", title, missing, edits, preferred=not isinstance(down, str)
            )


def _split(context: Context, change: Callback) -> Iterator[Proposal]:
    findings = found(context, *RULES)
    down = _down(context)
    edits = behind(context.document, change.span, _text(down))
    if edits is not None:
        title = "Write it as up and down"
        title += f" (down raises: {down})" if isinstance(down, str) else _ROWS_STAY * down.rows_stay
        renamed = Edit(change.name_span, "up")
        preferred = not isinstance(down, str)
        yield answer(context, STRATEGY, "change", title, findings, (renamed, *edits), preferred=preferred)


def _plain(context: Context, change: Callback) -> bool:
    """Whether `change` is the only callback, and does nothing that only a rollback does."""
    migration: Migration = context.migration.migration
    body = context.document.data[change.span.start : change.span.end]
    asks, forward = body.count(b"direction()"), body.count(b"direction() == :up")
    if asks != forward or (asks and b"else" in body):
        return False
    return not migration.callbacks.keys() & {"up", "down"}


def _down(context: Context) -> Down | str:
    """What `down` does, or why there is no way back."""
    try:
        return down_of(context)
    except NoWayBack as reason:
        return f"no way back from {reason}"


def _text(down: Down | str) -> str:
    if isinstance(down, str):
        return f"def down do\n  raise Ecto.MigrationError, {elixir.string(down)}\nend"
    return down_text(down)


def down_text(down: Down) -> str:
    body = elixir.block(down.statements)
    if down.rows_stay:
        remark = elixir.comment("The rows that `up` wrote stay as they are.")
        body = f"{remark}\n{body or ':ok'}"
    return f"def down do\n{elixir.indent(body or ':ok', 2)}\nend"


def behind(document: Document, definition: Span, text: str) -> tuple[Edit, ...] | None:
    """A definition behind another one, an empty line between them."""
    if not (document.starts_line(definition.start) and document.ends_line(definition.end)):
        return None
    at = document.line_end(definition.end)
    indented = document.indented(text, document.indentation(definition.start))
    return (Edit(Span(at, at), document.lines(f"\n\n{indented}")),)
