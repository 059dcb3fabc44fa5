"""Fixes that one file can hold, on a real PostgreSQL: up, down, up, down, up, and nothing is left behind.

Those that are about locks go through `support.proving` too, which watches every statement.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.registry import change, offers
from support import cases
from support.elixir import Later
from support.fixing import KnownFiles, apply
from support.migrating import catalog, migrate, rollback
from support.postgres import Database
from support.proving import Scenario, prove

POSTS = """
create table(:posts) do
  add :title, :text
  add :views, :integer
  add :state, :string, null: false, default: "draft"
end
"""
ROWS = ("INSERT INTO posts (title, views) SELECT 't' || g, g FROM generate_series(1, 2500) g",)
OLD = ("INSERT INTO posts (title) VALUES ('old')", "UPDATE posts SET views = 0 WHERE id <= 10")
KEEPS = "SELECT md5(string_agg(title, ',' ORDER BY id)) FROM posts WHERE id <= 2500"
CONCURRENT = "@disable_ddl_transaction true\n@disable_migration_lock true\n\n"

WATCHED = (
    Scenario(
        about="SET NOT NULL that a validated CHECK proves",
        before=(POSTS, 'create constraint(:posts, :titled, check: "title IS NOT NULL")'),
        rows=ROWS,
        text="alter table(:posts) do\n  modify :title, :text, null: false, from: :text\nend",
        strategy="raw-alter",
        files=1,
        old_code=OLD,
        keeps=KEEPS,
        holds=(
            "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'posts'::regclass AND attname = 'title'",
        ),
    ),
    Scenario(
        about="a default",
        before=(POSTS,),
        rows=ROWS,
        text='alter table(:posts) do\n  modify :state, :string, default: "new", from: :string\nend',
        strategy="raw-alter",
        files=1,
        old_code=OLD,
        keeps=KEEPS,
    ),
    Scenario(
        about="json becomes jsonb",
        before=(POSTS,),
        rows=ROWS,
        text="alter table(:posts) do\n  add :settings, :json\nend",
        strategy="json-to-map",
        files=1,
        old_code=OLD,
        keeps=KEEPS,
    ),
    Scenario(
        about="an index that can be built again",
        before=(POSTS,),
        rows=ROWS,
        text=CONCURRENT
        + "def change do\n  create_if_not_exists index(:posts, [:title], concurrently: true)\nend",
        strategy="rerun-index",
        files=1,
        old_code=OLD,
        keeps=KEEPS,
        holds=("SELECT indisvalid FROM pg_index WHERE indexrelid = 'posts_title_index'::regclass",),
    ),
    Scenario(
        about="an index of SQL that can be built again",
        before=(POSTS,),
        rows=ROWS,
        text=CONCURRENT
        + 'def up, do: execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_titles ON posts (title)")\n\n'
        'def down, do: execute("DROP INDEX CONCURRENTLY IF EXISTS posts_titles")',
        strategy="rerun-index",
        files=1,
        old_code=OLD,
        keeps=KEEPS,
        holds=("SELECT indisvalid FROM pg_index WHERE indexrelid = 'posts_titles'::regclass",),
    ),
    Scenario(
        about="an index that is concurrent on the way back too",
        before=(POSTS,),
        rows=ROWS,
        text=CONCURRENT
        + "def up do\n  drop_if_exists index(:posts, [:title], concurrently: true)\n"
        + "  create index(:posts, [:title], concurrently: true)\nend\n\n"
        + "def down, do: drop_if_exists(index(:posts, [:title]))",
        strategy="concurrent-down",
        files=1,
        old_code=OLD,
        keeps=KEEPS,
    ),
    Scenario(
        about="a lock_timeout",
        before=(POSTS,),
        rows=ROWS,
        text="alter table(:posts) do\n  add :slug, :string\nend",
        strategy="lock-timeout",
        files=1,
        old_code=OLD,
        keeps=KEEPS,
    ),
)


@pytest.mark.parametrize("scenario", WATCHED, ids=lambda scenario: scenario.about)
def test_proven(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)


# The strategy, the migration, and those before it.
CYCLES = {
    "from: says all of it": (
        "modify-from",
        'alter table(:posts) do\n  modify :state, :text, null: true, default: "new", from: :string\nend',
        POSTS,
    ),
    "from: has the type there was": (
        "modify-from",
        "alter table(:posts) do\n  modify :views, :bigint, from: :smallint\nend",
        POSTS,
    ),
    "an enum": ("complete-for-rollback", "execute \"CREATE TYPE mood AS ENUM ('calm')\"", ""),
    "a function": (
        "complete-for-rollback",
        'execute "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$"',
        "",
    ),
    "a trigger": (
        "complete-for-rollback",
        'execute "CREATE TRIGGER same BEFORE UPDATE ON posts FOR EACH ROW'
        ' EXECUTE FUNCTION suppress_redundant_updates_trigger()"',
        POSTS,
    ),
    "a column and a constraint": (
        "complete-for-rollback",
        'execute "ALTER TABLE posts ADD COLUMN slug text, ADD CONSTRAINT seen CHECK (views >= 0) NOT VALID"',
        POSTS,
    ),
    "a default that was another": (
        "complete-for-rollback",
        "execute \"ALTER TABLE posts ALTER COLUMN state SET DEFAULT 'new'\"",
        POSTS,
    ),
    "a comment": ("complete-for-rollback", "execute \"COMMENT ON COLUMN posts.title IS 'it''s'\"", POSTS),
    "a new name": ("complete-for-rollback", 'execute "ALTER TABLE posts RENAME TO articles"', POSTS),
    "row security": ("complete-for-rollback", 'execute "ALTER TABLE posts ENABLE ROW LEVEL SECURITY"', POSTS),
    "a view": ("complete-for-rollback", 'execute "CREATE VIEW titles AS SELECT title FROM posts"', POSTS),
    "several statements": (
        "split-execute",
        'execute "CREATE TABLE a (id int); CREATE INDEX x ON a (id); CREATE TABLE b (id int)",'
        ' "DROP TABLE b; DROP TABLE a"',
        "",
    ),
    "more ways back than forward": (
        "split-execute",
        'execute "ALTER TABLE posts ADD COLUMN a int; ALTER TABLE posts ADD COLUMN b int",'
        ' "ALTER TABLE posts DROP COLUMN b; ALTER TABLE posts DROP COLUMN a; SELECT 1"',
        POSTS,
    ),
    "down written out": (
        "up-down",
        "create table(:states) do\n  add :name, :string\nend\n\ncreate index(:states, [:name])\n"
        "rename table(:posts), :title, to: :headline\n\n"
        "alter table(:posts) do\n  add :slug, :string\n  remove :views\n"
        "  modify :state, :text, null: true\nend\n\n"
        "create constraint(:posts, :slugged, check: \"slug <> ''\")\n"
        "rename table(:posts), to: table(:articles)\nflush()",
        POSTS,
    ),
    "the down that was missing": (
        "up-down",
        "def up do\n  create table(:states)\n  execute \"COMMENT ON TABLE posts IS 'x'\"\nend",
        POSTS,
    ),
    "a key of the right type": (
        "key-type",
        "create table(:books) do\n  add :author_id, references(:authors)\nend\n\n"
        "create index(:books, [:author_id])",
        "create table(:authors, primary_key: false) do\n  add :id, :uuid, primary_key: true\nend",
    ),
    "an index for a key": (
        "index-for-key",
        "create table(:comments) do\n  add :post_id, references(:posts)\nend",
        POSTS,
    ),
    "a short name": (
        "short-name",
        "create table(:organization_memberships) do\n  add :organization_id, :bigint\n"
        "  add :department_id, :bigint\nend\n\n"
        'create index(:organization_memberships, [:organization_id, :department_id, :id, "(id + 1)"])',
        "",
    ),
    "an option of references": (
        "move-option",
        "create table(:comments) do\n  add :post_id, references(:posts), on_delete: :delete_all\nend\n\n"
        "create index(:comments, [:post_id])",
        POSTS,
    ),
}


@pytest.mark.parametrize("about", CYCLES)
def test_there_and_back(about: str, database: Database, formatted: Later) -> None:
    strategy, text, before = CYCLES[about]
    case = cases.Case(about=about, text=text, before=(before,) if before else (), version=18)
    analysis = cases.analysis_of(case)
    (offer,) = (offer for offer in offers(analysis) if offer.id.startswith(f"{strategy}:"))
    fixed = apply(analysis.source.data, change(analysis, offer.id, KnownFiles())).decode()
    formatted(fixed)
    with database.connect() as connection:
        if before:
            migrate(connection, cases.migration_text(before))
        untouched = _state(connection)
        for _ in range(2):
            migrate(connection, fixed)
            assert _state(connection) != untouched
            rollback(connection, fixed)
            assert _state(connection) == untouched
        migrate(connection, fixed)


def _state(connection: object) -> dict[str, object]:
    """The catalog, with what no table has."""
    from psycopg import Connection

    assert isinstance(connection, Connection)
    found: dict[str, object] = dict(catalog(connection))
    for name, query in {
        "types": "SELECT typname FROM pg_type WHERE typtype = 'e' ORDER BY 1",
        "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
        "relations": "SELECT relname, relrowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
        "comments": "SELECT objoid::regclass::text, objsubid, description FROM pg_description"
        " WHERE classoid = 'pg_class'::regclass AND objoid::regclass::text !~ '^pg_|information_schema'"
        " ORDER BY 1",
    }.items():
        found[name] = connection.execute(query.encode()).fetchall()
    return found
