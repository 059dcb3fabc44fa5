"""Columns that change their name or their type by a second column: the whole proof, scenario by scenario."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.elixir import Later
from support.postgres import Database
from support.proving import Scenario, prove

pytestmark = pytest.mark.slow

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


GONE = tuple((name, text.replace("    field :views, :integer\n", "")) for name, text in lib("title"))
TRAP = """
create table(:posts) do
  add :title, :string
  add :views, :integer, null: false
end

create index(:posts, [:views, :title])
"""
PLAIN = "create table(:posts) do\n  add :title, :string\n  add :author_id, :bigint\n  add :hits, :integer\n"
PLAIN += '  add :views, :integer, null: false, default: 0, comment: "how often"\nend'
DROPS = (
    Scenario(
        about="A column with a default: the field goes now, the column later",
        before=(AUTHORS, PLAIN),
        rows=ROWS,
        text="alter table(:posts) do\n  remove :views\nend",
        strategy="drop-in-two-deploys",
        files=1,
        lib=lib("title"),
        old_code=("INSERT INTO posts (title) VALUES ('x' || clock_timestamp())",),
        keeps="SELECT id, title FROM posts WHERE id <= 2500 ORDER BY id",
        still_told=("remove-column",),
    ),
    Scenario(
        about="One with an index and a CHECK, which come back with it",
        before=(AUTHORS, POSTS),
        rows=ROWS,
        text="alter table(:posts) do\n  remove :hits\n  remove :views, :integer\nend",
        strategy="drop-in-two-deploys-unloaded",
        files=1,
        lib=lib("title"),
        lib_at_last=tuple((name, text.replace("    field :hits, :integer\n", "")) for name, text in GONE),
        old_code=("INSERT INTO posts (title) VALUES ('x' || clock_timestamp())",),
        keeps="SELECT id, title FROM posts WHERE id <= 2500 ORDER BY id",
        still_told=("remove-column", "remove-loses-index-or-constraint"),
    ),
    Scenario(
        about="NOT NULL without a default: nullable first",
        before=(TRAP,),
        rows=("INSERT INTO posts (title, views) SELECT 't' || g, g FROM generate_series(1, 2500) g",),
        text="""
        def up do
          alter table(:posts) do
            remove :views
          end
        end

        def down do
          alter table(:posts) do
            add :views, :integer
          end
        end
        """,
        strategy="drop-in-two-deploys",
        files=2,
        lib=lib("title"),
        lib_at_last=GONE,
        # What nobody can give back is chosen before NOT NULL is.
        old_code=(
            "DO $$ BEGIN IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'posts'::regclass"
            " AND attname = 'views') THEN INSERT INTO posts (title, views) VALUES ('x', 1);"
            " UPDATE posts SET views = 0 WHERE views IS NULL; END IF; END $$",
        ),
        old_until=1,
        new_code=("INSERT INTO posts (title) VALUES ('n')",),
        new_from=2,
        keeps="SELECT id, title FROM posts WHERE id <= 2500 ORDER BY id",
        still_told=("remove-column", "remove-loses-index-or-constraint"),
    ),
)
VIEWS = (
    "INSERT INTO posts (title) VALUES ('x' || clock_timestamp())",
    "INSERT INTO posts (title, views, hits) VALUES ('y' || clock_timestamp(), 7, 7)",
    "UPDATE posts SET views = views + 1, hits = 3 WHERE id % 100 = 2",
)
SLUG = 'add :slug, :text, null: false, comment: "in the address"'
PREFIXED = '  @schema_prefix "blog"\n  schema'
RETYPED = (
    Scenario(
        about="integer to bigint: default, NOT NULL, CHECK and an index that includes it",
        before=(AUTHORS, POSTS),
        rows=ROWS,
        text="alter table(:posts) do\n  modify :views, :bigint, from: :integer\nend",
        strategy="change-type-by-new-column",
        files=4,
        lib=lib("title"),
        old_code=VIEWS,
        old_until=4,
        keeps="SELECT id, title FROM posts WHERE id <= 2500 ORDER BY id",
        holds=(
            "SELECT format_type(atttypid, atttypmod) = 'bigint' AND attnotnull FROM pg_attribute"
            " WHERE attrelid = 'posts'::regclass AND attname = 'views'",
            "SELECT count(*) >= 2475 FROM posts WHERE id <= 2500 AND views = id",
            "SELECT count(*) = 0 FROM pg_indexes WHERE indexname ~ '_(new|old)$'",
            "SELECT count(*) = 1 FROM pg_constraint WHERE conname = 'views_not_negative' AND convalidated",
        ),
    ),
    Scenario(
        about="integer to text: on the way back no cast is there by itself",
        before=(AUTHORS, "create table(:posts) do\n  add :title, :string\n  add :number, :integer\nend"),
        rows=("INSERT INTO posts (title, number) SELECT 't' || g, g FROM generate_series(1, 2500) g",),
        text="alter table(:posts) do\n  modify :number, :string, from: :integer\nend",
        strategy="change-type-by-new-column",
        files=4,
        lib=lib("title"),
        old_code=(
            "INSERT INTO posts (title, number) VALUES ('x', '3')",
            "UPDATE posts SET number = '2' WHERE id = 5",
        ),
        old_until=4,
        keeps="SELECT id, title, number::text FROM posts WHERE id <= 2500 AND id <> 5 ORDER BY id",
        holds=(
            "SELECT format_type(atttypid, atttypmod) = 'character varying(255)' FROM pg_attribute"
            " WHERE attrelid = 'posts'::regclass AND attname = 'number'",
            "SELECT count(*) = 2499 FROM posts WHERE id <= 2500 AND number = id::text",
        ),
    ),
    Scenario(
        about="A foreign key made wider, and another change beside it",
        before=(
            "create table(:authors)",
            "create table(:posts) do\n  add :title, :string"
            "\n  add :author_id, references(:authors, type: :integer)\nend"
            "\n\ncreate index(:posts, [:author_id, :title])",
        ),
        rows=(
            "INSERT INTO authors SELECT FROM generate_series(1, 10)",
            "INSERT INTO posts (title, author_id) SELECT 't' || g, nullif(g % 11, 0)"
            " FROM generate_series(1, 2500) g",
        ),
        text="alter table(:posts) do\n  modify :author_id, :bigint, from: :integer\n  add :note, :text\nend",
        strategy="change-type-by-new-column",
        files=4,
        lib=lib("title"),
        old_code=(
            "INSERT INTO posts (title, author_id) VALUES ('x', 3)",
            "UPDATE posts SET author_id = 2 WHERE id = 5",
        ),
        old_until=4,
        keeps="SELECT id, title FROM posts WHERE id <= 2500 ORDER BY id",
        holds=(
            "SELECT format_type(atttypid, atttypmod) = 'bigint' FROM pg_attribute"
            " WHERE attrelid = 'posts'::regclass AND attname = 'author_id'",
            "SELECT count(*) = 1 FROM pg_constraint WHERE conname = 'posts_author_id_fkey' AND convalidated",
        ),
    ),
    Scenario(
        about="text to varchar(255) with a unique constraint, up and down, in a schema of its own",
        before=(
            'execute "CREATE SCHEMA blog", "DROP SCHEMA blog"',
            f"create table(:posts, prefix: :blog) do\n  {SLUG}\nend",
            'execute "ALTER TABLE blog.posts ADD CONSTRAINT one_slug UNIQUE (slug)", ""',
        ),
        rows=("INSERT INTO blog.posts (slug) SELECT 's' || g FROM generate_series(1, 2500) g",),
        text="""
        def up do
          alter table(:posts, prefix: :blog) do
            modify :slug, :string
          end
        end

        def down do
          alter table(:posts, prefix: :blog) do
            modify :slug, :text
          end
        end
        """,
        strategy="change-type-by-new-column",
        files=4,
        lib=(
            ("post.ex", SCHEMA.format(field="slug").replace("  schema", '  @schema_prefix "blog"\n  schema')),
        ),
        old_code=("INSERT INTO blog.posts (slug) VALUES ('x' || clock_timestamp())",),
        old_until=4,
        keeps="SELECT * FROM (SELECT id, slug FROM blog.posts) p WHERE id <= 2500 ORDER BY id",
        holds=(
            "SELECT count(*) = 1 FROM pg_constraint WHERE conname = 'one_slug' AND contype = 'u'",
            "SELECT col_description('blog.posts'::regclass, attnum) = 'in the address' FROM pg_attribute"
            " WHERE attrelid = 'blog.posts'::regclass AND attname = 'slug'",
        ),
    ),
)
SCENARIOS += (*DROPS, *RETYPED)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.about for scenario in SCENARIOS])
def test_scenario(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)
