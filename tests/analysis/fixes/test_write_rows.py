"""Rows in batches in a migration of their own, each proven (`support.proving`)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.registry import offers
from support.elixir import Later
from support.postgres import Database
from support.proving import Scenario, analysis_of, make, project, prove

POSTS = """
create table(:posts) do
  add :title, :string
  add :status, :string
  add :views, :integer
  add :author_id, :bigint
end
"""
AUTHORS = "create table(:authors) do\n  add :name, :string\nend"
ROWS = (
    "INSERT INTO authors (name) SELECT 'a' || g FROM generate_series(1, 20) g",
    "INSERT INTO posts (title, status, author_id) SELECT 'T' || g, 'live', 1 + g % 10"
    " FROM generate_series(1, 2500) g",
)
KEEPS = "SELECT md5(string_agg(lower(title), ',' ORDER BY id)) FROM posts WHERE id <= 2500"
OLD = ("INSERT INTO posts (title) VALUES ('old')", "UPDATE posts SET title = title WHERE id <= 100")
ADD = "alter table(:posts) do\n  add :slug, :string\nend"
FILLED = "SELECT bool_and(slug = lower(title)) FROM posts WHERE id <= 2500"
DOWN = "\n\ndef down do\n  alter table(:posts) do\n    remove :slug\n  end\nend"


def _up(rest: str) -> str:
    lines = "\n".join(f"  {line}" if line else "" for line in f"{ADD}\n\n{rest}".split("\n"))
    return f"def up do\n{lines}\nend{DOWN}"


def _scenario(about: str, text: str, *holds: str, files: int = 2, **rest: object) -> Scenario:
    return replace(
        Scenario(
            about=about,
            before=(AUTHORS, POSTS),
            rows=ROWS,
            text=text,
            strategy="write-rows-apart",
            files=files,
            old_code=OLD,
            old_until=0,
            keeps=KEEPS,
            holds=holds,
        ),
        **rest,
    )


SCENARIOS = [
    _scenario("SQL, after the column", f'{ADD}\n\nexecute "UPDATE posts SET slug = lower(title)"', FILLED),
    _scenario(
        "SQL with an alternative and an alias",
        f'{ADD}\n\nexecute "UPDATE posts AS p SET slug = lower(p.title) WHERE p.id > 0 OR p.views > 1"',
        FILLED,
    ),
    _scenario(
        "SQL of several lines with a join",
        f'{ADD}\n\nexecute """\nUPDATE posts\nSET slug = authors.name\nFROM authors\n'
        'WHERE authors.id = posts.author_id\n""", ""',
        "SELECT bool_and(slug = 'a' || author_id) FROM posts WHERE id <= 2500",
    ),
    _scenario(
        "SQL through the repo",
        _up('flush()\nrepo().query!("UPDATE posts SET slug = lower(title) WHERE slug IS NULL")'),
        FILLED,
    ),
    _scenario(
        "a query",
        "import Ecto.Query\n\n"
        + _up('flush()\nrepo().update_all(from(p in "posts", where: is_nil(p.slug)), set: [slug: "none"])'),
        "SELECT bool_and(slug = 'none') FROM posts WHERE id <= 2500",
    ),
    _scenario(
        "a query in a pipe, in a function",
        "import Ecto.Query\n\n"
        + _up(
            'execute(fn ->\n  from(p in "posts", update: [set: [slug: fragment("lower(?)", p.title)]])\n'
            "  |> repo().update_all([])\nend)"
        ),
        FILLED,
    ),
    _scenario(
        "a table by its name",
        _up('flush()\nrepo().update_all("posts", set: [slug: "none"])'),
        "SELECT bool_and(slug = 'none') FROM posts WHERE id <= 2500",
    ),
    _scenario(
        "NOT NULL after it",
        "alter table(:posts) do\n  add :public, :boolean\nend\n\n"
        'execute "UPDATE posts SET public = false"\n\n'
        "alter table(:posts) do\n  modify :public, :boolean, null: false, default: false\nend",
        "SELECT bool_and(NOT public) FROM posts WHERE id <= 2500",
        "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'posts'::regclass AND attname = 'public'",
        files=3,
        new_code=("INSERT INTO posts (title, public) VALUES ('new', true)",),
        old_until=2,
    ),
    _scenario(
        "two tables, then what needs them",
        'execute "UPDATE posts SET status = trim(status)", ""\n\n'
        'execute "UPDATE authors SET name = coalesce(name, \'\')", ""\n\n'
        "create index(:posts, [:status])",
        "SELECT count(*) = 2 FROM pg_index WHERE indrelid = 'posts'::regclass AND indisvalid",
    ),
    _scenario(
        "rows deleted, then a unique index",
        'execute "DELETE FROM posts WHERE status IS NULL", ""\n\ncreate unique_index(:posts, [:title])',
        "SELECT count(*) = 2500 FROM posts WHERE id <= 2500",
        old_code=(),
    ),
    _scenario(
        "all rows, in place",
        "execute(\"UPDATE posts SET status = 'old'\", \"UPDATE posts SET status = 'live'\")",
        "SELECT bool_and(status = 'old') FROM posts WHERE id <= 2500",
        files=1,
    ),
    _scenario(
        "up and down, in place",
        "@moduledoc false\n\ndef up do\n  execute(\"UPDATE posts SET status = 'old'\")\nend\n\n"
        "def down do\n  execute(\"UPDATE posts SET status = 'live'\")\nend",
        "SELECT bool_and(status = 'old') FROM posts WHERE id <= 2500",
        files=1,
    ),
    _scenario(
        "a column wiped, in place",
        'execute "UPDATE posts SET status = NULL", ""',
        "SELECT bool_and(status IS NULL) FROM posts WHERE id <= 2500",
        files=1,
    ),
    _scenario(
        "deleted by a query, in place",
        "import Ecto.Query\n\ndef up do\n"
        '  from(p in "posts", where: is_nil(p.status)) |> repo().delete_all()\nend\n\ndef down, do: :ok',
        "SELECT count(*) = 2500 FROM posts",
        files=1,
    ),
    _scenario(
        "texts in variables, with a comment",
        f'{ADD}\n\n# As the application writes it.\nquery = "UPDATE posts SET slug = lower(title)"\n'
        'back = ""\n\nexecute(query, back)',
        FILLED,
    ),
    _scenario(
        "what is to be checked at the commit",
        'execute "UPDATE posts SET author_id = 1 WHERE author_id = 2", ""\n\n' + ADD,
        "SELECT count(*) = 0 FROM posts WHERE author_id = 2",
        before=(
            AUTHORS,
            POSTS,
            'execute "ALTER TABLE posts ADD CONSTRAINT own FOREIGN KEY (author_id) REFERENCES authors'
            ' DEFERRABLE INITIALLY DEFERRED", "ALTER TABLE posts DROP CONSTRAINT own"',
        ),
    ),
    _scenario(
        "a schema module of the application",
        "import Ecto.Query\n\nalias Blog.Post\n\ndef up do\n"
        "  from(p in Post, where: is_nil(p.views), update: [set: [views: 0]]) |> repo().update_all([])\n"
        "end\n\ndef down, do: :ok",
        "SELECT bool_and(views = 0) FROM posts WHERE id <= 2500",
        files=1,
        lib=(
            (
                "post.ex",
                'defmodule Blog.Post do\n  use Ecto.Schema\n\n  schema "posts" do\n'
                "    field :title, :string\n    field :views, :integer\n  end\nend\n",
            ),
        ),
    ),
    _scenario(
        "an insert from another table",
        "create table(:slugs) do\n  add :post_id, references(:posts)\nend\n\n"
        'execute "INSERT INTO slugs (post_id) SELECT id FROM posts", ""',
        "SELECT count(*) >= 2500 FROM slugs",
    ),
]

UUIDS = """
create table(:posts, primary_key: false, prefix: "app") do
  add :uuid, :uuid, primary_key: true, default: fragment("gen_random_uuid()")
  add :title, :string
end
"""

SCENARIOS += [
    _scenario(
        "in another schema, by a UUID, with an advisory lock",
        'alter table(:posts, prefix: "app") do\n  add :slug, :string\nend\n\n'
        'execute "UPDATE app.posts SET slug = lower(title)"',
        "SELECT bool_and(slug = lower(title)) FROM app.posts",
        before=('execute "CREATE SCHEMA app", "DROP SCHEMA app"', UUIDS),
        rows=("INSERT INTO app.posts (title) SELECT 'T' || g FROM generate_series(1, 2500) g",),
        old_code=(),
        keeps="SELECT md5(string_agg(title, ',' ORDER BY uuid)) FROM app.posts",
        config="migration_lock: :pg_advisory_lock",
        settings="backfill_batch_size = 500\n",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.about)
def test_proven(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)


@pytest.mark.parametrize(
    ("about", "text"),
    [
        ("run again it does more", 'execute "UPDATE posts SET views = views + 1", ""'),
        ("run again it gives others", 'execute "UPDATE posts SET title = gen_random_uuid()::text", ""'),
        ("columns exchanged", 'execute "UPDATE posts SET title = status, status = title", ""'),
        ("a function of its own", 'execute "UPDATE posts SET title = my_slug(title)", ""'),
        (
            "it looks at other rows of the table",
            'execute "DELETE FROM posts p WHERE views > (SELECT max(views) FROM posts)", ""',
        ),
        (
            "computed from all of another table",
            'execute "UPDATE posts SET views = n.count FROM (SELECT count(*) FROM likes) n'
            ' WHERE n.count > 1", ""',
        ),
        ("WITH", 'execute "WITH a AS (SELECT 1 AS n) UPDATE posts SET views = n FROM a", ""'),
        ("the way back cannot", 'execute "UPDATE posts SET views = 1", "UPDATE posts SET views = views - 1"'),
        ("a table that is not known", 'execute "UPDATE likes SET n = 1", ""'),
        ("a key of two columns", 'execute "UPDATE pairs SET n = 1", ""'),
        ("in a loop", 'for s <- ["a", "b"] do\n  execute "UPDATE posts SET status = \'#{s}\'", ""\nend'),
        (
            "a value from elsewhere",
            'import Ecto.Query\n\n@status System.get_env("A")\n\ndef up do\n'
            '  repo().update_all("posts", set: [status: @status])\nend\n\ndef down, do: :ok',
        ),
        (
            "counted up",
            'def up do\n  repo().update_all("posts", inc: [views: 1])\nend\n\ndef down, do: :ok',
        ),
        (
            "what follows has a way back that cannot be told apart",
            "def up do\n  execute \"UPDATE posts SET status = 'a'\"\n\n  alter table(:posts) do\n"
            "    add :slug, :string\n  end\nend\n\n"
            'def down do\n  execute "ALTER TABLE posts DROP COLUMN IF EXISTS slug"\nend',
        ),
        (
            "what follows needs what this module defines",
            'execute "UPDATE posts SET status = \'a\'", ""\n\nfor c <- [:a, :b] do\n'
            "  alter table(:posts) do\n    add c, :string\n  end\nend",
        ),
    ],
)
def test_not_offered(about: str, text: str, tmp_path: Path) -> None:
    pairs = "create table(:pairs, primary_key: false) do\n  add :a, :bigint, primary_key: true\n"
    pairs += "  add :b, :bigint, primary_key: true\n  add :n, :integer\nend"
    scenario = Scenario(
        about=about, before=(AUTHORS, POSTS, pairs), text=text, strategy="write-rows-apart", files=1
    )
    found = offers(analysis_of(project(scenario, tmp_path)))
    assert any("backfill-unbatched" in offer.rules and offer.suppresses for offer in found), about
    assert not any(offer.id.startswith("write-rows-apart:") for offer in found)


def _of(about: str) -> Scenario:
    return next(scenario for scenario in SCENARIOS if scenario.about == about)


def test_the_ways_of_the_project_are_kept(tmp_path: Path) -> None:
    _, rows = make(_of("in another schema, by a UUID, with an advisory lock"), tmp_path).texts
    assert "@disable_ddl_transaction true" in rows and "disable_migration_lock" not in rows
    assert "@batch_size 500" in rows and 'prefix: "app"' in rows and "p.uuid" in rows


def test_what_code_has_written_by_then_stays(tmp_path: Path) -> None:
    first, rows, last = make(_of("NOT NULL after it"), tmp_path).texts
    assert "ALTER COLUMN public SET DEFAULT false" in first
    assert "SET public = false WHERE id = ANY($1) AND public IS NULL" in rows
    assert last.startswith("# Step 3 of 3: NOT NULL.")


def test_texts_and_comments_go_along(tmp_path: Path) -> None:
    made = make(_of("texts in variables, with a comment"), tmp_path)
    first, rows = made.texts
    assert "query = " not in first and "As the application" not in first
    assert "# As the application writes it.\n" in rows
    assert made.offer.title == "Split into 2 migrations: add posts.slug → update posts in batches"


def test_imports_without_use_go(tmp_path: Path) -> None:
    first, rows = make(_of("a query"), tmp_path).texts
    assert "Ecto.Query" not in first and "import Ecto.Query" in rows
