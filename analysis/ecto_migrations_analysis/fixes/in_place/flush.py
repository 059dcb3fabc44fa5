"""`flush()` before a call of the repo that needs what the commands above it make.

In `up` only: in `change` it raises on rollback.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding
from ...program.commands import RepoCall, RepoQuery
from ..context import Context, Proposal
from ..module_edits import before_statement
from .common import answer, found, statement

STRATEGY = "flush"
RULE = "flush-needed"


def proposals(context: Context) -> Iterator[Proposal]:
    done: set[int] = set()
    for finding in found(context, RULE):
        if not _runs_in_up(context, finding):
            continue
        node = statement(context.document, finding.span)
        if node is None or node.start in done:
            continue
        done.add(node.start)
        edits = before_statement(context.document, node.span, "flush()")
        if edits is not None:
            answered = tuple(item for item in found(context, RULE) if node.span.encloses(item.span))
            title = "Call flush() first, so that the commands above it have run"
            subject = str(finding.span.start)
            yield answer(context, STRATEGY, subject, title, answered, edits, safe=True)


def _runs_in_up(context: Context, finding: Finding) -> bool:
    for step in context.steps:
        command = step.statement.command
        if isinstance(command, RepoCall | RepoQuery) and command.span == finding.span:
            return command.callback == "up" and not command.via
    return False
