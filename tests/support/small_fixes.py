"""What the tests of small fixes share: a `Case` in one line, a rule's offers, the text after one."""

from __future__ import annotations

from dataclasses import replace

from ecto_migrations_analysis.fixes.model import Offer
from ecto_migrations_analysis.fixes.registry import change, offers
from ecto_migrations_analysis.rules.base import Case

from . import cases
from .elixir import Later
from .fixing import KnownFiles, apply


def case(text: str, before: str = "", **more: object) -> Case:
    return Case(about="", text=text, before=(before,) if before else (), **more)  # type: ignore[arg-type]


def offered(subject: Case, rule: str) -> list[Offer]:
    return [offer for offer in offers(cases.analysis_of(subject)) if offer.id.startswith(f"{rule}:")]


def written(subject: Case, rule: str) -> tuple[str, Offer]:
    """The text after the first fix of the rule."""
    analysis = cases.analysis_of(subject)
    offer = offered(subject, rule)[0]
    made = change(analysis, offer.id, KnownFiles())
    assert not made.new_files and not made.others
    return apply(analysis.source.data, made).decode(), offer


def assert_written(rule: str, subject: Case, after: str, title: str, safe: bool, formatted: Later) -> None:
    """The first fix of the rule makes this of it, and what it answers is found no more."""
    before = [finding for finding in cases.findings_of(subject) if finding.rule == rule]
    text, offer = written(subject, rule)
    assert text == cases.migration_text(after)
    assert (offer.title, offer.safe, offer.rules) == (title, safe, (rule,))
    left = [finding for finding in cases.findings_of(replace(subject, text=text)) if finding.rule == rule]
    assert len(left) == len(before) - len(offer.finding_spans)
    formatted(text)
