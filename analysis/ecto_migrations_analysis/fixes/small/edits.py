"""What a small fix gives, and the edits that several of them need."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from ...findings import Finding
from ...records import dataclass
from ...syntax.span import Span
from ...syntax.tree import Node
from .. import elixir
from ..context import Context
from ..document import Document
from ..in_place.common import apart, statement, whole_lines
from ..model import Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """`safe`: it changes nothing but what the finding is about, so that it may be applied unasked."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False
    preferred: bool = True


# None where it cannot be done here.
Fix: TypeAlias = Callable[[Context, Finding], "Small | None"]


def raw(context: Context, span: Span) -> bytes:
    """The text of the file at `span`, as it is written."""
    return context.document.data[span.start : span.end]


def sql_insert(context: Context, finding: Finding, after: re.Pattern[bytes], text: str) -> list[Edit] | None:
    """`text` behind the words that the SQL at the finding begins with; None where it begins otherwise."""
    match = after.match(raw(context, finding.span))
    if match is None:
        return None
    at = finding.span.start + match.end()
    return [Edit(Span(at, at), text), *apart(context, finding.span, len(text))]


def sql_replace(context: Context, finding: Finding, what: re.Pattern[bytes], text: str) -> list[Edit] | None:
    """`text` in the place of the one match in the SQL at the finding; None where there is not just one."""
    matches = list(what.finditer(raw(context, finding.span)))
    if len(matches) != 1:
        return None
    start, end = (finding.span.start + at for at in matches[0].span())
    return [Edit(Span(start, end), text), *apart(context, finding.span, len(text) - (end - start))]


def enclosing_call(context: Context, span: Span, *names: str) -> Node | None:
    """The innermost call of one of these functions around `span`, or at it."""
    for node in reversed(context.document.path(span)):
        if node.kind == "call" and node.children[0].text in names:
            return None if node.has_error else node
    return None


def deleted(context: Context, span: Span) -> Edit | None:
    """The statement that `span` is, gone with its lines; None where it shares a line, or is all there is."""
    node = statement(context.document, span)
    if node is None or node.span != span:
        return None
    return whole_lines(context.document, span)


def too_long(context: Context, edits: Iterable[Edit]) -> bool:
    """Whether they make a line too long that `mix format` would break, and none of them breaks it."""
    document = context.document
    changed: dict[int, int] = {}
    for edit in edits:
        line = document.line_start(edit.span.start)
        several = "\n" in edit.text or edit.span.end > document.line_end(line)
        longer = len(edit.text) - (edit.span.end - edit.span.start)
        changed[line] = -len(document.data) if several else changed.get(line, 0) + longer
    for line, longer in changed.items():
        text = document.data[line : document.line_end(line)].decode("utf-8", "replace")
        # A string is never broken.
        if longer > 0 and len(text) <= elixir.WIDTH < len(text) + longer:
            return not text.lstrip().startswith(('execute "', '"'))
    return False


def set_off(document: Document, statement: Span) -> tuple[Edit, ...]:
    """The empty lines around a statement of one line that takes several from now on."""
    start, end = document.line_start(statement.start), document.line_end(statement.end)
    if document.line_start(statement.end) != start:
        return ()
    edits = []
    above = document.data[document.line_start(start - 1) : start].strip() if start else b""
    if above and not above.endswith((b" do", b"->", b"else")) and not above.startswith(b"#"):
        edits.append(Edit(Span(start, start), document.newline))
    following = document.next_line(end)
    below = document.data[following : document.line_end(following)].strip()
    if below and not below.startswith((b"end", b"else")):
        edits.append(Edit(Span(end, end), document.newline))
    return tuple(edits)


def with_empty_lines(context: Context, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits, and the empty lines around each statement of one line that they spread over several."""
    made = list(dict.fromkeys(edits))
    for edit in tuple(made):
        node = statement(context.document, edit.span) if "\n" in edit.text else None
        # What goes before or behind a statement leaves it as it is.
        if (
            node is None
            or edit.span.end <= node.start
            or (edit.span.start >= node.end and node.kind != "call")
        ):
            continue
        if edit.text.startswith(("\n\n", "\r\n\r\n")):
            continue
        made += [gap for gap in set_off(context.document, node.span) if gap not in made]
    return tuple(made)
