"""Fixes that edit the field of a schema module beside the migration."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.registry import offers
from support.elixir import Later
from support.proving import Scenario, analysis_of, make, project

TABLE = "create table(:posts) do\n  add :title, :string\n  add :legacy, :text\n  add :author_id, :bigint\nend"
POST = """defmodule Blog.Post do
  use Ecto.Schema

  schema "posts" do
    {title}
    {legacy}
    belongs_to :author, Blog.Author
  end
end
"""


def edited(folder: Path, text: str, strategy: str, title: str, legacy: str) -> tuple[str, str]:
    """The module and the migration after the fix."""
    scenario = Scenario(
        about="",
        before=(TABLE,),
        text=text,
        strategy=strategy,
        files=1,
        lib=(("post.ex", POST.format(title=title, legacy=legacy)),),
    )
    made = make(scenario, folder)
    assert not analysis_of(made.paths[0]).broken
    return (folder / "lib" / "blog" / "post.ex").read_text(), made.texts[0]


TITLE, LEGACY = "field :title, :string", "field :legacy, :string"
DROP = "alter table(:posts) do\n  remove :legacy\nend"
RENAME = "rename table(:posts), :title, to: :headline"


@pytest.mark.parametrize(
    ("strategy", "legacy", "after"),
    [
        ("drop-in-two-deploys", LEGACY, None),
        ("drop-in-two-deploys", 'field(:legacy, :string, default: "x")  # old', None),
        ("drop-in-two-deploys-unloaded", LEGACY, f"{LEGACY}, load_in_query: false"),
        ("drop-in-two-deploys-unloaded", "field :legacy", "field :legacy, :string, load_in_query: false"),
        (
            "drop-in-two-deploys-unloaded",
            "field(:legacy, :string, load_in_query: true)",
            "field(:legacy, :string, load_in_query: false)",
        ),
    ],
)
def test_a_dropped_column(
    tmp_path: Path, formatted: Later, strategy: str, legacy: str, after: str | None
) -> None:
    module, migration = edited(tmp_path, DROP, strategy, TITLE, legacy)
    expected = POST.format(title=TITLE, legacy=after or "-")
    assert module == (expected if after else expected.replace("    -\n", ""))
    assert "remove :legacy, :text" in migration
    formatted(migration)


@pytest.mark.parametrize(
    ("title", "after"),
    [
        (TITLE, "field :headline, :string, source: :title"),
        ("field :title", "field :headline, :string, source: :title"),
        ("field :name, :string, source: :title", "field :headline, :string, source: :title"),
        # The code is ahead of the database.
        ("field :headline, :string", "field :headline, :string, source: :title"),
        ("field :name, :string, source: :headline", "field :name, :string, source: :title"),
    ],
)
def test_a_field_renamed_alone(tmp_path: Path, formatted: Later, title: str, after: str) -> None:
    module, migration = edited(tmp_path, RENAME, "rename-field-only", title, LEGACY)
    assert module == POST.format(title=after, legacy=LEGACY)
    assert "rename table" not in migration and "source: :title" in migration
    formatted(migration)


def test_up_and_down(tmp_path: Path, formatted: Later) -> None:
    text = f"def up, do: {RENAME}\n\ndef down do\n  rename table(:posts), :headline, to: :title\nend"
    _, migration = edited(tmp_path, text, "rename-field-only", TITLE, LEGACY)
    assert "rename table" not in migration
    formatted(migration)


def test_the_preferred_way_is_the_simple_one(tmp_path: Path) -> None:
    scenario = Scenario(
        about="",
        before=(TABLE,),
        text=RENAME,
        strategy="rename-field-only",
        files=1,
        lib=(("post.ex", POST.format(title=TITLE, legacy=LEGACY)),),
    )
    analysis = analysis_of(project(scenario, tmp_path))
    found = [offer for offer in offers(analysis) if "rename-column" in offer.rules and not offer.suppresses]
    assert [offer.id.partition(":")[0] for offer in found] == ["rename-field-only", "rename-by-new-column"]
    assert [offer.preferred for offer in found] == [True, False]
