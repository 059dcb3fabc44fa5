"""Other words in a template."""

from __future__ import annotations

import re

import pytest
from ecto_migrations_snippets import Context, Template, templates
from ecto_migrations_snippets.filling import fill, words


def template(name: str) -> Template:
    return next(each for each in templates() if each.name == name)


def test_words_are_the_defaults_in_the_order_of_the_tab_stops() -> None:
    assert words(template("add-not-null-column")) == ("posts", "status", "string", "draft")


def test_words_are_replaced_in_every_file_and_in_the_names_of_the_files() -> None:
    filled = fill(template("add-not-null-column"), {"posts": "accounts", "status": "state"})
    body = filled.body_for(Context(namespace="Shop.Repo.Migrations"))
    assert body is not None
    assert [file.name for file in body.files] == [
        "add_state_to_accounts",
        "backfill_accounts_state",
        "enforce_accounts_state_not_null",
    ]
    for file in body.files:
        assert "accounts" in file.text
        assert ":posts" not in file.text and '"posts"' not in file.text
        assert "status" not in file.text
    assert "SET DEFAULT 'draft'" in body.files[0].text


def test_a_word_is_replaced_as_a_whole_only() -> None:
    filled = fill(template("add-not-null-column"), {"string": "text", "status": "posts_state"})
    assert filled.files[0].name == "add_posts_state_to_posts"
    assert "add :${2:posts_state}, :${3:text}" in filled.files[0].text


def test_words_can_change_places() -> None:
    filled = fill(template("add-nullable-column"), {"posts": "status", "status": "posts"})
    assert filled.files[0].name == "add_posts_to_status"


# Words that are names of somebody's own: they stand nowhere but where they are replaced.
OWN = {
    "posts",
    "status",
    "events",
    "comments",
    "authors",
    "author_id",
    "editor_id",
    "slug",
    "title",
    "legacy",
}


@pytest.mark.parametrize("each", templates(), ids=lambda each: each.name)
def test_no_name_stays_where_all_are_replaced(each: Template) -> None:
    given = {word: f"zz{number}" for number, word in enumerate(words(each))}
    body = fill(each, given).body_for(Context())
    assert body is not None
    for file in body.files:
        code = "\n".join(line for line in file.text.splitlines() if not line.startswith("defmodule "))
        left = [word for word in OWN & given.keys() if re.search(rf"(?<![a-z]){word}(?![a-z])", code)]
        assert left == [], code
        assert not OWN & given.keys() & set(file.name.split("_"))


def test_without_words_it_is_the_same_template() -> None:
    assert fill(template("backfill-in-batches"), {}) == template("backfill-in-batches")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"post": "users"}, "there is: posts, status"),
        ({"posts": ""}, "cannot stand for 'posts'"),
        ({"posts": "us}ers"}, "cannot stand for 'posts'"),
        ({"posts": "a\nb"}, "cannot stand for 'posts'"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fill(template("add-index-concurrently"), values)
