"""Columns that change their name or their type by a second column: the whole proof, scenario by scenario."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.elixir import Later
from support.postgres import Database
from support.proving import Scenario, prove

AUTHORS = "create table(:authors) do\n  add :name, :string\nend"
POSTS = """
create table(:posts) do
  add :title, :string, null: false, default: "untitled", comment: "what stands above it"
  add :author_id, references(:authors, on_delete: :delete_all)
  add :views, :integer, null: false, default: 0
  add :hits, :integer
end

create index(:posts, [:title])
create unique_index(:posts, [:author_id, "lower(title)"], where: "title <> 'untitled'", name: :one_title)
create index(:posts, [:hits], include: [:views])
create constraint(:posts, :title_is_there, check: "length(title) > 0")
create constraint(:posts, :views_not_negative, check: "views >= 0")
"""
UNIQUE = 'execute "ALTER TABLE posts ADD CONSTRAINT one_name UNIQUE (title, author_id) DEFERRABLE", ""'
ROWS = (
    "INSERT INTO authors (name) SELECT 'a' || g FROM generate_series(1, 10) g",
    "INSERT INTO posts (title, author_id, views, hits)"
    " SELECT 't' || g, 1 + g % 10, g, nullif(g % 5, 0) FROM generate_series(1, 2500) g",
)
SCHEMA = """
defmodule Blog.Post do
  use Ecto.Schema

  schema "posts" do
    field :{field}, :string
    field :author_id, :id
    field :views, :integer
    field :hits, :integer
  end
end
"""


def lib(field: str) -> tuple[tuple[str, str], ...]:
    return (("post.ex", SCHEMA.format(field=field)),)


OLD = (
    "INSERT INTO posts (title) VALUES ('of old code ' || clock_timestamp())",
    "INSERT INTO posts DEFAULT VALUES",
    "UPDATE posts SET title = title || '!' WHERE id % 100 = 1",
    "UPDATE posts SET views = views + 1 WHERE id % 100 = 2",
)
NEW = (
    "INSERT INTO posts (headline) VALUES ('of new code ' || clock_timestamp())",
    "UPDATE posts SET headline = headline || '?' WHERE id % 100 = 3",
    "UPDATE posts SET views = views + 1 WHERE id % 100 = 4",
)
UNTOUCHED = "SELECT id, author_id, hits FROM posts WHERE id <= 2500 ORDER BY id"

SCENARIOS = (
    Scenario(
        about="A rename: indexes, constraints, default, NOT NULL and comment go with it",
        before=(AUTHORS, POSTS, UNIQUE),
        rows=ROWS,
        text="rename table(:posts), :title, to: :headline",
        strategy="rename-by-new-column",
        files=3,
        lib=lib("title"),
        lib_at_last=lib("headline"),
        old_code=OLD,
        old_until=2,
        new_code=NEW,
        new_from=2,
        keeps=UNTOUCHED,
        holds=(
            "SELECT count(*) > 2500 FROM posts WHERE headline IS NOT NULL",
            "SELECT count(*) >= 2370 FROM posts WHERE id <= 2500 AND headline = 't' || id",
            "SELECT headline LIKE 't1!%' FROM posts WHERE id = 1",
            "SELECT headline LIKE 't3?%' FROM posts WHERE id = 3",
            "SELECT count(*) = 2 FROM pg_indexes WHERE indexdef LIKE '%lower%headline%'"
            " OR indexname = 'posts_headline_index'",
            "SELECT col_description('posts'::regclass, attnum) = 'what stands above it' AND attnotnull"
            " FROM pg_attribute WHERE attrelid = 'posts'::regclass AND attname = 'headline'",
            "SELECT array_agg(conname::text) @> ARRAY['headline_is_there', 'one_name_headline']"
            " FROM pg_constraint WHERE conrelid = 'posts'::regclass AND convalidated",
        ),
    ),
    Scenario(
        about="A rename of a foreign key's column, up and down, a table without a key",
        before=(
            AUTHORS,
            "create table(:posts, primary_key: false) do\n  add :author_id, references(:authors)\nend"
            "\n\ncreate index(:posts, [:author_id])",
        ),
        rows=(ROWS[0], "INSERT INTO posts SELECT nullif(g % 11, 0) FROM generate_series(1, 2500) g"),
        text="""
        def up do
          rename table(:posts), :author_id, to: :writer_id
        end

        def down do
          rename table(:posts), :writer_id, to: :author_id
        end
        """,
        strategy="rename-by-new-column",
        files=3,
        lib=(("post.ex", SCHEMA.format(field="title")),),
        lib_at_last=(
            ("post.ex", SCHEMA.replace("field :author_id", "field :writer_id").format(field="title")),
        ),
        old_code=("INSERT INTO posts (author_id) VALUES (3)",),
        old_until=2,
        new_code=("INSERT INTO posts (writer_id) VALUES (4)",),
        new_from=2,
        holds=(
            "SELECT count(*) = 1 FROM pg_constraint WHERE conname = 'posts_writer_id_fkey' AND convalidated",
            "SELECT count(*) >= 227 FROM posts WHERE writer_id = 7",
        ),
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.about for scenario in SCENARIOS])
def test_scenario(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)
