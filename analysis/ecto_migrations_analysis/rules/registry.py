"""Every rule there is, and the one call that runs them."""

from __future__ import annotations

from functools import cache

from ..analysis import Analysis
from ..findings import Finding
from .base import Rule
from .catalogue import RULES
from .context import MigrationContext
from .suppression import without_silenced


@cache
def rules() -> dict[str, Rule]:
    """All rules by id."""
    return {rule.id: rule() for rule in RULES}


def check(analysis: Analysis) -> tuple[Finding, ...]:
    """The findings of all rules on an analysis that has none yet, in the order of the text.

    Without those that a comment silences, and those inside of a part that did not parse: what stands there
    may be the half of something else.
    """
    findings: list[Finding] = []
    for migration in analysis.migrations:
        context = MigrationContext(analysis, migration)
        for rule in rules().values():
            if analysis.project.database in rule.databases:
                findings.extend(rule.check(context))
    parsed = [
        finding for finding in findings if not any(part.encloses(finding.span) for part in analysis.broken)
    ]
    kept = _most_specific(_once(parsed))
    ordered = sorted(kept, key=lambda finding: (finding.span, -finding.level, finding.rule))
    return without_silenced(analysis.source, tuple(ordered))


def _once(findings: list[Finding]) -> list[Finding]:
    """Each rule once per place and message: a helper called twice is one cause."""
    seen: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.rule, finding.span, finding.message), finding)
    return list(seen.values())


def _most_specific(findings: list[Finding]) -> list[Finding]:
    """Without those that another finding at the same place says more about.

    A sweep over the text: a file of a megabyte may have ten thousand findings.
    """
    silenced: set[int] = set()
    standing: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: finding.span.start):
        standing = [other for other in standing if other.span.end > finding.span.start]
        for other in standing:
            if _overlap(finding, other):
                if other.rule in rules()[finding.rule].silences:
                    silenced.add(id(other))
                if finding.rule in rules()[other.rule].silences:
                    silenced.add(id(finding))
        standing.append(finding)
    return [finding for finding in findings if id(finding) not in silenced]


def _overlap(one: Finding, other: Finding) -> bool:
    return one.span.start < other.span.end and other.span.start < one.span.end
