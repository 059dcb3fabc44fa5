"""A comment that silences a rule: for the next line, or for the whole file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..findings import Finding
from ..rules.catalogue import ENTRIES
from ..rules.suppression import lines_of
from ..syntax.span import Span
from .context import Context, Proposal, offer
from .document import Document
from .model import Change, Edit

LINE = "disable-for-next-line"
FILE = "disable-for-this-file"
_COMMENT = "# ecto-migrations:{} {} -- reason"
# The rules that a comment names already: another one joins them.
_NAMED = re.compile(rb"#\s*ecto-migrations:disable-for-next-line\s+[a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*")
_STRINGS = ("string", "charlist", "sigil", "quoted_content")


def proposals(context: Context) -> Iterator[Proposal]:
    document = context.document
    span = context.migration.migration.span
    lines: dict[tuple[str, int], list[Finding]] = {}
    rules: dict[str, list[Finding]] = {}
    for finding in context.analysis.findings:
        if ENTRIES[finding.rule].late:
            # It is about such a comment, and has a fix of its own.
            continue
        # A finding outside of every module belongs to the first.
        if not span.encloses(finding.span) and context.migration is not context.analysis.migrations[0]:
            continue
        line = document.source.lines.line_of(finding.span.start)
        lines.setdefault((finding.rule, line), []).append(finding)
        rules.setdefault(finding.rule, []).append(finding)
    for (rule, _), findings in lines.items():
        edit = _next_line(document, rule, findings[0])
        if edit is not None:
            subject = f"{rule}:{document.source.lines.line_of(findings[0].span.start)}"
            yield _proposal(context, LINE, subject, f"Disable {rule} for the next line", findings, edit)
    for rule, findings in rules.items():
        edit = _file(document, rule)
        yield _proposal(context, FILE, rule, f"Disable {rule} for this file", findings, edit)


def _proposal(
    context: Context, strategy: str, subject: str, title: str, findings: list[Finding], edit: Edit
) -> Proposal:
    made = Change(edits=(edit,))
    return Proposal(
        offer(context, strategy, subject, title, findings[0].span, findings=tuple(findings)),
        lambda files: made,
    )


def _next_line(document: Document, rule: str, finding: Finding) -> Edit | None:
    """The comment above the line, or above the call that a text of several lines is for.

    None where that line too begins inside a string.
    """
    start = document.source.lines.line_start(min(lines_of(finding, document.source)))
    for node in document.path(Span(start, start)):
        if node.kind in _STRINGS and node.start < start < node.end:
            return None
    if start:
        previous = document.line_start(start - 1)
        match = _NAMED.search(document.data, previous, document.line_end(previous))
        if match is not None:
            return Edit(Span(match.end(), match.end()), f", {rule}")
    text = document.indentation(start) + _COMMENT.format(LINE, rule) + "\n"
    return Edit(Span(start, start), document.lines(text))


def _file(document: Document, rule: str) -> Edit:
    """The comment at the top of the file (behind a byte order mark)."""
    at = 3 if document.data.startswith(b"\xef\xbb\xbf") else 0
    return Edit(Span(at, at), document.lines(_COMMENT.format(FILE, rule) + "\n"))
