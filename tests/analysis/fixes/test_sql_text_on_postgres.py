"""Changes for two deploys that stand in SQL text, or among others: the whole proof."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.registry import offers
from support.elixir import Later
from support.postgres import Database
from support.proving import Scenario, analysis_of, project, prove

POSTS = """
create table(:posts) do
  add :title, :string, null: false, default: "untitled"
  add :views, :integer, null: false
  add :hits, :integer, default: 0
end

create index(:posts, [:title])
create index(:posts, [:hits])
"""
ROWS = ("INSERT INTO posts (title, views) SELECT 't' || g, g FROM generate_series(1, 2500) g",)
KEEPS = "SELECT id, title FROM posts WHERE id <= 2500 ORDER BY id"
SCHEMA = """
defmodule Blog.Post do
  use Ecto.Schema

  schema "posts" do
    field :{title}, :string
    field :views, :integer
    field :hits, :integer
  end
end
"""
LIB = (("post.ex", SCHEMA.format(title="title")),)
RENAMED = (("post.ex", SCHEMA.format(title="headline")),)
NO_VIEWS = (("post.ex", SCHEMA.format(title="title").replace("    field :views, :integer\n", "")),)
OLD = (
    "INSERT INTO posts (title, views) VALUES ('old', 1)",
    "UPDATE posts SET views = views + 1 WHERE id % 9 = 1",
)

RENAME = Scenario(
    about="A column renamed in SQL",
    before=(POSTS,),
    rows=ROWS,
    text="""
    execute "ALTER TABLE posts RENAME COLUMN title TO headline",
            "ALTER TABLE posts RENAME COLUMN headline TO title"
    """,
    strategy="rename-by-new-column",
    files=3,
    lib=LIB,
    lib_at_last=RENAMED,
    old_code=OLD,
    old_until=2,
    new_code=("INSERT INTO posts (headline, views) VALUES ('new', 1)",),
    new_from=2,
    keeps="SELECT id, hits FROM posts WHERE id <= 2500 ORDER BY id",
    holds=("SELECT count(*) > 2500 AND bool_or(headline = 'new') FROM posts WHERE headline IS NOT NULL",),
)
DROP = Scenario(
    about="A column dropped in SQL",
    before=(POSTS,),
    rows=ROWS,
    text="""
    # Nobody looks at them.
    execute "ALTER TABLE posts DROP COLUMN hits", "ALTER TABLE posts ADD COLUMN hits integer"
    """,
    strategy="drop-in-two-deploys",
    files=1,
    lib=LIB,
    old_code=("INSERT INTO posts (title, views) VALUES ('old', 1)",),
    keeps=KEEPS,
    still_told=("remove-column", "remove-loses-index-or-constraint"),
)

TEXTS = POSTS.replace(":string", ":text").replace("create index(:posts, [:title])\n", "")
SEEN = 'execute "CREATE VIEW seen AS SELECT id, title FROM posts", "DROP VIEW seen"'
SHORT = """
execute \"\"\"
        CREATE VIEW titles (t) AS
          SELECT title
          FROM posts
          WHERE title ~ '\\\\w'
        \"\"\",
        "DROP VIEW titles"
"""
SCENARIOS = (
    RENAME,
    replace(
        RENAME,
        about="A column renamed in SQL, up and down",
        text="""
        def up do
          execute "ALTER TABLE posts RENAME title TO headline"
        end

        def down do
          execute "ALTER TABLE posts RENAME headline TO title"
        end
        """,
    ),
    Scenario(
        about="A table renamed in SQL",
        before=(POSTS,),
        rows=ROWS,
        text="""
        execute "ALTER TABLE posts RENAME TO articles",
                "ALTER TABLE articles RENAME TO posts"
        """,
        strategy="rename-table-with-view",
        files=2,
        old_code=("INSERT INTO posts (title, views) VALUES ('of old code', 1)",),
        old_until=1,
        new_code=("INSERT INTO articles (title, views) VALUES ('of new code', 1)",),
        new_from=1,
        holds=("SELECT count(*) > 2500 FROM articles",),
    ),
    Scenario(
        about="A type changed in SQL",
        before=(POSTS,),
        rows=ROWS,
        text="""
        execute "ALTER TABLE posts ALTER hits TYPE bigint",
                "ALTER TABLE posts ALTER hits TYPE integer"
        """,
        strategy="change-type-by-new-column",
        files=4,
        lib=LIB,
        old_code=OLD,
        old_until=4,
        keeps=KEEPS,
        holds=(
            "SELECT format_type(atttypid, atttypmod) = 'bigint' FROM pg_attribute"
            " WHERE attrelid = 'posts'::regclass AND attname = 'hits'",
        ),
    ),
    Scenario(
        about="A type changed that two views read",
        before=(
            POSTS,
            'execute "CREATE VIEW seen AS SELECT id, hits FROM posts", "DROP VIEW seen"',
            'execute "CREATE VIEW titles (t) AS SELECT title FROM posts WHERE hits < 3", ""',
        ),
        rows=ROWS,
        text="alter table(:posts) do\n  modify :hits, :bigint, from: :integer\nend",
        strategy="change-type-by-new-column",
        files=4,
        lib=LIB,
        old_code=(*OLD, "UPDATE seen SET hits = 2 WHERE id = 7"),
        old_until=4,
        keeps="SELECT s.id, title FROM seen s JOIN posts p USING (id) WHERE id <= 2500 ORDER BY id",
        holds=("SELECT pg_get_viewdef('seen'::regclass) ~ 'hits' AND (SELECT count(*) > 2500 FROM titles)",),
    ),
    Scenario(
        about="A type that changes at once, and that two views read",
        before=(TEXTS, SEEN, SHORT),
        rows=ROWS,
        text="""
        alter table(:posts) do
          # Not any longer.
          modify :title, :varchar, from: :text
        end
        """,
        strategy="remake-views",
        files=1,
        old_code=OLD,
        keeps="SELECT md5(string_agg(t, ',' ORDER BY t)) FROM titles WHERE t <> 'old'",
        holds=("SELECT pg_typeof(t)::text = 'character varying' FROM titles LIMIT 1",),
    ),
    Scenario(
        about="The same, up and down",
        before=(TEXTS, SEEN, SHORT),
        rows=ROWS,
        text="""
        def up do
          alter table(:posts) do
            modify :title, :varchar
          end
        end

        def down do
          alter table(:posts) do
            modify :title, :text
          end
        end
        """,
        strategy="remake-views",
        files=1,
        old_code=OLD,
        keeps="SELECT md5(string_agg(t, ',' ORDER BY t)) FROM titles WHERE t <> 'old'",
    ),
    DROP,
    replace(
        DROP,
        about="A column removed among others",
        text="""
        create table(:notes)

        alter table(:posts) do
          add :note, :text
          # Nobody looks at them.
          remove :hits, :integer
        end
        """,
        files=2,
    ),
    Scenario(
        about="One that an insert cannot leave out, in SQL among others",
        before=(POSTS,),
        rows=ROWS,
        text="""
        create table(:notes)

        execute "ALTER TABLE posts DROP COLUMN views", "ALTER TABLE posts ADD COLUMN views integer"
        """,
        strategy="drop-in-two-deploys",
        files=3,
        lib=LIB,
        lib_at_last=NO_VIEWS,
        # What nobody can give back is chosen before NOT NULL is.
        old_code=(
            "DO $$ BEGIN IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'posts'::regclass"
            " AND attname = 'views') THEN INSERT INTO posts (title, views) VALUES ('x', 1);"
            " UPDATE posts SET views = 0 WHERE views IS NULL; END IF; END $$",
        ),
        old_until=2,
        new_code=("INSERT INTO posts (title) VALUES ('n')",),
        new_from=3,
        keeps=KEEPS,
        still_told=("remove-column",),
    ),
    Scenario(
        about="A table with a foreign key dropped in SQL",
        before=("create table(:users)", "create table(:posts) do\n  add :user_id, references(:users)\nend"),
        rows=("INSERT INTO users SELECT FROM generate_series(1, 9)",),
        text="""
        def up do
          execute "DROP TABLE posts"
        end

        def down do
          create table(:posts) do
            add :user_id, :bigint
          end
        end
        """,
        strategy="drop-foreign-keys-first",
        files=2,
        old_code=("INSERT INTO users DEFAULT VALUES",),
        old_until=2,
        holds=("SELECT to_regclass('posts') IS NULL",),
        remains=("drop-table",),
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.about for scenario in SCENARIOS])
def test_scenario(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)


@pytest.mark.parametrize(
    ("strategy", "text"),
    [
        pytest.param(
            "drop-in-two-deploys", 'execute "ALTER TABLE posts DROP COLUMN hits CASCADE", ""', id="cascade"
        ),
        pytest.param(
            "remake-views",
            "alter table(:posts) do\n  modify :hits, :bigint, from: :integer\nend",
            id="written anew besides",
        ),
        pytest.param(
            "drop-in-two-deploys",
            'execute "ALTER TABLE posts DROP COLUMN hits, ADD COLUMN note text", ""',
            id="one statement that does more",
        ),
        pytest.param(
            "drop-in-two-deploys",
            "alter table(:posts) do\n  remove :hits\nend\n\n"
            "alter table(:posts) do\n  add :hits, :bigint\nend",
            id="the column comes back",
        ),
        pytest.param(
            "rename-by-new-column",
            'execute "ALTER TABLE posts RENAME title TO headline; ALTER TABLE posts RENAME hits TO seen", ""',
            id="two statements",
        ),
        pytest.param(
            "rename-by-new-column",
            """
            def up do
              execute "ALTER TABLE posts RENAME title TO headline"
            end

            def down do
              execute "ALTER TABLE posts RENAME headline TO title"
              execute "ANALYZE posts"
            end
            """,
            id="down does more",
        ),
    ],
)
def test_not_offered(strategy: str, text: str, tmp_path: Path) -> None:
    hits = 'execute "CREATE VIEW hits AS SELECT hits FROM posts", ""' if strategy == "remake-views" else ""
    scenario = Scenario(about="", before=(POSTS, hits), text=text, strategy=strategy, files=0, lib=LIB)
    found = offers(analysis_of(project(scenario, tmp_path)))
    assert not [offer for offer in found if offer.id.startswith(f"{strategy}:")]
