"""The one call that runs the rules."""

from __future__ import annotations

from ..analysis import Analysis
from ..findings import Finding
from .catalogue import ENTRIES, rule
from .context import MigrationContext
from .presence import present
from .selection import Selection, is_past, levelled

# What has to be in a text for a comment that silences rules: most have none, and nothing is loaded for them.
_COMMENTS = (b"ecto-migrations:", b"excellent_migrations:safety-assured-for-")


def check(analysis: Analysis) -> tuple[Finding, ...]:
    """The findings of all rules on an analysis that has none yet, in the order of the text.

    Without those that a comment silences, and those inside of a part that did not parse: what stands there
    may be the half of something else. Settings say which rules are on and at which level.
    """
    if is_past(analysis):
        return ()
    selection = Selection(analysis.project.settings, analysis.source.path)
    found = _found(analysis, selection, late=False)
    kept = _most_specific(found)
    if any(mark in analysis.source.data for mark in _COMMENTS):
        from .suppression import without_silenced

        kept += _found(analysis, selection, late=True, others=tuple(found))
        kept = without_silenced(analysis, kept)
    ordered = sorted(kept, key=lambda finding: (finding.span, -finding.level, finding.rule))
    return levelled(tuple(ordered), analysis)


def _found(
    analysis: Analysis, selection: Selection, *, late: bool, others: tuple[Finding, ...] | None = None
) -> list[Finding]:
    """What the rules that are on find in the parts that did parse; `others` are findings of other rules."""
    findings: list[Finding] = []
    for migration in analysis.migrations:
        context = MigrationContext(analysis, migration, others)
        kinds = present(analysis, migration)
        for entry in ENTRIES.values():
            if entry.late is not late or (entry.on and kinds.isdisjoint(entry.on)):
                continue
            if selection.includes(entry) and analysis.project.database in rule(entry.id).databases:
                findings.extend(rule(entry.id).check(context))
    return _once(
        [finding for finding in findings if not any(part.encloses(finding.span) for part in analysis.broken)]
    )


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
                if other.rule in rule(finding.rule).silences:
                    silenced.add(id(other))
                if finding.rule in rule(other.rule).silences:
                    silenced.add(id(finding))
        standing.append(finding)
    return [finding for finding in findings if id(finding) not in silenced]


def _overlap(one: Finding, other: Finding) -> bool:
    return one.span.start < other.span.end and other.span.start < one.span.end
