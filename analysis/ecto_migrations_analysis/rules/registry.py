"""Every rule there is, and the one call that runs them."""

from __future__ import annotations

from functools import cache

from ..analysis import Analysis
from ..findings import Finding
from .base import Rule
from .catalogue import RULES
from .context import MigrationContext


@cache
def rules() -> dict[str, Rule]:
    """All rules by id."""
    return {rule.id: rule() for rule in RULES}


def check(analysis: Analysis) -> tuple[Finding, ...]:
    """The findings of all rules on an analysis that has none yet, in the order of the text."""
    findings: list[Finding] = []
    for migration in analysis.migrations:
        context = MigrationContext(analysis, migration)
        for rule in rules().values():
            if analysis.project.database in rule.databases:
                findings.extend(rule.check(context))
    kept = _most_specific(_once(findings))
    return tuple(sorted(kept, key=lambda finding: (finding.span, -finding.level, finding.rule)))


def _once(findings: list[Finding]) -> list[Finding]:
    """Each rule once per place and message: a helper called twice is one cause."""
    seen: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.rule, finding.span, finding.message), finding)
    return list(seen.values())


def _most_specific(findings: list[Finding]) -> list[Finding]:
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    silenced = {
        id(weak)
        for strong in findings
        for silent in rules()[strong.rule].silences
        for weak in by_rule.get(silent, ())
        if _overlap(strong, weak)
    }
    return [finding for finding in findings if id(finding) not in silenced]


def _overlap(one: Finding, other: Finding) -> bool:
    return one.span.start < other.span.end and other.span.start < one.span.end
