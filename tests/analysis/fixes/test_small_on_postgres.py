"""Fixes of a word or a line on a real PostgreSQL: up, down, up, down, up, and nothing is left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.findings import Level
from ecto_migrations_analysis.fixes.registry import change, offers
from ecto_migrations_analysis.project.context import ProjectContext
from support import cases
from support.elixir import Later
from support.fixing import KnownFiles, apply
from support.migrating import catalog
from support.postgres import Database
from support.proving import Connection, EctoRunner, Runner
from support.real_ecto import real_ecto

POSTS = """
create table(:posts) do
  add :slug, :string
  add :author_id, :bigint
end

create unique_index(:posts, [:slug], name: :posts_slug_unique)
"""
ALONE = "@disable_ddl_transaction true\n@disable_migration_lock true\n\n"
STATUS = "execute \"CREATE TYPE status AS ENUM ('draft', 'public')\", \"DROP TYPE status\""
ORDER = """
defmodule MyApp.Order do
  use Ecto.Schema

  schema "orders" do
    field :status, Ecto.Enum, values: [:open, :paid]
  end
end
"""

# The rule, the migration, those before it, and a query that gives true at the end.
CYCLES = {
    "an enum value again": (
        "enum-add-value-irreversible",
        'execute "ALTER TYPE status ADD VALUE \'hidden\'", ""',
        STATUS,
        "SELECT array_agg(enumlabel ORDER BY enumsortorder) = '{draft,public,hidden}' FROM pg_enum",
    ),
    "a function of its own path": (
        "create-function-search-path",
        'execute "CREATE FUNCTION one() RETURNS int LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$",\n'
        '        "DROP FUNCTION one"',
        "",
        "SELECT proconfig = '{\"search_path=public, pg_temp\"}' FROM pg_proc WHERE proname = 'one'",
    ),
    "an index rebuilt": (
        "reindex-not-concurrent",
        'execute "REINDEX INDEX posts_slug_unique", ""',
        POSTS,
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'posts_slug_unique'::regclass",
    ),
    "a setting for the transaction": (
        "session-state-leak",
        'execute "SET work_mem = \'7MB\'", ""\ncreate table(:notes)',
        "",
        "SELECT current_setting('work_mem') <> '7MB'",
    ),
    "a lock for the transaction": (
        "session-state-leak",
        'execute "SELECT pg_advisory_lock(77)", ""\ncreate table(:notes)',
        "",
        "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory' AND objid = 77",
    ),
    "a type without CASCADE": (
        "drop-cascade",
        "execute \"DROP TYPE status CASCADE\", \"CREATE TYPE status AS ENUM ('draft', 'public')\"",
        STATUS,
        "SELECT to_regtype('status') IS NULL",
    ),
    "the name that an index has": (
        "drop-unknown-object",
        "drop unique_index(:posts, [:slug])",
        POSTS,
        "SELECT to_regclass('posts_slug_unique') IS NULL",
    ),
    "an index in full": (
        "drop-index-incomplete-definition",
        "drop index(:posts, [:author_id])",
        POSTS + "create unique_index(:posts, [:author_id], where: \"slug <> ''\", include: [:slug])",
        "SELECT to_regclass('posts_author_id_index') IS NULL",
    ),
    "an index of a new table": (
        "concurrent-index-on-new-table",
        ALONE + "def change do\n  create table(:notes) do\n    add :a, :text\n  end\n\n"
        "  create index(:notes, [:a], concurrently: true)\nend",
        "",
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'notes_a_index'::regclass",
    ),
    "the new index first": (
        "replace-index-order",
        ALONE + "def change do\n  drop index(:posts, [:author_id], concurrently: true)\n"
        "  create index(:posts, [:author_id, :slug], concurrently: true)\nend",
        POSTS + "create index(:posts, [:author_id])",
        "SELECT to_regclass('posts_author_id_index') IS NULL",
    ),
    "a build without a timeout": (
        "concurrent-index-short-lock-timeout",
        ALONE + 'def change do\n  execute "SET lock_timeout TO \'2s\'", ""\n'
        "  create index(:posts, [:author_id], concurrently: true)\nend",
        POSTS,
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'posts_author_id_index'::regclass",
    ),
    "a B-tree": (
        "hash-index",
        "create index(:posts, [:slug], using: :hash, name: :by_slug)",
        POSTS,
        "SELECT amname = 'btree' FROM pg_class c JOIN pg_am a ON a.oid = relam WHERE relname = 'by_slug'",
    ),
    "an identity": (
        "prefer-identity",
        "create table(:notes)",
        "",
        "SELECT attidentity = 'd' FROM pg_attribute WHERE attrelid = 'notes'::regclass AND attname = 'id'",
    ),
    "an identity in SQL": (
        "prefer-identity",
        'execute "CREATE TABLE notes (id bigserial PRIMARY KEY)", "DROP TABLE notes"',
        "",
        "SELECT attidentity = 'd' FROM pg_attribute WHERE attrelid = 'notes'::regclass AND attname = 'id'",
    ),
    "timestamps with a zone": (
        "prefer-timestamptz",
        "create table(:notes) do\n  timestamps()\nend",
        "",
        "SELECT bool_and(atttypid = 'timestamptz'::regtype) FROM pg_attribute"
        " WHERE attrelid = 'notes'::regclass AND attname ~ '_at$'",
    ),
    "an array that is never NULL": (
        "array-or-map-without-default",
        "create table(:notes) do\n  add :tags, {:array, :string}\nend",
        "",
        "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'notes'::regclass AND attname = 'tags'",
    ),
    "a map that is never NULL, in SQL": (
        "array-or-map-without-default",
        'execute "CREATE TABLE notes (meta jsonb)", "DROP TABLE notes"',
        "",
        "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'notes'::regclass AND attname = 'meta'",
    ),
    "the values of a schema module": (
        "string-status-without-check",
        "create table(:orders) do\n  add :status, :string\nend",
        "",
        "SELECT pg_get_constraintdef(oid) ~ 'open.*paid' FROM pg_constraint"
        " WHERE conname = 'orders_status_check'",
    ),
    "a view that can be read meanwhile": (
        "refresh-matview",
        'execute "REFRESH MATERIALIZED VIEW totals", ""',
        POSTS + 'execute "CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM posts"\n'
        'execute "CREATE UNIQUE INDEX totals_count ON totals (count)"',
        "SELECT count = 0 FROM totals",
    ),
    "rows that are inserted again": (
        "backfill-not-idempotent",
        ALONE + "def up do\n  execute \"INSERT INTO states (name) VALUES ('a')\"\n"
        '  execute "VACUUM states"\nend\n\ndef down, do: :ok',
        "create table(:states) do\n  add :name, :string, null: false\nend\n\n"
        "create unique_index(:states, [:name])",
        "SELECT count(*) = 1 FROM states",
    ),
    "an index that goes with a column": (
        "remove-loses-index-or-constraint",
        "alter table(:posts) do\n  remove :author_id, :bigint\nend",
        "create table(:posts) do\n  add :slug, :string\n  add :author_id, :bigint\nend\n\n"
        "create unique_index(:posts, [:slug, :author_id], where: \"slug <> ''\", include: [:id])",
        "SELECT to_regclass('posts_slug_author_id_index') IS NULL",
    ),
    "two rewrites in one": (
        "several-alters-same-table",
        "alter table(:posts) do\n  modify :slug, :text, from: {:string, null: true}\n"
        "  modify :author_id, :numeric, from: :bigint\nend\n\n"
        "alter table(:posts) do\n  modify :id, :numeric, from: :bigint\nend",
        POSTS.replace("create unique", 'execute "ALTER TABLE posts ALTER id DROP DEFAULT"\n\ncreate unique'),
        "SELECT bool_and(atttypid = 'numeric'::regtype) FROM pg_attribute"
        " WHERE attrelid = 'posts'::regclass AND attname IN ('id', 'author_id')",
    ),
    "a CHECK that has proven NOT NULL": (
        "not-null-helper-leftover",
        'execute "ALTER TABLE posts ALTER COLUMN slug SET NOT NULL",\n'
        '        "ALTER TABLE posts ALTER COLUMN slug DROP NOT NULL"',
        POSTS + 'create constraint(:posts, :slugged, check: "slug IS NOT NULL")',
        "SELECT attnotnull AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'slugged')"
        " FROM pg_attribute WHERE attrelid = 'posts'::regclass AND attname = 'slug'",
    ),
    "COMMIT at the end": (
        "execute-transaction-control",
        'create table(:notes)\nexecute "COMMIT", ""',
        "",
        "SELECT to_regclass('notes') IS NOT NULL",
    ),
    "checks that are pending": (
        "pending-trigger-events",
        'execute "INSERT INTO notes (author_id) SELECT id FROM authors LIMIT 1", ""\n'
        "create index(:notes, [:author_id])",
        "create table(:authors)\ncreate table(:notes) do\n  add :author_id, :bigint\nend\n\n"
        'execute "ALTER TABLE notes ADD FOREIGN KEY (author_id) REFERENCES authors'
        ' DEFERRABLE INITIALLY DEFERRED"\n'
        'execute "INSERT INTO authors DEFAULT VALUES"',
        "SELECT count(*) > 0 FROM notes",
    ),
    "only the column that is meant": (
        "nilify-not-null",
        "create table(:notes) do\n  add :org_id, :bigint, null: false\n"
        "  add :author_id, references(:authors, on_delete: :nilify_all, with: [org_id: :org_id])\nend",
        "create table(:authors) do\n  add :org_id, :bigint\nend\n\n"
        "create unique_index(:authors, [:id, :org_id])",
        "SELECT confdelsetcols = '{3}' FROM pg_constraint WHERE conname = 'notes_author_id_fkey'",
    ),
    "a down that does nothing": (
        "empty-down",
        "def up, do: drop(index(:posts, [:author_id]))\n\ndef down, do: :ok",
        POSTS + "create unique_index(:posts, [:author_id], where: \"slug <> ''\", include: [:slug])",
        "SELECT to_regclass('posts_author_id_index') IS NULL",
    ),
    "a second text that is empty": (
        "empty-down",
        'execute "ALTER TABLE posts ADD COLUMN a text", ""',
        POSTS,
        "SELECT count(*) = 1 FROM pg_attribute WHERE attrelid = 'posts'::regclass AND attname = 'a'",
    ),
    "a down that is no inverse": (
        "down-not-inverse",
        "def up do\n  alter table(:posts) do\n    add :a, :text\n  end\n\n"
        "  create index(:posts, [:a])\n  create table(:notes)\nend\n\n"
        "def down do\n  alter table(:posts) do\n    remove :a\n  end\nend",
        POSTS,
        "SELECT to_regclass('notes') IS NOT NULL",
    ),
    "a down in the wrong order": (
        "down-order",
        "def up do\n  create table(:a)\n\n  create table(:b) do\n"
        "    add :a_id, references(:a)\n  end\nend\n\ndef down do\n  drop table(:a)\n  drop table(:b)\nend",
        "",
        "SELECT to_regclass('b') IS NOT NULL",
    ),
    "up and down in one": (
        "prefer-change",
        "def up do\n  create table(:a)\n  create index(:a, [:id])\nend\n\n"
        "def down do\n  drop index(:a, [:id])\n  drop table(:a)\nend",
        "",
        "SELECT to_regclass('a') IS NOT NULL",
    ),
}


@pytest.mark.parametrize("about", CYCLES)
def test_there_and_back(about: str, database: Database, tmp_path: Path, formatted: Later) -> None:
    rule, text, before, holds = CYCLES[about]
    case = cases.Case(about=about, text=text, before=(before,) if before else (), version=18, lib=(ORDER,))
    analysis = cases.analysis_of(case)
    offer = next(offer for offer in offers(analysis) if offer.id.startswith(f"{rule}:"))
    fixed = apply(analysis.source.data, change(analysis, offer.id, KnownFiles())).decode()
    formatted(fixed)
    told = {finding.rule for finding in analysis.findings}
    after = cases.analysis_of(cases.Case(about="", text=fixed, before=case.before, version=18, lib=(ORDER,)))
    dangers = {finding.rule for finding in after.findings if finding.level is Level.DANGER}
    assert rule not in {finding.rule for finding in after.findings}
    assert dangers <= told | {"index-not-concurrent", "drop-index-not-concurrent"}
    files = [tmp_path / "20230101000000_before.exs"] if before else []
    for path in files:
        path.write_text(cases.migration_text(before), encoding="utf-8")
    file = tmp_path / "20240101000000_fixed.exs"
    file.write_text(fixed, encoding="utf-8")
    by_ecto = real_ecto()
    again = database.copy() if by_ecto is not None else None
    with database.connect() as connection:
        cycle(connection, Runner(database, connection, ProjectContext()), [*files, file], holds)
    if by_ecto is not None and again is not None:
        with again.connect() as connection:
            by_ecto.connect(again)
            cycle(connection, EctoRunner(by_ecto, ProjectContext()), [*files, file], holds)


def cycle(connection: Connection, runner: Runner | EctoRunner, files: list[Path], holds: str) -> None:
    """The last of the files up, down, up, down and up, after the others."""
    *before, file = files
    for path in before:
        runner.run_file(path, "up")
    untouched = catalog(connection)
    for _ in range(2):
        runner.run_file(file, "up")
        assert connection.execute(holds.encode()).fetchone() == (True,)
        runner.run_file(file, "down")
        assert catalog(connection) == untouched
    runner.run_file(file, "up")
