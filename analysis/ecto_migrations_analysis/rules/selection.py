"""What settings do to rules and findings: which rules are on, how grave their findings are.

A name stands for a rule (its id), for a chapter or a tag (`indexes`, `history`), for what is on by default
(`default`), or for every rule (`all`). The more specific name wins between `select` and `ignore`; where both
are as specific, `ignore` does.
"""

from __future__ import annotations

from ..analysis import Analysis
from ..findings import Finding, Level
from ..project.migrations import migration_file
from ..project.settings import Settings
from ..records import replace
from .catalogue import ENTRIES, chapter_of, rule
from .entry import Entry
from .their_checks import rules_of

DEFAULT = "default"
ALL = "all"
CONVENTIONS = "conventions"
# What rules say that have one of these tags is a matter of time: how long a table is scanned, rewritten, or
# its writes wait. On a small table that is short.
BLOCKING_TAGS = frozenset({"scan", "rewrite", "blocks-writes", "blocking"})
# And what is not.
_WHATEVER_THE_SIZE = frozenset({"data-loss", "fails"})
_ID, _GROUP, _EVERY = 3, 2, 1


def tags_of(name: str) -> frozenset[str]:
    """The tags of a rule as settings name them; loads the rule."""
    return frozenset(tag.replace(" ", "-").replace("_", "-") for tag in rule(name).tags)


class Selection:
    """The rules that are on for the file at `path`."""

    def __init__(self, settings: Settings, path: str | None) -> None:
        skipped = tuple(name for check in settings.skip_checks for name in rules_of(check))
        self._select = settings.select or (DEFAULT,)
        self._ignore = (*settings.ignore, *skipped)
        self._off = frozenset(name for name, level in settings.levels if level == "off")
        self._here = tuple(
            name
            for pattern, names in settings.per_file_ignores
            if path is not None and pattern.matches(path)
            for name in names
        )

    def includes(self, entry: Entry) -> bool:
        """Whether the rule is on. Loads it only where a name may be one of its tags."""
        if entry.id in self._off or weight_of(self._here, entry):
            return False
        return weight_of(self._select, entry) > weight_of(self._ignore, entry)


def weight_of(names: tuple[str, ...], entry: Entry) -> int:
    """How specific the most specific of the names is that stand for the rule; 0: none does."""
    if entry.id in names:
        return _ID
    weight = 0
    for name in names:
        if name == ALL or (name == DEFAULT and not entry.optional):
            weight = max(weight, _EVERY)
        elif name != DEFAULT and name not in ENTRIES and _is_in(name, entry):
            return _GROUP
    return weight


def _is_in(group: str, entry: Entry) -> bool:
    if group == CONVENTIONS:
        # All that are off by themselves, in whatever chapter.
        return entry.optional
    return group == chapter_of(entry.id) or group in tags_of(entry.id)


def is_past(analysis: Analysis) -> bool:
    """Whether the migration is one of those up to `start_after`."""
    after, path = analysis.project.settings.start_after, analysis.source.path
    if after is None or path is None:
        return False
    own = migration_file(path)
    return own is not None and own.version <= after


def levelled(findings: tuple[Finding, ...], analysis: Analysis) -> tuple[Finding, ...]:
    """The findings with the levels that are set: by rule, and info for short work on small tables.

    What was measured of their tables is said, and moves levels that nobody has set.
    """
    settings = analysis.project.settings
    levels = {name: Level[level.upper()] for name, level in settings.levels if level != "off"}
    if levels or settings.tables.small:
        findings = tuple(_levelled(finding, levels, settings) for finding in findings)
    if not settings.sizes:
        return findings
    from .sizes import sized, worked_on

    worked = worked_on(analysis)
    return tuple(
        sized(finding, tags_of(finding.rule), settings, worked, fixed=finding.rule in levels)
        for finding in findings
    )


def _levelled(finding: Finding, levels: dict[str, Level], settings: Settings) -> Finding:
    level = levels.get(finding.rule, finding.level)
    table = finding.subject.get("table")
    if table is not None and level > Level.INFO and not finding.fails and settings.tables.is_small(table):
        tags = tags_of(finding.rule)
        if not BLOCKING_TAGS.isdisjoint(tags) and _WHATEVER_THE_SIZE.isdisjoint(tags):
            level = Level.INFO
    return finding if level == finding.level else replace(finding, level=level)
