"""Comments that silence rules."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.fixes.registry import change, offers
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.project.globs import PathPattern
from ecto_migrations_analysis.project.settings import Settings
from ecto_migrations_analysis.records import replace
from ecto_migrations_analysis.rules import suppression
from ecto_migrations_analysis.rules.catalogue import ENTRIES
from ecto_migrations_analysis.rules.their_checks import THEIR_CHECKS
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_analysis.syntax.source import Source
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

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
PIECES = (
    "ecto-migrations:", "excellent_migrations:safety-assured-for-", "disable-for-", "next-line", "this-file",
    " ", ",", "--", "reason", "index-not-concurrent", "ü", ":", "x", "index_not_concurrently",
)  # fmt: skip


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

        def read(self, path: str) -> bytes | None:
            return None

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
    assert len(THEIR_CHECKS) == 19
    assert {rule for each in THEIR_CHECKS.values() for rule in each} <= set(ENTRIES)


RAW = """defmodule MyApp.Repo.Migrations.IndexPosts do
  use Ecto.Migration

  def change do
    # {comment}
    execute(
      \"\"\"
      CREATE INDEX posts_title
        ON posts (title)
      \"\"\",
      "DROP INDEX posts_title"
    )

    {other}
  end
end
"""


@pytest.mark.parametrize(
    ("comment", "other", "found"),
    [
        ("none", "", [8]),
        # The comment is about the line of `execute(`, the text begins in the next one, the finding is below.
        (f"ecto-migrations:disable-for-next-line {RULE} -- small", "", []),
        (f"ecto-migrations: disable-for-next-line {RULE} -- small", "", []),
        (f"ecto-migrations:disable-for-this-line {RULE} -- small", "", [8]),
        ("excellent_migrations:safety-assured-for-next-line raw_sql_executed", "", []),
        ("excellent_migrations:safety-assured-for-this-file raw_sql_executed", "", []),
        (
            "excellent_migrations:safety-assured-for-this-file raw_sql_executed",
            "create index(:posts, [:state])",
            [14],
        ),
    ],
)
def test_comments_about_raw_sql(comment: str, other: str, found: list[int]) -> None:
    assert lines(RAW.format(comment=comment, other=other)) == found


def found_with(text: str, project: ProjectContext) -> list[tuple[str, str]]:
    source = Source.from_text(text, "/app/priv/repo/migrations/20260101000000_index_posts.exs")
    return [
        (finding.rule, source.text(finding.span))
        for finding in analyze(source, project).findings
        if finding.rule in ("unused-suppression", "unknown-suppression", "suppression-without-reason")
    ]


def test_only_comments_on_rules_that_could_have_found_something_are_unused() -> None:
    text = TEXT.format(
        head="", behind="", above="# ecto-migrations:disable-for-next-line set-not-null-scan -- x"
    )
    known = ProjectContext(schema=Schema(complete=True))
    assert found_with(text, known) == [("unused-suppression", "set-not-null-scan")]
    for settings in (
        Settings(ignore=("set-not-null-scan",)),
        Settings(ignore=("scan",)),
        Settings(select=("indexes", "suppressions")),
        Settings(levels=(("set-not-null-scan", "off"),)),
        Settings(per_file_ignores=((PathPattern(None, "2026*"), ("scan",)),)),
        Settings(start_after=20260101000000),
        Settings(ignore=("unused-suppression",)),
    ):
        assert found_with(text, replace(known, settings=settings)) == [], settings
    assert found_with(text, replace(known, schema=Schema(complete=True, uncertain=("x",)))) == []
    assert found_with(text, ProjectContext()) == []
    # A part of the file is being typed.
    assert found_with(text + "\ndefmodule X do\n  def y(\nend\n", known) == []


def test_a_convention_that_nobody_selected_is_not_unused() -> None:
    optional = next(entry.id for entry in ENTRIES.values() if entry.optional)
    text = TEXT.format(head="", behind="", above=f"# ecto-migrations:disable-for-next-line {optional} -- x")
    assert found_with(text, ProjectContext(schema=Schema(complete=True))) == []


def test_comments_about_comments_are_honoured() -> None:
    head = "# ecto-migrations:disable-for-this-file unknown-suppression, suppression-without-reason -- x\n"
    above = "# ecto-migrations:disable-for-next-line no-such-rule, index-not-concurrent"
    known = ProjectContext(schema=Schema(complete=True))
    text = TEXT.format(head="", behind="", above=above)
    assert [rule for rule, _ in found_with(text, known)] == [
        "suppression-without-reason",
        "unknown-suppression",
    ]
    assert found_with(TEXT.format(head=head, behind="", above=above), known) == []


@settings_of_hypothesis(deadline=None)
@given(st.lists(st.sampled_from([*PIECES]), max_size=8).map("".join))
def test_any_comment(rest: str) -> None:
    source = Source.from_text(TEXT.format(head="", behind="", above="# " + rest))
    for comment in suppression.comments(source):
        for name in comment.names:
            assert source.text(name.span) == name.name
        assert source.text(comment.directive) == comment.scope or not comment.ours
        assert comment.reason is None or comment.reason == comment.reason.strip()
    analyze(source)
