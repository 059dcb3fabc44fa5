"""What the fixes within one file have in common."""

from __future__ import annotations

from collections.abc import Iterable

from ...findings import Finding
from ...syntax.span import Span
from ...syntax.tree import STATEMENT_LISTS, Node
from .. import elixir
from ..context import Context, Proposal, offer
from ..document import Document
from ..model import Change, Edit


def found(context: Context, *rules: str) -> tuple[Finding, ...]:
    """The findings of these rules in the module, of both directions, in the order of the text."""
    own = context.migration.migration.span
    items = [item for item in context.analysis.findings if item.rule in rules and own.encloses(item.span)]
    return tuple(sorted(items, key=lambda item: item.span))


def answer(
    context: Context,
    strategy: str,
    subject: str,
    title: str,
    findings: tuple[Finding, ...],
    edits: Iterable[Edit],
    *,
    span: Span | None = None,
    safe: bool = False,
    preferred: bool = True,
) -> Proposal:
    """An offer whose change is these edits; it stands at `span`, else at the first finding."""
    made = Change(edits=tuple(sorted(edits, key=lambda edit: edit.span)))
    place = span if span is not None else findings[0].span
    return Proposal(
        offer(context, strategy, subject, title, place, findings=findings, preferred=preferred, safe=safe),
        lambda files: made,
    )


def statement(document: Document, span: Span) -> Node | None:
    """The statement of a block that holds `span`, a line of its own; None where it shares one."""
    path = document.path(span)
    for parent, node in zip(reversed(path[:-1]), reversed(path), strict=False):
        if parent.kind in STATEMENT_LISTS:
            alone = document.starts_line(node.start) and document.ends_line(node.end)
            return node if alone and node.kind not in STATEMENT_LISTS else None
    return None


def whole_lines(document: Document, span: Span) -> Edit:
    """The lines of `span` gone, with the empty line that set them off."""
    data = document.data
    start, end = document.line_start(span.start), document.next_line(span.end)
    above = document.line_start(start - 1) if start else 0
    below = data[end : document.line_end(end)].strip()
    if start and not data[above:start].strip() and (not below or below == b"end"):
        start = above
    elif not below and document.next_line(end) > end and data[above:start].strip().endswith((b"do", b"->")):
        end = document.next_line(end)
    return Edit(Span(start, end), "")


def execute(up: str, down: str | None, column: int, function: str = "execute") -> str:
    """`execute "up", "down"` at an indentation of `column`; the second below the first if long."""
    first = f"{function} {elixir.string(up)}"
    if down is None:
        return first
    second = elixir.string(down)
    if column + len(first) + len(", ") + len(second) <= elixir.WIDTH:
        return f"{first}, {second}"
    return f"{first},\n{' ' * len(f'{function} ')}{second}"


def replaced(document: Document, node: Node, text: str) -> Edit:
    """`text`, written at the left margin, in the place of a statement."""
    indentation = document.indentation(node.start)
    return Edit(node.span, document.lines(document.indented(text, indentation).lstrip(" \t")))


def apart(context: Context, span: Span, longer: int) -> list[Edit]:
    """The second argument of `execute` on a line of its own, where `longer` makes the line too long."""
    document = context.document
    node = statement(document, span)
    arguments = node.child("arguments") if node is not None else None
    if (
        node is None
        or arguments is None
        or len(arguments.children) != 2
        or node.children[0].text != "execute"
    ):
        return []
    line = document.data[document.line_start(node.start) : node.end].decode("utf-8", "replace")
    if "\n" in line or len(line) + longer <= elixir.WIDTH:
        return []
    first, second = arguments.children
    before = document.data[node.start : first.start].decode("utf-8", "replace")
    pad = document.indentation(node.start) + " " * len(before)
    return [Edit(Span(first.end, second.start), f",{document.newline}{pad}")]
