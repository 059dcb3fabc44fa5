"""What the measured size of its table means for a finding: it is told, and where time is all, it counts."""

from __future__ import annotations

from collections.abc import Mapping

from ..analysis import Analysis
from ..findings import Finding, Level
from ..project.settings import Settings
from ..records import replace
from .catalogue import rule

# What such rules say is about how long all rows of the table of their subject take.
_TIMED = frozenset({"scan", "rewrite", "blocks-writes"})
_TIMED_RULES = frozenset(
    {
        "backfill-in-ddl-transaction",
        "backfill-unbatched",
        "concurrent-down-mismatch",
        "exclusion-constraint",
        "long-op-under-exclusive-lock",
        "reindex-not-concurrent",
        "unique-constraint-raw",
        "vacuum-full-or-cluster",
    }
)
# And here something else than the subject is read: a partition, the tables of a query, those of a domain.
_OF_ANOTHER = frozenset(
    {
        "constraint-in-domain",
        "enum-replace-type",
        "partition-attach",
        "partition-create-default",
        "refresh-matview",
    }
)
# The table of its subject is locked while others are worked on.
_WORK_BESIDE = frozenset({"long-op-under-exclusive-lock"})
# What is said of these depends on rows, so that their number is worth a word.
_OF_ROWS = _TIMED | {"blocking", "data-loss", "fails"}
_MOST_TOLD = 2


def worked_on(analysis: Analysis) -> dict[str, tuple[str, ...]]:
    """By statement, as `Finding.subject` names it: the tables that it reads or writes as a whole.

    They may be others than the one that is altered: a foreign key to it is verified again.
    """
    found: dict[str, dict[str, None]] = {}
    for migration in analysis.migrations:
        for run in (migration.up, migration.down):
            for step in run.steps if run is not None else ():
                span, effect = step.statement.span, step.effect
                tables = found.setdefault(f"{span.start}:{span.end}", {})
                tables.update(dict.fromkeys(map(str, (*effect.rewrites, *effect.scans, *effect.writes_rows))))
    return {statement: tuple(tables) for statement, tables in found.items()}


def sized(
    finding: Finding,
    tags: frozenset[str],
    settings: Settings,
    worked: Mapping[str, tuple[str, ...]],
    *,
    fixed: bool,
) -> Finding:
    """The finding with the sizes of its tables told, as far as they are known.

    Where all tables that are worked on were measured to be small, work is for information, and a risk on a
    large one is a danger; not where the level is `fixed` by settings, a pattern of theirs says something
    else, or the statement fails whatever the size.
    """
    sizes, tables = settings.sizes, settings.tables
    about = "worked" if finding.rule in _WORK_BESIDE else "table"
    names = finding.subject.get(about, "").split(", ")
    if about == "table":
        names = list(dict.fromkeys([*names, *worked.get(finding.subject.get("statement", ""), ())]))
    known = [(name, found) for name in names if (found := sizes.of(name)) is not None]
    if not known or _OF_ROWS.isdisjoint(tags):
        return finding
    timed = bool(tags & _TIMED) or finding.rule in _TIMED_RULES
    timed = timed and not tags & {"data-loss", "fails"} and not finding.fails
    level = finding.level
    if timed and not fixed:
        small = all(sizes.is_small(name) and not tables.is_large(name) for name in names)
        if small and finding.rule not in _OF_ANOTHER:
            level = Level.INFO
        elif level == Level.RISK == rule(finding.rule).level:
            if any(found.is_large and not tables.is_small(name) for name, found in known):
                level = Level.DANGER
    told = ", ".join(f"`{name}` has {size}" for name, size in known[:_MOST_TOLD])
    reason = f"{finding.reason} Measured {sizes.measured or 'at a time that is not known'}"
    if level < finding.level:
        reason += f"; small enough that this takes an instant: {level} instead of {finding.level}"
    elif level > finding.level:
        reason += f"; large enough that this takes long: {level} instead of {finding.level}"
    return replace(finding, level=level, message=f"{finding.message} {told}.", reason=f"{reason.strip()}.")
