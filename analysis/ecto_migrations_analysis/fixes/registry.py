"""Every fix there is, behind two calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from ..analysis import Analysis
from ..syntax.span import Span
from . import (
    complete_for_rollback,
    concurrent_index,
    constant_default,
    cutting,
    expanding,
    in_place,
    in_steps,
    index_attributes,
    move_index,
    separate_modules,
    several,
    small,
    split_not_null_add,
    split_volatile_default,
    suppress,
    suppression_comments,
    validate_later,
)
from .context import Context, Proposal
from .document import Document
from .model import Change, Files, Offer, StaleOffer

Strategy = Callable[[Context], Iterator[Proposal]]


def _late(module: str, *rules: str) -> Strategy:
    """The strategy of a module that few files need: imported where one of these rules has spoken."""

    def proposals(context: Context) -> Iterator[Proposal]:
        if any(finding.rule in rules for finding in context.analysis.findings):
            yield from import_module(module, __package__).proposals(context)

    return proposals


# In the order in which they are offered: the simplest safe way first.
STRATEGIES: tuple[Strategy, ...] = (
    constant_default.proposals,
    split_not_null_add.proposals,
    split_volatile_default.proposals,
    concurrent_index.proposals,
    index_attributes.proposals,
    move_index.proposals,
    validate_later.proposals,
    *in_steps.STRATEGIES,
    *expanding.STRATEGIES,
    *cutting.STRATEGIES,
    separate_modules.proposals,
    complete_for_rollback.proposals,
    *in_place.STRATEGIES,
    small.proposals,
    _late(".small.enums", "enum-values-differ-from-schema"),
    _late(
        ".changesets",
        *("missing-unique-constraint-in-changeset", "rename-index", "rename-constraint-name-drift"),
    ),
    _late(
        ".file_names",
        *("duplicate-version", "out-of-order-version", "future-timestamp", "duplicate-name"),
        *("migration-ext-ex", "bad-version-prefix", "duplicate-module", "module-name-mismatch"),
        *("no-migration-module", "edited-released-migration"),
    ),
    suppression_comments.proposals,
    suppress.proposals,
)


def offers(analysis: Analysis, span: Span | None = None) -> tuple[Offer, ...]:
    """The fixes to be had in the file, or those that touch `span`; cheap, nothing is computed yet.

    An empty span, a caret, stands for its line: findings are shown at lines.
    """
    found = tuple(proposal.offer for proposal in _proposals(analysis))
    if span is None:
        return found
    if span.start == span.end:
        lines = analysis.source.lines
        line = lines.line_of(span.start)
        span = Span(lines.line_start(line), lines.line_end(line))
    return tuple(
        offer for offer in found if any(_touch(span, other) for other in (offer.span, *offer.finding_spans))
    )


def change(analysis: Analysis, offer_id: str, files: Files) -> Change:
    """What the offer does to this text, with names for new files that are free in `files`.

    Raises `StaleOffer` where the text has no such offer any more.
    """
    for proposal in _proposals(analysis):
        if proposal.offer.id == offer_id:
            return proposal.make(files)
    raise StaleOffer(offer_id)


# An editor asks with every move of the caret, about the same analysis.
_latest: list[tuple[Analysis, tuple[Proposal, ...]]] = []


def _proposals(analysis: Analysis) -> tuple[Proposal, ...]:
    """The proposals of all strategies; each id once."""
    for known, proposals in _latest:
        if known is analysis:
            return proposals
    document = Document(analysis.source)
    contexts = [Context(analysis, migration, document) for migration in analysis.migrations]
    found: dict[str, Proposal] = {}
    for strategy in STRATEGIES:
        for context in contexts:
            for proposal in strategy(context):
                found.setdefault(proposal.offer.id, proposal)
    for context in contexts:
        for proposal in several.proposals(context, tuple(found.values())):
            found.setdefault(proposal.offer.id, proposal)
    _latest[:] = [(analysis, tuple(found.values()))]
    return _latest[0][1]


def _touch(first: Span, second: Span) -> bool:
    return first.start <= second.end and second.start <= first.end


__all__ = ["STRATEGIES", "StaleOffer", "Strategy", "change", "offers"]
