"""The plan of a report: what changes, how grave it is, who waits, and in which steps it could be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.findings import Level
from ecto_migrations_analysis.fixes.model import Offer
from ecto_migrations_analysis.fixes.registry import offers
from ecto_migrations_analysis.records import dataclass
from ecto_migrations_analysis.report.changes import changes
from ecto_migrations_analysis.report.demands import Demand, demands
from ecto_migrations_analysis.report.migration import MigrationReport

from .texts import code, counted, one_line
from .verifying import modelled

_MOST_CHANGES: Final = 12
_MOST_SENTENCES: Final = 6
_MOST_SPLITS: Final = 3


@dataclass(frozen=True, kw_only=True)
class Split:
    """A way to do it in several migrations: `steps` in order, `line` (from 1) for `expand`."""

    title: str
    steps: tuple[str, ...]
    files: int
    line: int


def splits(analysis: Analysis) -> tuple[Split, ...]:
    """The ways in several migrations that findings ask for, the preferred one of each finding first."""
    found: dict[str, Split] = {}
    asked = (offer for offer in offers(analysis) if offer.new_file_count and offer.rules)
    for offer in sorted(asked, key=lambda offer: not offer.preferred):
        found.setdefault(offer.title, _split(analysis, offer))
    return tuple(found.values())


def _split(analysis: Analysis, offer: Offer) -> Split:
    place = offer.finding_spans[0] if offer.finding_spans else offer.span
    _, _, way = offer.title.partition(": ")
    return Split(
        title=offer.title,
        steps=tuple(step.strip() for step in way.split(" → ")) if " → " in way else (),
        files=offer.new_file_count + 1,
        line=analysis.source.lines.line_of(place.start) + 1,
    )


def plan(analysis: Analysis, whole: MigrationReport, shown: str) -> Iterator[str]:
    yield "## Plan"
    yield "\n".join(_facts(analysis, whole, shown))


def _facts(analysis: Analysis, whole: MigrationReport, shown: str) -> Iterator[str]:
    yield f"- Change: {change_words(analysis)}"
    yield f"- Classification: **{whole.classification}**{_because(analysis)}"
    for sentence in _sentences(whole):
        yield f"- Lock behaviour: {sentence}"
    manner = "one for the whole migration" if whole.transaction else "none, each statement by itself"
    yield f"- Transaction: {manner}"
    yield f"- Database: {whole.database}"
    yield from _expand_contract(analysis, shown)


def change_words(analysis: Analysis, most: int = _MOST_CHANGES) -> str:
    """What the migration does going up, in one line."""
    found = changes(analysis.migrations[0] if analysis.migrations else None)
    shown = found[:most]
    if len(found) > len(shown):
        shown.append(f"{len(found) - len(shown)} more")
    return "; ".join(shown) or "nothing is sent to the database"


def _because(analysis: Analysis) -> str:
    """How many findings of which level, where there are any."""
    levels = [str(finding.level) for finding in analysis.findings]
    found = [f"{levels.count(level)} {level}" for level in ("danger", "risk", "info") if level in levels]
    return f" ({', '.join(found)})" if found else ""


def _sentences(whole: MigrationReport) -> list[str]:
    """How each statement locks, equal ones once."""
    found = list(dict.fromkeys(statement.sentence for statement in whole.up if statement.sentence))
    if len(found) > _MOST_SENTENCES:
        found = [*found[:_MOST_SENTENCES], f"{counted(len(found) - _MOST_SENTENCES, 'more')} below."]
    if found:
        return found
    unknown = any(statement.unknown for statement in whole.up)
    return ["not known"] if unknown or not whole.modelled else ["no table is locked"]


def _expand_contract(analysis: Analysis, shown: str) -> Iterator[str]:
    found = splits(analysis)
    if found:
        yield f"- Expand–contract: yes, {'one of these ways' if len(found) > 1 else 'in these steps'}"
        for split in found[:_MOST_SPLITS]:
            yield f"  - {split.title} ({code(f'ecto-migrations expand {shown}:{split.line}')})"
        if len(found) > _MOST_SPLITS:
            yield f"  - {len(found) - _MOST_SPLITS} more: {code(f'ecto-migrations expand {shown}')}"
        return
    yield f"- Expand–contract: {_by_hand(analysis)}"
    for offer, line in _safer(analysis):
        yield f"- Safer: {offer.title} ({code(f'ecto-migrations expand {shown}:{line}')})"


def _safer(analysis: Analysis) -> Iterator[tuple[Offer, int]]:
    """The first fix in the same file of each risk and danger that has one, and the line (from 1) of it."""
    open_ones = {(finding.rule, finding.span) for finding in analysis.findings if finding.level > Level.INFO}
    for offer in sorted(offers(analysis), key=lambda offer: not offer.preferred):
        answered = {(rule, span) for rule in offer.rules for span in offer.finding_spans} & open_ones
        if answered and not offer.suppresses and not offer.new_file_count:
            open_ones -= answered
            yield offer, analysis.source.lines.line_of(min(span for _, span in answered).start) + 1


def _by_hand(analysis: Analysis) -> str:
    """What is said where nothing splits it."""
    asked = demands(analysis.migrations[0]) if analysis.migrations else ()
    kinds = {demand.kind for demand in asked}
    if "renamed" in kinds or "retyped" in kinds:
        return f"yes, by hand{_advice(analysis, asked)}"
    if "gone" in kinds:
        return "this is the last step of one: the code goes first (see Deployment Plan)"
    if "stricter" in kinds:
        return "the code that keeps to it goes first (see Deployment Plan)"
    if not modelled(analysis.project):
        return "nothing is known that asks for it"
    return "no: code from before and from after works with it"


def _advice(analysis: Analysis, asked: tuple[Demand, ...]) -> str:
    spans = [demand.operation.span for demand in asked if demand.kind in ("renamed", "retyped")]
    found = [
        one_line(finding.advice)
        for finding in analysis.findings
        if finding.advice and any(finding.span.start <= s.end and s.start <= finding.span.end for s in spans)
    ]
    return f": {' '.join(dict.fromkeys(found))}" if found else ""
