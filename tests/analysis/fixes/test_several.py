"""A migration with several dangers, split at once."""

from __future__ import annotations

from pathlib import Path

from support.elixir import Later
from support.postgres import Database
from support.proving import Scenario, prove

POSTS = """
create table(:posts) do
  add :title, :string
  add :views, :integer
end
"""
SCENARIO = Scenario(
    about="A NOT NULL column, a CHECK, an index and a type",
    before=(POSTS,),
    rows=("INSERT INTO posts (title, views) SELECT 't' || g, g FROM generate_series(1, 2500) g",),
    text="""
    alter table(:posts) do
      add :status, :string, null: false, default: fragment("md5(random()::text)")
    end

    create constraint(:posts, :title_is_there, check: "length(title) > 0")

    create index(:posts, [:title])

    alter table(:posts) do
      modify :views, :bigint, from: :integer
    end
    """,
    strategy="split-everything",
    files=8,
    lib=(
        (
            "post.ex",
            "defmodule Blog.Post do\n  use Ecto.Schema\n\n"
            '  schema "posts" do\n    field :title, :string\n    field :views, :integer\n  end\nend\n',
        ),
    ),
    old_code=("INSERT INTO posts (title, views) VALUES ('x', 1)", "UPDATE posts SET views = 5 WHERE id = 5"),
    old_until=8,
    keeps="SELECT id, title FROM posts WHERE id <= 2500 ORDER BY id",
    holds=(
        "SELECT bool_and(status IS NOT NULL) FROM posts",
        "SELECT count(*) = 1 FROM pg_constraint WHERE conname = 'title_is_there' AND convalidated",
        "SELECT count(*) = 1 FROM pg_indexes WHERE indexname = 'posts_title_index'",
        "SELECT format_type(atttypid, atttypmod) = 'bigint' FROM pg_attribute"
        " WHERE attrelid = 'posts'::regclass AND attname = 'views'",
    ),
)


def test_four_dangers(database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(SCENARIO, database, tmp_path, formatted)
