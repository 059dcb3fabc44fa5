"""Enum values, tables that are renamed, tables that are dropped: the whole proof, scenario by scenario."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.elixir import Later
from support.fixing import migration, offered
from support.postgres import Database
from support.proving import Scenario, prove

TYPE = """
execute "CREATE TYPE status AS ENUM ('draft', 'public')", "DROP TYPE status"

create table(:posts) do
  add :title, :string
  add :status, :status
end
"""
PARENTS = "create table(:users)\n\ncreate table(:posts)"
COMMENTS = """
create table(:comments) do
  add :post_id, references(:posts, on_delete: :delete_all)
  add :author_id, references(:users), null: false
  add :parent_id, references(:comments)
end
"""
POSTS = ("INSERT INTO posts (title, status) SELECT 't' || g, 'draft' FROM generate_series(1, 500) g",)
STORED = 'add :slug, :string, generated: "ALWAYS AS (lower(title)) STORED"'
LEAVES = """
def up do
  drop table(:comments)
end

def down do
  create table(:comments) do
    add :post_id, :bigint
    add :author_id, :bigint, null: false
    add :parent_id, references(:comments)
  end
end
"""

SCENARIOS = (
    Scenario(
        about="A value and the default that says it, and what comes after",
        before=(TYPE,),
        rows=POSTS,
        text="""
        execute "ALTER TYPE status ADD VALUE 'hidden'", ""

        # New posts are not shown yet.
        execute "ALTER TABLE posts ALTER status SET DEFAULT 'hidden'",
                "ALTER TABLE posts ALTER status DROP DEFAULT"

        alter table(:posts) do
          add :note, :text
        end
        """,
        strategy="separate-enum-value",
        files=2,
        old_code=("INSERT INTO posts (title) VALUES ('x')",),
        old_until=2,
        keeps="SELECT id, status FROM posts WHERE id <= 500 ORDER BY id",
        holds=("SELECT bool_or(status::text = 'hidden') FROM posts",),
    ),
    Scenario(
        about="A serial column",
        before=("create table(:posts) do\n  add :title, :string\nend",),
        rows=("INSERT INTO posts (title) SELECT 't' || g FROM generate_series(1, 2500) g",),
        text="alter table(:posts) do\n  add :number, :serial\nend",
        strategy="number-in-steps",
        files=3,
        old_code=("INSERT INTO posts (title) VALUES ('x')",),
        old_until=3,
        keeps="SELECT id, title FROM posts WHERE id <= 2500 ORDER BY id",
        holds=("SELECT count(DISTINCT number) = count(*) FROM posts",),
    ),
    Scenario(
        about="An identity, beside another column",
        before=("create table(:posts) do\n  add :title, :string\nend",),
        rows=("INSERT INTO posts (title) SELECT 't' || g FROM generate_series(1, 2500) g",),
        text="alter table(:posts) do\n  add :note, :text\n  add :number, :identity\nend",
        strategy="number-in-steps",
        files=3,
        old_code=("INSERT INTO posts (title) VALUES ('x')",),
        old_until=3,
        keeps="SELECT id, title FROM posts WHERE id <= 2500 ORDER BY id",
        holds=(
            "SELECT count(DISTINCT number) = count(*) FROM posts",
            "SELECT attidentity <> '' AND attnotnull FROM pg_attribute"
            " WHERE attrelid = 'posts'::regclass AND attname = 'number'",
        ),
    ),
    Scenario(
        about="A stored column by a trigger",
        before=("create table(:posts) do\n  add :title, :string\nend",),
        rows=("INSERT INTO posts (title) SELECT 'T' || g FROM generate_series(1, 2500) g",),
        text=f"alter table(:posts) do\n  {STORED}\nend",
        strategy="generated-by-trigger",
        files=2,
        old_code=(
            "INSERT INTO posts (title) VALUES ('X'), (NULL)",
            "UPDATE posts SET title = title || 'A' WHERE id % 50 = 1",
        ),
        old_until=2,
        keeps="SELECT id FROM posts WHERE id <= 2500 ORDER BY id",
        holds=("SELECT bool_and(slug IS NOT DISTINCT FROM lower(title)) FROM posts",),
    ),
    Scenario(
        about="A stored column computed when it is read",
        before=("create table(:posts) do\n  add :title, :string\nend",),
        rows=("INSERT INTO posts (title) SELECT 'T' || g FROM generate_series(1, 2500) g",),
        text=f"alter table(:posts) do\n  {STORED}\nend",
        strategy="generated-when-read",
        files=1,
        holds=("SELECT bool_and(slug = lower(title)) FROM posts",),
    ),
    Scenario(
        about="A rename with a view for the code that runs",
        before=("create table(:posts) do\n  add :title, :string, null: false\nend",),
        rows=("INSERT INTO posts (title) SELECT 't' || g FROM generate_series(1, 500) g",),
        text="rename table(:posts), to: table(:articles)",
        strategy="rename-table-with-view",
        files=2,
        old_code=(
            "INSERT INTO posts (title) VALUES ('of old code')",
            "UPDATE posts SET title = title || '!' WHERE id = 3",
        ),
        old_until=1,
        new_code=("INSERT INTO articles (title) VALUES ('of new code')",),
        new_from=1,
        holds=("SELECT count(*) > 500 AND bool_or(title LIKE 't3!%') FROM articles",),
    ),
    Scenario(
        about="The same, up and down",
        before=("create table(:posts) do\n  add :title, :string, null: false\nend",),
        rows=("INSERT INTO posts (title) SELECT 't' || g FROM generate_series(1, 500) g",),
        text="""
        def up do
          rename table(:posts), to: table(:articles)
        end

        def down, do: rename(table(:articles), to: table(:posts))
        """,
        strategy="rename-table-with-view",
        files=2,
        old_code=("INSERT INTO posts (title) VALUES ('of old code')",),
        old_until=1,
        new_code=("INSERT INTO articles (title) VALUES ('of new code')",),
        new_from=1,
        holds=("SELECT count(*) > 500 FROM articles",),
    ),
    Scenario(
        about="A table with two foreign keys",
        before=(PARENTS, COMMENTS),
        rows=("INSERT INTO users SELECT FROM generate_series(1, 9)", "INSERT INTO posts DEFAULT VALUES"),
        text=LEAVES,
        strategy="drop-foreign-keys-first",
        files=2,
        old_code=("INSERT INTO posts DEFAULT VALUES", "INSERT INTO users DEFAULT VALUES"),
        old_until=2,
        holds=("SELECT to_regclass('comments') IS NULL",),
        remains=("drop-table",),
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.about for scenario in SCENARIOS])
def test_scenario(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)


@pytest.mark.parametrize(
    ("later", "left"),
    [
        ("", ["keep-table-name", "rename-table-with-view"]),
        ("alter table(:articles) do\n  add :kind, :text\nend", []),
        ('execute "UPDATE articles SET title = NULL", ""', []),
        ("create table(:posts)", []),
    ],
)
def test_a_rename_is_left_alone_where_the_rest_of_the_migration_names_the_tables(
    later: str, left: list[str]
) -> None:
    """It would fail: the table has not got the new name, or a view stands in the way of what follows."""
    text = migration("rename table(:posts), to: table(:articles)\n\n" + later)
    found = {offer.id.partition(":")[0] for offer in offered(text)}
    assert sorted(found & {"keep-table-name", "rename-table-with-view"}) == left
