"""Every fix there is, behind two calls."""

from __future__ import annotations

from ..analysis import Analysis
from ..syntax.span import Span
from .model import Change, Files, Offer


class StaleOffer(Exception):
    """The offer's subject is no longer in the text."""


def offers(analysis: Analysis, span: Span | None = None) -> tuple[Offer, ...]:
    """The fixes to be had in the file, or those that touch `span`; cheap, nothing is computed yet."""
    return ()


def change(analysis: Analysis, offer_id: str, files: Files) -> Change:
    """What the offer does to this text, with names for new files that are free in `files`.

    Raises `StaleOffer` where the text has no such offer any more.
    """
    raise StaleOffer(offer_id)
