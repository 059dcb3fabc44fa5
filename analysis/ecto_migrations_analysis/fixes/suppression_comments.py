"""Comments that silence nothing: taken away, or with the name that was meant."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..syntax.span import Span
from .context import Context, Proposal, offer
from .document import Document
from .model import Change, Edit

UNUSED = "unused-suppression"
UNKNOWN = "unknown-suppression"


def proposals(context: Context) -> Iterator[Proposal]:
    # They stand anywhere in the file, and are offered once.
    if context.migration is not context.analysis.migrations[0]:
        return
    found = [item for item in context.analysis.findings if item.rule in (UNUSED, UNKNOWN)]
    unused = {item.span for item in found if item.rule == UNUSED}
    for finding in found:
        if finding.rule == UNUSED:
            yield _removal(context, finding, unused)
        elif "replacement" in finding.subject:
            name = finding.subject["replacement"]
            edit = Edit(finding.span, name)
            yield _proposal(context, "respell-suppression", f"Write {name}", finding, edit)


def _removal(context: Context, finding: Finding, unused: set[Span]) -> Proposal:
    # Imported here: few files have such comments.
    from ..rules.suppression import comments

    document = context.document
    comment = next(item for item in comments(document.source) if item.span.encloses(finding.span))
    spans = [name.span for name in comment.names]
    if all(span in unused for span in spans):
        edit = Edit(_whole(document, comment.span), "")
        return _proposal(
            context, "remove-suppression", "Remove the comment that silences nothing", finding, edit
        )
    number = spans.index(finding.span)
    if number:
        edit = Edit(Span(spans[number - 1].end, spans[number].end), "")
    else:
        edit = Edit(Span(spans[0].start, spans[1].start), "")
    name = finding.subject["rule"]
    return _proposal(context, "remove-suppression", f"Remove {name} from the comment", finding, edit)


def _whole(document: Document, comment: Span) -> Span:
    """The comment with its line, or behind code with the blanks before it."""
    if document.starts_line(comment.start):
        return Span(document.line_start(comment.start), document.next_line(comment.end))
    start = comment.start
    while document.data[start - 1 : start] in (b" ", b"\t"):
        start -= 1
    return Span(start, comment.end)


def _proposal(context: Context, strategy: str, title: str, finding: Finding, edit: Edit) -> Proposal:
    made = Change(edits=(edit,))
    subject = f"{finding.span.start}:{finding.span.end}"
    return Proposal(
        offer(
            context, strategy, subject, title, finding.span, findings=(finding,), preferred=True, safe=True
        ),
        lambda files: made,
    )
