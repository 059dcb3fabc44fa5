"""What is applied with nobody looking, and what is left alone."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.findings import Level
from ecto_migrations_analysis.fixes.model import Change
from ecto_migrations_analysis.fixes.registry import offers
from ecto_migrations_analysis.fixes.unattended import Fixed, edits, fix, is_unattended
from ecto_migrations_analysis.rules.base import Case
from ecto_migrations_analysis.rules.catalogue import rules
from support import cases
from support.elixir import Later
from support.fixing import KnownFiles, apply

POSTS = "create table(:posts) do\n  add :title, :text\n  add :views, :integer\nend"


def fixed(analysis: Analysis) -> Fixed:
    return fix(analysis, lambda source: analyze(source, analysis.project), KnownFiles())


def result(text: str, before: str = "", **more: object) -> tuple[str, tuple[str, ...]]:
    case = Case(about="", text=text, before=(before,) if before else (), **more)  # type: ignore[arg-type]
    done = fixed(cases.analysis_of(case))
    return done.analysis.source.data.decode(), done.titles


def test_one_fix_after_the_other(formatted: Later) -> None:
    """No two of them do the same; what one makes superfluous another one removes."""
    text, titles = result(
        "@disable_ddl_transactions true\n@disable_migration_lock true\n\n"
        "def up, do: create(index(:posts, [:title], concurrently: true))\n"
        "def down, do: drop(index(:posts, [:title]))",
        POSTS,
        config="migration_lock: :pg_advisory_lock",
    )
    assert text == cases.migration_text(
        "@disable_ddl_transaction true\n\n"
        "def up, do: create(index(:posts, [:title], concurrently: true))\n"
        "def down, do: drop(index(:posts, [:title], concurrently: true))"
    )
    assert len(titles) == 4 and "Remove @disable_migration_lock" in titles
    formatted(text)


@pytest.mark.parametrize(
    "text",
    [
        # A decision: a default, a name, jsonb, a lock_timeout, an index that may be dropped.
        "alter table(:posts) do\n  add :a, :string, null: false\nend",
        "alter table(:posts) do\n  add :a, :json\nend",
        "alter table(:posts) do\n  add :a, :string\nend",
        "create table(:users) do\n  add :name, :string, nullable: false\nend",
        # In one transaction both tables are locked until the end.
        "@disable_ddl_transaction true\n\n"
        "def change do\n  alter table(:posts) do\n    add :a, :string\n  end\n\n"
        "  alter table(:comments) do\n    add :a, :string\n  end\nend",
    ],
)
def test_left_alone(text: str) -> None:
    before = cases.migration_text(text)
    assert result(text) == (before, ())


def test_released_migrations_stay_as_they_are() -> None:
    text = "create index(:posts, [:title])"
    assert result(text, POSTS)[1]
    released = ("20260101000000_example.exs",)
    assert result(text, POSTS, released=released, released_text="create index(:posts, [:views])")[1]
    assert not result(text, POSTS, released=released, released_text=text)[1]


@pytest.mark.slow
def test_every_case_of_every_rule() -> None:
    """It ends, parses, has no new risk, and leaves nothing that it could still do without harm."""
    number = 0
    for rule in rules().values():
        for case in rule.fires:
            analysis = cases.analysis_of(case)
            if not any(is_unattended(offer) for offer in offers(analysis)):
                continue
            done = fixed(analysis)
            number += bool(done.titles)
            assert len(done.analysis.broken) <= len(analysis.broken)
            grave = {item.rule for item in done.analysis.findings if item.level >= Level.RISK}
            assert grave <= {item.rule for item in analysis.findings}, (rule.id, case.about)
            assert not fixed(done.analysis).titles, (rule.id, case.about)
    assert number > 15


def test_edits_are_of_the_lines_that_differ() -> None:
    before, after = b"a\r\nb\nc\n", b"a\r\nx\nc\nd\n"
    made = edits(before, after)
    assert apply(before, Change(edits=made)) == after
    assert [edit.text for edit in made] == ["x\n", "d\n"]
    assert edits(before, before) == ()
