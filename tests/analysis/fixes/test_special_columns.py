"""Columns with a default on old servers, and generated ones: the whole proof, scenario by scenario."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.registry import offers
from support.elixir import Later
from support.postgres import Database
from support.proving import Scenario, analysis_of, project, prove

POSTS = "create table(:posts) do\n  add :title, :string\nend"
ROWS = ("INSERT INTO posts (title) SELECT 't' || g FROM generate_series(1, 2500) g",)

SCENARIOS = (
    Scenario(
        about="A constant default before PostgreSQL 11",
        before=(POSTS,),
        rows=ROWS,
        text='alter table(:posts) do\n  # Drafts first.\n  add :status, :string, default: "draft"\nend',
        strategy="split-volatile-default",
        version=10,
        files=2,
        old_code=("INSERT INTO posts (title) VALUES ('old')",),
        new_code=("INSERT INTO posts (title, status) VALUES ('new', 'live')",),
        keeps="SELECT title FROM posts WHERE id <= 2500 ORDER BY id",
        holds=(
            "SELECT count(*) = 0 FROM posts WHERE status IS NULL",
            "SELECT count(*) > 2500 FROM posts WHERE status = 'draft'",
        ),
    ),
)

DOMAINS = """
execute "CREATE DOMAIN stars AS integer CHECK (VALUE > 0) CONSTRAINT few CHECK (VALUE < 6)", ""
execute "CREATE DOMAIN code AS varchar(9) CHECK (value ~ '^[a-z]+$')", "DROP DOMAIN code"
"""
PREFIXED = 'execute "CREATE SCHEMA blog", "DROP SCHEMA blog"'

SCENARIOS += (
    Scenario(
        about="A domain with two conditions, and a default",
        before=(POSTS, DOMAINS),
        rows=ROWS,
        text="alter table(:posts) do\n  # Of five.\n  add :rating, :stars, default: 3\nend",
        strategy="type-below-domain",
        files=2,
        old_code=("INSERT INTO posts (title) VALUES ('old')",),
        old_until=2,
        new_code=("INSERT INTO posts (title, rating) VALUES ('new', 5)",),
        keeps="SELECT title FROM posts WHERE id <= 2500 ORDER BY id",
        holds=(
            "SELECT pg_get_constraintdef(oid) = 'CHECK (((rating > 0) AND (rating < 6)))' AND convalidated"
            " FROM pg_constraint WHERE conrelid = 'posts'::regclass AND contype = 'c'",
        ),
    ),
    Scenario(
        about="A domain of a text of some length, up and down, in a schema of its own",
        before=(PREFIXED, POSTS.replace(":posts", ":posts, prefix: :blog"), DOMAINS),
        rows=("INSERT INTO blog.posts (title) SELECT 't' || g FROM generate_series(1, 2500) g",),
        text="""
        def up do
          alter table(:posts, prefix: :blog) do
            add :code, :code, null: true
          end
        end

        def down do
          alter table(:posts, prefix: :blog) do
            remove :code
          end
        end
        """,
        strategy="type-below-domain",
        files=2,
        new_code=("INSERT INTO blog.posts (title, code) VALUES ('new', 'abc')",),
        keeps="SELECT title FROM blog.posts WHERE id <= 2500 ORDER BY id",
        holds=(
            "SELECT format_type(atttypid, atttypmod) = 'character varying(9)' FROM pg_attribute"
            " WHERE attrelid = 'blog.posts'::regclass AND attname = 'code'",
        ),
    ),
)

SCENARIOS += (
    Scenario(
        about="A constraint of a domain",
        before=(
            'execute "CREATE DOMAIN stars AS integer", "DROP DOMAIN stars"',
            "create table(:posts) do\n  add :title, :string\n  add :rating, :stars\nend",
        ),
        rows=("INSERT INTO posts (rating) SELECT g % 9 FROM generate_series(1, 2500) g",),
        text="""
        execute "ALTER DOMAIN stars ADD CONSTRAINT few CHECK (VALUE < 6)",
                "ALTER DOMAIN stars DROP CONSTRAINT few"
        """,
        strategy="domain-not-valid",
        files=1,
        old_code=("INSERT INTO posts (title, rating) VALUES ('new', 5)",),
        keeps="SELECT rating FROM posts WHERE id <= 2500 ORDER BY id",
        holds=("SELECT NOT convalidated FROM pg_constraint WHERE conname = 'few'",),
    ),
)

AUTHORS = "create table(:authors)"
OF_AUTHORS = POSTS.replace("end", "  add :writer_id, :bigint\nend")
KEYS = (
    ("of a new column", "alter table(:posts) do\n  add :author_id, {}\nend", "author_id"),
    (
        "in SQL",
        'execute "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (writer_id) REFERENCES authors NOT VALID",\n'
        '        "ALTER TABLE posts DROP CONSTRAINT k"',
        "writer_id",
    ),
)

SCENARIOS += tuple(
    Scenario(
        about=f"The index of a foreign key {about}",
        before=(AUTHORS, OF_AUTHORS),
        rows=(*ROWS, "INSERT INTO authors DEFAULT VALUES"),
        text=text.format("references(:authors, validate: false)"),
        strategy="index-of-foreign-key",
        files=2,
        old_code=("INSERT INTO posts (title) VALUES ('old')", "DELETE FROM authors WHERE id = 77"),
        old_until=2,
        new_code=(f"INSERT INTO posts (title, {column}) VALUES ('new', 1)",),
        keeps="SELECT title FROM posts WHERE id <= 2500 ORDER BY id",
        holds=(f"SELECT count(*) = 1 FROM pg_indexes WHERE indexname = 'posts_{column}_index'",),
    )
    for about, text, column in KEYS
)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.about for scenario in SCENARIOS])
def test_scenario(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)


@pytest.mark.parametrize(
    "domain",
    [
        pytest.param("CREATE DOMAIN stars AS integer NOT NULL", id="NOT NULL"),
        pytest.param(
            'CREATE DOMAIN few AS integer CHECK (VALUE < 6)", ""\nexecute "CREATE DOMAIN stars'
            " AS few CHECK (VALUE > 0)",
            id="a domain of a domain",
        ),
        pytest.param(
            'CREATE DOMAIN stars AS integer CHECK (VALUE > 0)", ""\nexecute "ALTER DOMAIN stars'
            " DROP CONSTRAINT stars_check",
            id="a constraint that is gone",
        ),
    ],
)
def test_not_offered(domain: str, tmp_path: Path) -> None:
    scenario = Scenario(
        about="",
        before=(POSTS, f'execute "{domain}", ""'),
        text="alter table(:posts) do\n  add :rating, :stars\nend",
        strategy="type-below-domain",
        files=0,
    )
    found = offers(analysis_of(project(scenario, tmp_path)))
    assert not [offer for offer in found if offer.id.startswith("type-below-domain")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("alter table(:posts) do\n  add :author_id, references(:authors)\nend", id="validated"),
        pytest.param(
            "create table(:notes) do\n  add :author_id, references(:authors)\nend", id="a table of its own"
        ),
    ],
)
def test_an_index_that_belongs_elsewhere(text: str, tmp_path: Path) -> None:
    scenario = Scenario(about="", before=(AUTHORS, POSTS), text=text, strategy="", files=0)
    found = offers(analysis_of(project(scenario, tmp_path)))
    assert not [offer for offer in found if offer.id.startswith("index-of-foreign-key")]
    assert [offer for offer in found if "foreign-key-missing-index" in offer.rules]
