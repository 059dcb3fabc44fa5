"""The fixes that need no decision, applied until nothing changes: fix all on save, `check --fix`.

An offer is taken where it is `safe`, answers a finding and makes no file (`is_unattended`). What one of
them makes is judged: where it brings a risk or a danger that was not there (a statement that ran outside of
the transaction would now hold its lock longer, a migration that has run already would be another one), it
is left to somebody who looks at it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from ..analysis import Analysis
from ..findings import Level
from ..records import dataclass
from ..syntax.source import Source
from ..syntax.span import Span
from .model import Change, Edit, Files, Offer
from .registry import change, offers

Judge = Callable[[Source], Analysis]

# A fix may make another one possible; no text needs half as many rounds.
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Fixed:
    """The text as it is now, and the titles of what was done, in order; none where nothing was."""

    analysis: Analysis
    titles: tuple[str, ...] = ()


def is_unattended(offer: Offer) -> bool:
    """Whether it may be applied without anybody looking."""
    return (
        offer.safe
        and bool(offer.rules)
        and not offer.new_file_count
        and not offer.renames
        and not offer.suppresses
    )


def fix(analysis: Analysis, judge: Judge, files: Files) -> Fixed:
    """Applies what needs no decision. `judge` analyses the text after each round, in the same project."""
    titles: list[str] = []
    seen = {analysis.source.data}
    for _ in range(_ROUNDS):
        wanted = [offer for offer in offers(analysis) if is_unattended(offer)]
        step = _step(analysis, wanted, judge, files, seen)
        if step is None:
            break
        analysis = step.analysis
        seen.add(analysis.source.data)
        titles += step.titles
    return Fixed(analysis, tuple(titles))


def edits(before: bytes, after: bytes) -> tuple[Edit, ...]:
    """The lines that differ. Raises `UnicodeDecodeError` where one of them is no UTF-8."""
    from difflib import SequenceMatcher

    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    return tuple(
        Edit(Span(starts[first], starts[last]), b"".join(new[start:end]).decode())
        for tag, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    )


def _step(
    analysis: Analysis, wanted: list[Offer], judge: Judge, files: Files, seen: set[bytes]
) -> Fixed | None:
    """The fixes of one strategy at once: those of two may do the same thing in two places."""
    strategies: dict[str, list[Offer]] = {}
    for offer in wanted:
        strategies.setdefault(offer.id.partition(":")[0], []).append(offer)
    for same in strategies.values():
        step = _together(analysis, same, judge, files, seen) or _one(analysis, same, judge, files, seen)
        if step is not None:
            return step
    return None


def _together(
    analysis: Analysis, wanted: list[Offer], judge: Judge, files: Files, seen: set[bytes]
) -> Fixed | None:
    """All that do not get in each other's way; None where there are not two of them, or they do harm."""
    taken: list[Edit] = []
    titles: list[str] = []
    for offer in wanted:
        made = _made(analysis, offer, files)
        if made is not None and not any(_touch(edit, other) for edit in made for other in taken):
            taken += made
            titles.append(offer.title)
    return _applied(analysis, taken, titles, judge, seen) if len(titles) > 1 else None


def _one(
    analysis: Analysis, wanted: list[Offer], judge: Judge, files: Files, seen: set[bytes]
) -> Fixed | None:
    """The first that does no harm."""
    for offer in wanted:
        made = _made(analysis, offer, files)
        step = _applied(analysis, made, [offer.title], judge, seen) if made is not None else None
        if step is not None:
            return step
    return None


def _made(analysis: Analysis, offer: Offer, files: Files) -> tuple[Edit, ...] | None:
    made: Change = change(analysis, offer.id, files)
    return None if made.new_files or made.others or made.rename else made.edits


def _applied(
    analysis: Analysis, taken: Iterable[Edit], titles: list[str], judge: Judge, seen: set[bytes]
) -> Fixed | None:
    source = analysis.source
    data = source.data
    for edit in sorted(taken, key=lambda edit: edit.span, reverse=True):
        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
    if data in seen:
        return None
    after = judge(Source(data, source.path))
    return None if _does_harm(analysis, after) else Fixed(after, tuple(titles))


def _does_harm(before: Analysis, after: Analysis) -> bool:
    """Whether it no longer parses, or has a risk or a danger that it had not."""
    if len(after.broken) > len(before.broken) or len(after.migrations) != len(before.migrations):
        return True
    return bool(_grave(after) - _grave(before))


def _grave(analysis: Analysis) -> Counter[str]:
    return Counter(finding.rule for finding in analysis.findings if finding.level >= Level.RISK)


def _touch(first: Edit, second: Edit) -> bool:
    return first.span.start <= second.span.end and second.span.start <= first.span.end
