"""Primary keys that become wider: the whole proof, scenario by scenario; and where it is not offered."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.registry import offers
from support.elixir import Later
from support.postgres import Database
from support.proving import Scenario, analysis_of, project, prove

KEY = "change-key-by-new-column"
AUTHORS = "create table(:authors, primary_key: [type: :serial]) do\n  add :name, :string\nend"
POSTS = """
create table(:posts) do
  add :title, :string
  add :author_id, references(:authors, type: :integer, on_delete: :delete_all)
  add :editor_id, references(:authors, type: :bigint, on_delete: :nilify_all)
end

execute "ALTER TABLE posts ADD CONSTRAINT checked FOREIGN KEY (editor_id) REFERENCES authors NOT VALID", ""

create index(:posts, [:author_id])
"""
EXTRAS = """
create unique_index(:authors, ["lower(name)", :id], name: :authors_name_and_id)
create constraint(:authors, :positive, check: "id > 0")
alter table(:authors) do
  add :boss_id, references(:authors, type: :integer)
end
"""
ROWS = (
    "INSERT INTO authors (name) SELECT 'a' || g FROM generate_series(1, 2500) g",
    "INSERT INTO posts (title, author_id, editor_id)"
    " SELECT 't' || g, g, 1 + g % 7 FROM generate_series(1, 2000) g",
)
OLD = (
    "INSERT INTO authors (name) VALUES ('of old code ' || clock_timestamp())",
    "INSERT INTO posts (title, author_id) SELECT 'x', max(id) FROM authors",
    "UPDATE authors SET name = name || '!' WHERE id % 100 = 1",
    "DELETE FROM authors WHERE id = (SELECT max(id) FROM authors WHERE name LIKE 'of old code%')",
)
CHANGE = "alter table(:authors) do\n  modify :id, :bigint, from: :integer\nend"

SCHEMA = """
defmodule Blog.Author do
  use Ecto.Schema

  @schema_prefix {prefix}
  schema "{table}" do
  end
end
"""
VIEWS = """
execute \"\"\"
        CREATE VIEW names AS
          SELECT id, name
          FROM authors WHERE id > 0
        \"\"\",
        "DROP VIEW names"
"""
LIB = (
    ("author.ex", SCHEMA.format(table="authors", prefix="nil")),
    ("visit.ex", SCHEMA.format(table="visits", prefix='"blog"').replace("Author", "Visit")),
)

SCENARIOS = (
    Scenario(
        about="A serial key that two foreign keys refer to",
        before=(AUTHORS, POSTS),
        rows=ROWS,
        text=CHANGE,
        strategy=KEY,
        lib=LIB,
        files=4,
        old_code=OLD,
        old_until=4,
        keeps="SELECT id, title, author_id, editor_id FROM posts WHERE id <= 2000 ORDER BY id",
        holds=(
            "SELECT array_agg(format_type(atttypid, atttypmod) || attnotnull) = '{biginttrue}'"
            " FROM pg_attribute WHERE attrelid = 'authors'::regclass AND attname = 'id'",
            "SELECT count(*) = 2500 FROM authors WHERE id <= 2500",
            "SELECT pg_get_serial_sequence('authors', 'id') = 'public.authors_id_seq'",
            "SELECT data_type = 'bigint'::regtype FROM pg_sequences WHERE sequencename = 'authors_id_seq'",
            "SELECT array_agg(conname::text || convalidated ORDER BY conname) = ARRAY['authors_pkeytrue',"
            " 'checkedfalse', 'posts_author_id_fkeytrue', 'posts_editor_id_fkeytrue'] FROM pg_constraint"
            " WHERE conrelid::regclass::text IN ('authors', 'posts') AND contype IN ('p', 'f')"
            " AND confrelid IN (0, 'authors'::regclass) AND conname <> 'posts_pkey'",
            "SELECT count(*) = 0 FROM pg_class WHERE relname ~ '_(new|old)$'",
        ),
    ),
    Scenario(
        about="It refers to itself, and has an index and a CHECK besides; up and down",
        before=(AUTHORS, EXTRAS),
        rows=(ROWS[0], "UPDATE authors SET boss_id = 1 + id % 9"),
        text="""
        def up do
          alter table(:authors) do
            modify :id, :bigint
          end
        end

        def down do
          alter table(:authors) do
            modify :id, :integer
          end
        end
        """,
        strategy=KEY,
        lib=LIB,
        files=4,
        old_code=(OLD[0], OLD[2]),
        old_until=4,
        keeps="SELECT id, boss_id FROM authors WHERE id <= 2500 ORDER BY id",
        holds=(
            "SELECT count(*) = 1 FROM pg_indexes WHERE indexname = 'authors_name_and_id'"
            " AND indexdef LIKE '%lower((name)::text), id)'",
            "SELECT bool_and(convalidated) AND count(*) = 2 FROM pg_constraint"
            " WHERE conrelid = 'authors'::regclass AND conname IN ('positive', 'authors_boss_id_fkey')",
        ),
    ),
    Scenario(
        about="A view reads it",
        before=(AUTHORS, VIEWS),
        rows=ROWS[:1],
        text=CHANGE,
        strategy=KEY,
        lib=LIB,
        files=4,
        old_code=(OLD[0], OLD[2], "UPDATE names SET name = 'by view' WHERE id = 77"),
        old_until=4,
        keeps="SELECT id FROM names WHERE id <= 2500 ORDER BY id",
        holds=(
            "SELECT format_type(atttypid, atttypmod) = 'bigint' FROM pg_attribute"
            " WHERE attrelid = 'names'::regclass AND attname = 'id'",
        ),
    ),
    Scenario(
        about="An identity that counts by tens",
        before=(
            'execute "CREATE TABLE authors (id integer GENERATED ALWAYS AS IDENTITY (INCREMENT BY 10)'
            ' PRIMARY KEY, name text)", "DROP TABLE authors"',
        ),
        rows=ROWS[:1],
        text=CHANGE,
        strategy=KEY,
        lib=LIB,
        files=4,
        old_code=(OLD[0], OLD[2]),
        old_until=4,
        keeps="SELECT id FROM authors WHERE id <= 25000 ORDER BY id",
        holds=(
            "SELECT data_type = 'bigint'::regtype AND increment_by = 10 AND last_value % 10 = 1"
            " FROM pg_sequences WHERE sequencename = 'authors_id_seq'",
            "SELECT array_agg(attidentity::text) = '{a}' FROM pg_attribute"
            " WHERE attrelid = 'authors'::regclass AND attidentity <> ''",
        ),
    ),
    Scenario(
        about="In SQL, one of two columns, in a schema of its own",
        before=(
            'execute "CREATE SCHEMA blog", "DROP SCHEMA blog"',
            "create table(:visits, primary_key: false, prefix: :blog) do\n"
            "  add :day, :date, primary_key: true\n  add :number, :serial, primary_key: true\nend",
        ),
        rows=(
            "INSERT INTO blog.visits SELECT date '2024-01-01' + g % 30, g FROM generate_series(1, 2500) g",
            "SELECT setval('blog.visits_number_seq', 2500)",
        ),
        text="""
        execute "ALTER TABLE blog.visits ALTER COLUMN number TYPE bigint USING number::bigint",
                "ALTER TABLE blog.visits ALTER COLUMN number TYPE integer"
        """,
        strategy=KEY,
        lib=LIB,
        files=4,
        old_code=("INSERT INTO blog.visits (day) VALUES ('2024-02-01')",),
        old_until=4,
        keeps="SELECT * FROM (SELECT day, number FROM blog.visits) v WHERE number <= 2500 ORDER BY number",
        holds=(
            "SELECT pg_get_constraintdef(oid) = 'PRIMARY KEY (day, number)' FROM pg_constraint"
            " WHERE conname = 'visits_pkey'",
            "SELECT pg_get_serial_sequence('blog.visits', 'number') = 'blog.visits_number_seq'",
        ),
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.about for scenario in SCENARIOS])
def test_scenario(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)


NARROW = "alter table(:authors) do\n  modify :id, :integer, from: :bigint\nend"
OF_ITS_OWN = """
execute "CREATE SEQUENCE numbers", "DROP SEQUENCE numbers"

create table(:authors, primary_key: false) do
  add :id, :integer, primary_key: true, default: fragment("nextval('numbers'::regclass) * 2")
end
"""


@pytest.mark.parametrize(
    ("before", "text"),
    [
        pytest.param(("create table(:authors)",), NARROW, id="a narrower type"),
        pytest.param((OF_ITS_OWN,), CHANGE, id="numbers that no sequence of a serial column makes"),
        pytest.param(
            (AUTHORS, 'execute "CREATE VIEW names AS SELECT * FROM authors", ""'),
            CHANGE,
            id="a view of whatever columns there are",
        ),
        pytest.param(
            (AUTHORS, VIEWS, 'execute "CREATE VIEW more AS SELECT * FROM names", ""'),
            CHANGE,
            id="a view of a view",
        ),
        pytest.param(
            (AUTHORS, VIEWS.replace("VIEW", "MATERIALIZED VIEW")),
            CHANGE,
            id="a materialized view",
        ),
        pytest.param(
            (AUTHORS, VIEWS, "rename table(:authors), :name, to: :called"),
            CHANGE,
            id="a view whose names have changed",
        ),
        pytest.param(
            (
                AUTHORS,
                'execute "CREATE TABLE days (day date, author_id integer REFERENCES authors)'
                ' PARTITION BY RANGE (day)", ""',
            ),
            CHANGE,
            id="a partitioned table refers to it",
        ),
        pytest.param(
            (AUTHORS,),
            "alter table(:authors) do\n  modify :id, :bigint, from: :integer\n  modify :id, :bigint\nend",
            id="twice",
        ),
        pytest.param(
            (AUTHORS,),
            'execute "ALTER TABLE authors ALTER id TYPE bigint, ALTER name TYPE text", ""',
            id="two changes in one statement of SQL",
        ),
    ],
)
def test_not_offered(before: tuple[str, ...], text: str, tmp_path: Path) -> None:
    scenario = Scenario(about="", before=before, text=text, strategy=KEY, files=0)
    assert not [
        offer for offer in offers(analysis_of(project(scenario, tmp_path))) if offer.id.startswith(KEY)
    ]
