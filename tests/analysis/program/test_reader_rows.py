"""Calls of the repo: which rows of which table, as far as the text tells."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.program.commands import RepoCall
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.syntax.source import Source

MODULE = """defmodule MyApp.Repo.Migrations.Fill do
  use Ecto.Migration
  import Ecto.Query
  alias MyApp.Post

  def up do
    {body}
  end
end
"""


def call(body: str) -> RepoCall:
    migration = read(Source.from_text(MODULE.replace("{body}", body))).migrations[0]
    assert migration.up is not None
    found = [command for command in migration.up.commands if isinstance(command, RepoCall)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("query", "bounded"),
    [
        ('from(p in "posts", where: p.id in ^ids)', True),
        ('from(p in "posts", where: p.id == ^id and is_nil(p.a))', True),
        ('from(p in "posts", where: p.id > ^low and p.id <= ^high)', True),
        ('from(p in "posts", where: p.id > ^low, where: is_nil(p.a))', False),
        ('from(p in "posts", where: [id: ^id])', True),
        ('from(p in "posts", or_where: p.id == ^id)', False),
        ('from(p in "posts", join: c in "c", on: c.id == p.id, where: p.id == c.post_id)', False),
        ('from(p in "posts", join: b in subquery(from(q in "posts", limit: 9)), on: b.id == p.id)', True),
        ('from(p in "posts", where: p.state == "a")', False),
        ('"posts"', False),
    ],
)
def test_a_limited_number_of_rows(query: str, bounded: bool) -> None:
    assert call(f"repo().update_all({query}, set: [a: 1])").bounded is bounded


def test_columns_set_to_nil_and_moved() -> None:
    found = call("repo().update_all(Post, set: [a: nil, b: 1], inc: [n: 1], push: [tags: 1])")
    assert (found.columns_set, found.columns_nulled, found.columns_moved) == (
        ("a", "b", "n", "tags"),
        ("a",),
        ("n", "tags"),
    )
    inside = call('repo().update_all(from(p in "posts", update: [set: [a: nil], inc: [n: 1]]), [])')
    assert (inside.columns_set, inside.columns_nulled, inside.columns_moved) == (("a", "n"), ("a",), ("n",))


def test_what_a_where_says_of_nil() -> None:
    assert call('repo().delete_all(from(p in "posts", where: is_nil(p.a), where: [b: nil]))').where_nil == (
        "a",
        "b",
    )


def test_offset_select_and_conflicts() -> None:
    found = call('repo().all(from(p in "posts", offset: ^at, limit: 9, select: p.id))')
    assert (found.offset, found.selects, found.bounded) == (True, True, True)
    assert call('repo().insert_all("posts", rows(), on_conflict: :nothing)').on_conflict
    assert not call('repo().insert_all("posts", rows())').on_conflict


def test_the_schema_of_a_changeset() -> None:
    assert call("repo().insert!(Post.changeset(%Post{}, %{}))").schema == "MyApp.Post"
    assert not call("repo().insert!(%Post{})").own_schema
