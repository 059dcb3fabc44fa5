"""Fixes of a word or a line: for each rule a function that gives the edit for one of its findings."""

from __future__ import annotations

from collections.abc import Iterator

from ..context import Context, Proposal
from ..in_place.common import answer, found
from . import conventions, enums, indexes, meant, mysql, rows, sql_words, statements, way_back
from .edits import Fix, too_long

# In the order in which they are offered.
FIXES: dict[str, Fix] = {
    **sql_words.FIXES,
    **meant.FIXES,
    **indexes.FIXES,
    **statements.FIXES,
    **rows.FIXES,
    **mysql.FIXES,
    **way_back.FIXES,
    **conventions.FIXES,
}


def proposals(context: Context) -> Iterator[Proposal]:
    rules = {finding.rule for finding in context.analysis.findings}
    for rule, fix in FIXES.items():
        if rule not in rules:
            continue
        # A text that several commands come from (a loop, a helper function) is changed once, for all of them.
        by_span: dict[tuple[int, int], list[int]] = {}
        findings = found(context, rule)
        for number, finding in enumerate(findings):
            by_span.setdefault(finding.span, []).append(number)
        for span, numbers in by_span.items():
            answered = tuple(findings[number] for number in numbers)
            made = fix(context, answered[0])
            if made is None or not made.edits or too_long(context, made.edits):
                continue
            yield answer(
                context,
                rule,
                str(span[0]),
                made.title,
                answered,
                made.edits,
                safe=made.safe,
                preferred=made.preferred,
            )


STRATEGIES = (proposals, enums.proposals)
