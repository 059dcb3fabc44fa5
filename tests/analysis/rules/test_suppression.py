"""Comments that silence rules."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.fixes.registry import change, offers
from ecto_migrations_analysis.rules import suppression
from ecto_migrations_analysis.rules.catalogue import rules
from ecto_migrations_analysis.syntax.source import Source

TEXT = """{head}defmodule MyApp.Repo.Migrations.IndexPosts do
  use Ecto.Migration

  def change do
    {above}
    create index(:posts, [:title]){behind}
    create index(:posts, [:state])
  end
end
"""
RULE = "index-not-concurrent"


def lines(text: str) -> list[int]:
    source = Source.from_text(text)
    return [
        source.lines.line_of(finding.span.start) + 1
        for finding in analyze(source).findings
        if finding.rule == RULE
    ]


@pytest.mark.parametrize(
    ("place", "comment", "found"),
    [
        ("above", "", [6, 7]),
        ("above", f"# ecto-migrations:disable-for-next-line {RULE}", [7]),
        ("above", f"# ecto-migrations:disable-for-next-line {RULE} -- the table is small", [7]),
        ("above", f"# ecto-migrations:disable-for-next-line drop-table, {RULE} -- small", [7]),
        ("above", f"# ecto-migrations:disable-for-next-line drop-table {RULE}", [7]),
        ("above", f"# ecto-migrations:disable-for-next-line {RULE}\n\n    # a note", [9]),
        ("above", "# ecto-migrations:disable-for-next-line", [6, 7]),
        ("above", "# ecto-migrations:disable-for-next-line drop-table", [6, 7]),
        ("above", f"# ecto-migrations:disable-for-next-line drop-table -- {RULE}", [6, 7]),
        ("above", f'"# ecto-migrations:disable-for-this-file {RULE}"', [6, 7]),
        ("behind", f"  # ecto-migrations:disable-for-this-line {RULE}", [7]),
        ("behind", f"  # ecto-migrations:disable-for-next-line {RULE}", [6]),
        ("above", f"# ecto-migrations:disable-for-this-file {RULE}", []),
        ("head", f"# ecto-migrations:disable-for-this-file {RULE} -- loaded at night\n", []),
        ("above", "# excellent_migrations:safety-assured-for-next-line index_not_concurrently", [7]),
        ("above", "# excellent_migrations:safety-assured-for-next-line table_dropped", [6, 7]),
        ("head", "# excellent_migrations:safety-assured-for-this-file index_not_concurrently\n", []),
    ],
)
def test_comments(place: str, comment: str, found: list[int]) -> None:
    parts = {"head": "", "above": "", "behind": "", place: comment}
    shift = 1 if place == "head" else 0
    assert lines(TEXT.format(**parts)) == [line + shift for line in found]


def test_the_offered_comments_do_what_they_say() -> None:
    class NoFiles:
        def names(self, folder: str) -> frozenset[str]:
            return frozenset()

    source = Source.from_text(TEXT.format(head="", above="", behind=""))
    analysis = analyze(source)
    silencing = [offer for offer in offers(analysis) if offer.suppresses]
    assert silencing
    for offer in silencing:
        text = source.data
        edits = change(analysis, offer.id, NoFiles()).edits
        for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
            text = text[: edit.span.start] + edit.text.encode() + text[edit.span.end :]
        left = [finding for finding in analyze(Source(text)).findings if finding.rule in offer.rules]
        gone = set(offer.finding_spans)
        before = [finding for finding in analysis.findings if finding.rule in offer.rules]
        assert len(left) == len([finding for finding in before if finding.span not in gone]), offer.title


def test_their_checks_are_taken_for_rules_that_exist() -> None:
    assert {rule for each in suppression._THEIR_CHECKS.values() for rule in each} <= set(rules())
