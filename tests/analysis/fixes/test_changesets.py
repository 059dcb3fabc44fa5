"""Names of constraints in changesets, values of enums in schemas: edits of another file."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.fixes.model import Offer
from ecto_migrations_analysis.fixes.registry import StaleOffer, change, offers
from ecto_migrations_analysis.fixes.unattended import is_unattended
from ecto_migrations_analysis.rules.base import Case
from support import cases
from support.elixir import Later
from support.fixing import KnownFiles, apply
from support.small_fixes import case

POST = """defmodule MyApp.Post do
  use Ecto.Schema
  import Ecto.Changeset

  schema "posts" do
    field :slug, :string
    field :writer, :integer, source: :author_id
  end

  def changeset(post, attrs) do
    post
    |> cast(attrs, [:slug])
    |> unique_constraint(:slug)
  end
end
"""
ONE_LINE = """defmodule MyApp.Post do
  use Ecto.Schema
  import Ecto.Changeset

  schema "posts" do
    field :slug, :string
    field :writer, :integer, source: :author_id
  end

  def changeset(post), do: unique_constraint(post, :slug)
end
"""
POSTS = "create table(:posts) do\n  add :slug, :string\n  add :author_id, :bigint\nend\n"
SLUGGED = POSTS + "create unique_index(:posts, [:slug])"
ARTICLES = SLUGGED.replace(":posts", ":articles")


def the_offer(subject: Case) -> list[Offer]:
    return [offer for offer in offers(cases.analysis_of(subject)) if offer.id.startswith("changeset:")]


def changed(subject: Case, text: str) -> tuple[str, Offer]:
    """The schema module, which is `text` by then, after the fix."""
    (offer,) = the_offer(subject)
    files = KnownFiles(texts={"lib/0.ex": text.encode()})
    made = change(cases.analysis_of(subject), offer.id, files)
    (other,) = made.others
    assert not made.edits and other.path == "lib/0.ex" and other.before == text.encode()
    assert not is_unattended(offer)
    return other.after.decode(), offer


@pytest.mark.parametrize(
    ("subject", "line", "title"),
    [
        (
            case(POSTS + "create unique_index(:posts, [:author_id, :slug])", lib=(POST,)),
            "    |> unique_constraint([:writer, :slug])",
            "Add unique_constraint([:writer, :slug]) to the changeset of MyApp.Post",
        ),
        (
            case(POSTS + "create unique_index(:posts, [:slug], name: :one_slug)", lib=(POST,)),
            "    |> unique_constraint(:slug, name: :one_slug)",
            "Add unique_constraint(:slug, name: :one_slug) to the changeset of MyApp.Post",
        ),
        (
            case('rename index(:posts, [:slug]), to: "one_slug"', SLUGGED, lib=(POST,)),
            "    |> unique_constraint(:slug, name: :one_slug)",
            "Expect one_slug in the changeset too, beside posts_slug_index",
        ),
    ],
)
def test_another_step(subject: Case, line: str, title: str, formatted: Later) -> None:
    after, offer = changed(subject, POST)
    last = "    |> unique_constraint(:slug)\n"
    assert after == POST.replace(last, f"{last}{line}\n")
    assert offer.title == title
    formatted(after)
    # The text is looked at again: somebody may have typed in it.
    typed = POST.replace("  def changeset", "  # 😋\n  def changeset")
    assert changed(subject, typed)[0] == after.replace("  def changeset", "  # 😋\n  def changeset")


def test_in_a_line_that_gets_too_long(formatted: Later) -> None:
    text = 'rename index(:posts, [:slug]), to: "the_one_slug_of_posts"'
    after, _ = changed(case(text, SLUGGED, lib=(ONE_LINE,)), ONE_LINE)
    assert after == ONE_LINE.replace(
        "  def changeset(post), do: unique_constraint(post, :slug)",
        "  def changeset(post),\n    do: unique_constraint(post, :slug)"
        " |> unique_constraint(:slug, name: :the_one_slug_of_posts)",
    )
    formatted(after)


@pytest.mark.parametrize("text", [POST, ONE_LINE])
def test_the_name_that_it_keeps(text: str, formatted: Later) -> None:
    subject = case("rename table(:articles), to: table(:posts)", ARTICLES, lib=(text,))
    after, offer = changed(subject, text)
    assert after == text.replace(":slug)\n", ":slug, name: :articles_slug_index)\n")
    assert offer.title == "Give name: :articles_slug_index in the changeset"
    formatted(after)


@pytest.mark.parametrize(
    "lib",
    [
        # A pipeline in one line; two functions; no changeset at all; a column that is no field.
        POST.replace("post\n    |> cast(attrs, [:slug])\n    |> ", "post |> cast(attrs, [:slug]) |> "),
        POST.replace("def changeset", "def create").replace(
            "  end\nend\n",
            "  end\n\n  def update(post, attrs) do\n    post\n    |> cast(attrs, [])\n  end\nend\n",
        ),
        POST[: POST.index("  def")] + "end\n",
        POST.replace("    field :writer, :integer, source: :author_id\n", ""),
    ],
)
def test_not_offered(lib: str) -> None:
    assert not the_offer(case(POSTS + "create unique_index(:posts, [:author_id])", lib=(lib,)))


def test_a_changeset_that_is_gone_by_then() -> None:
    subject = case(POSTS + "create unique_index(:posts, [:author_id])", lib=(POST,))
    (offer,) = the_offer(subject)
    for texts in ({}, {"lib/0.ex": POST.replace("|> cast", "|> change").encode()}):
        with pytest.raises(StaleOffer):
            change(cases.analysis_of(subject), offer.id, KnownFiles(texts=texts))


# --- values of enums ---------------------------------------------------------------------------------------

STATUS = """defmodule MyApp.Post do
  use Ecto.Schema

  schema "posts" do
    field :status, Ecto.Enum, values: [:draft, :live]
  end
end
"""
TYPED = (
    "execute \"CREATE TYPE status AS ENUM ('draft', 'live')\", \"DROP TYPE status\"\n"
    "create table(:posts) do\n  add :status, :status\nend"
)


def enum_offers(subject: Case) -> list[Offer]:
    return [offer for offer in offers(cases.analysis_of(subject)) if offer.id.startswith("enum-values:")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("values: [:draft, :live]", "values: [:draft, :live, :hidden]"),
        (
            "values: [\n      :draft,\n      :live\n    ]",
            "values: [\n      :draft,\n      :live,\n      :hidden\n    ]",
        ),
    ],
)
def test_a_value_that_the_schema_lacks(before: str, after: str) -> None:
    text = STATUS.replace("values: [:draft, :live]", before)
    subject = case('execute "ALTER TYPE status ADD VALUE \'hidden\'", ""', TYPED, lib=(text,))
    (offer,) = enum_offers(subject)
    made = change(cases.analysis_of(subject), offer.id, KnownFiles(texts={"lib/0.ex": text.encode()}))
    assert [other.after.decode() for other in made.others] == [text.replace(before, after)]
    assert offer.title == "Add hidden to the values of MyApp.Post.status" and not made.edits
    with pytest.raises(StaleOffer):
        change(cases.analysis_of(subject), offer.id, KnownFiles())


def test_a_value_that_the_type_lacks() -> None:
    subject = case(TYPED, lib=(STATUS.replace(":live]", ":live, :hidden]"),))
    (offer,) = enum_offers(subject)
    analysis = cases.analysis_of(subject)
    text = apply(analysis.source.data, change(analysis, offer.id, KnownFiles())).decode()
    assert "AS ENUM ('draft', 'live', 'hidden')\", \"DROP TYPE status\"" in text
    assert offer.title == "Add hidden to the type, as the schema has them"


@pytest.mark.parametrize(
    "subject",
    [
        # Each has one that the other lacks: which spelling is meant?
        case(TYPED.replace("'live'", "'alive'"), lib=(STATUS,)),
        # The type is older than the migration.
        case(
            'execute "ALTER TYPE status ADD VALUE \'hidden\'", ""',
            TYPED,
            lib=(STATUS.replace(":live]", ":live, :hidden, :gone]"),),
        ),
    ],
)
def test_no_values_are_added(subject: Case) -> None:
    assert "enum-values-differ-from-schema" in {item.rule for item in cases.findings_of(subject)}
    assert not enum_offers(subject)
