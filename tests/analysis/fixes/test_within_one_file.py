"""Fixes that one file can hold: what they write, and where they are not offered."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.fixes.in_place.short_names import short_name
from ecto_migrations_analysis.fixes.model import Offer
from ecto_migrations_analysis.fixes.registry import change, offers
from ecto_migrations_analysis.rules.base import Case
from support import cases
from support.elixir import Later
from support.fixing import KnownFiles, apply

POSTS = """
create table(:posts) do
  add :title, :text
  add :state, :string, null: false, default: "draft"
end
"""
CHECKED = POSTS + 'create constraint(:posts, :titled, check: "title IS NOT NULL")\n'
CONCURRENT = "@disable_ddl_transaction true\n@disable_migration_lock true\n\n"


def case(text: str, before: str = "", **more: object) -> Case:
    return Case(about="", text=text, before=(before,) if before else (), **more)  # type: ignore[arg-type]


def offered(subject: Case, strategy: str) -> list[Offer]:
    return [offer for offer in offers(cases.analysis_of(subject)) if offer.id.startswith(f"{strategy}:")]


def fixed(subject: Case, strategy: str) -> tuple[str, Offer]:
    """The text after the one fix of the strategy."""
    analysis = cases.analysis_of(subject)
    (offer,) = offered(subject, strategy)
    made = change(analysis, offer.id, KnownFiles())
    assert not made.new_files and not made.others
    return apply(analysis.source.data, made).decode(), offer


WRITTEN = [
    (
        "raw-alter",
        case("alter table(:posts) do\n  modify :title, :text, null: false, from: :text\nend", CHECKED),
        'execute "ALTER TABLE posts ALTER COLUMN title SET NOT NULL",\n'
        '        "ALTER TABLE posts ALTER COLUMN title DROP NOT NULL"',
        "Send only SET NOT NULL, by execute",
    ),
    (
        "raw-alter",
        case(
            "alter table(:posts) do\n  add :slug, :string\n"
            '  modify :state, :string, default: "new", null: true, from: :string\nend',
            POSTS,
        ),
        "alter table(:posts) do\n  add :slug, :string\nend\n\n"
        'execute "ALTER TABLE posts ALTER COLUMN state DROP NOT NULL,'
        " ALTER COLUMN state SET DEFAULT 'new'\",\n"
        '        "ALTER TABLE posts ALTER COLUMN state SET NOT NULL,'
        " ALTER COLUMN state SET DEFAULT 'draft'\"",
        "Send only DROP NOT NULL and SET DEFAULT 'new', by execute",
    ),
    (
        "raw-alter",
        case(
            'def up do\n  alter table(:posts) do\n    modify :state, :string, default: "new"\n  end\nend\n\n'
            'def down do\n  alter table(:posts) do\n    modify :state, :string, default: "draft"\n  end\nend',
            POSTS,
        ),
        "def up do\n  execute \"ALTER TABLE posts ALTER COLUMN state SET DEFAULT 'new'\"\nend\n\n"
        'def down do\n  alter table(:posts) do\n    modify :state, :string, default: "draft"\n  end\nend',
        "Send only SET DEFAULT 'new', by execute",
    ),
    (
        "json-to-map",
        case("alter table(:posts) do\n  add :settings, :json\nend"),
        "alter table(:posts) do\n  add :settings, :map\nend",
        "Make it :map (jsonb), which has equality",
    ),
    (
        "modify-from",
        case(
            'alter table(:posts) do\n  modify :state, :text, null: true, default: "new", from: :string\nend',
            POSTS,
        ),
        "alter table(:posts) do\n  modify :state, :text,\n    null: true,\n"
        '    default: "new",\n    from: {:string, null: false, default: "draft"}\nend',
        'Say what the column was: from: {:string, null: false, default: "draft"}',
    ),
    (
        "complete-for-rollback",
        case("execute \"CREATE TYPE mood AS ENUM ('calm')\""),
        'execute "CREATE TYPE mood AS ENUM (\'calm\')", "DROP TYPE mood"',
        'Complete for rollback: execute …, "DROP TYPE mood"',
    ),
    (
        "complete-for-rollback",
        case(
            'execute """\nCREATE FUNCTION touch() RETURNS trigger AS $$\nBEGIN\n  RETURN NEW;\nEND\n'
            '$$ LANGUAGE plpgsql\n"""'
        ),
        'execute """\n        CREATE FUNCTION touch() RETURNS trigger AS $$\n        BEGIN\n'
        '          RETURN NEW;\n        END\n        $$ LANGUAGE plpgsql\n        """,\n'
        '        "DROP FUNCTION touch"',
        'Complete for rollback: execute …, "DROP FUNCTION touch"',
    ),
    (
        "split-execute",
        case(
            'create table(:a)\nexecute "CREATE INDEX x ON a (id); CREATE INDEX y ON a (id)", "DROP INDEX x"'
        ),
        'create table(:a)\nexecute "CREATE INDEX x ON a (id)", ""\n'
        'execute "CREATE INDEX y ON a (id)", "DROP INDEX x"',
        "Split into 2 execute, one for each SQL statement",
    ),
    (
        "split-execute",
        case(
            'def up do\n  execute """\n  CREATE TYPE mood AS ENUM (\'a\');\n\n  ALTER TABLE posts\n'
            '    ADD COLUMN mood mood;\n  """\nend\n\ndef down, do: raise("no")'
        ),
        "def up do\n  execute \"CREATE TYPE mood AS ENUM ('a')\"\n\n"
        '  execute """\n  ALTER TABLE posts\n  ADD COLUMN mood mood\n  """\nend\n\ndef down, do: raise("no")',
        "Split into 2 execute, one for each SQL statement",
    ),
    (
        "flush",
        case(
            "def up do\n  create table(:states) do\n    add :name, :string\n  end\n\n"
            '  repo().insert_all("states", [%{name: "draft"}])\nend\n\ndef down, do: drop(table(:states))'
        ),
        "def up do\n  create table(:states) do\n    add :name, :string\n  end\n\n  flush()\n"
        '  repo().insert_all("states", [%{name: "draft"}])\nend\n\ndef down, do: drop(table(:states))',
        "Call flush() first, so that the commands above it have run",
    ),
    (
        "up-down",
        case(
            "create table(:states) do\n  add :name, :string\nend\n\ncreate index(:states, [:name])\n\n"
            "alter table(:posts) do\n  add :state, :string\n  remove :title\nend\n\nflush()\n"
            'repo().insert_all("states", [%{name: "draft"}])',
            POSTS.replace(':state, :string, null: false, default: "draft"', ":views, :integer"),
        ),
        "def up do\n  create table(:states) do\n    add :name, :string\n  end\n\n"
        "  create index(:states, [:name])\n\n"
        "  alter table(:posts) do\n    add :state, :string\n    remove :title\n  end\n\n  flush()\n"
        '  repo().insert_all("states", [%{name: "draft"}])\nend\n\n'
        "def down do\n  alter table(:posts) do\n    add :title, :text\n    remove :state\n  end\n\n"
        "  drop index(:states, [:name])\n  drop table(:states)\nend",
        "Write it as up and down",
    ),
    (
        "up-down",
        case("drop table(:posts)"),
        "def up do\n  drop table(:posts)\nend\n\n"
        'def down do\n  raise Ecto.MigrationError, "no way back from drop table(:posts)"\nend',
        "Write it as up and down (down raises: no way back from drop table(:posts))",
    ),
    (
        "up-down",
        case('repo().update_all("states", set: [used: 1])'),
        'def up do\n  repo().update_all("states", set: [used: 1])\nend\n\n'
        "def down do\n  # The rows that `up` wrote stay as they are.\n  :ok\nend",
        "Write it as up and down (the rows that it wrote stay)",
    ),
    (
        "up-down",
        case("def up do\n  rename table(:posts), :title, to: :headline\nend"),
        "def up do\n  rename table(:posts), :title, to: :headline\nend\n\n"
        "def down do\n  rename table(:posts), :headline, to: :title\nend",
        "Write down, which undoes up",
    ),
    (
        "rerun-index",
        case(
            CONCURRENT
            + "def change do\n  create_if_not_exists index(:posts, [:title], concurrently: true)\nend"
        ),
        CONCURRENT + "def up do\n  drop_if_exists index(:posts, [:title], concurrently: true)\n"
        "  create index(:posts, [:title], concurrently: true)\nend\n\n"
        "def down do\n  drop_if_exists index(:posts, [:title], concurrently: true)\nend",
        "Drop what a failed build has left over first, so that it can be run again",
    ),
    (
        "concurrent-down",
        case(
            CONCURRENT + "def up, do: create(index(:posts, [:title], concurrently: true))\n"
            "def down, do: drop(index(:posts, [:title]))"
        ),
        CONCURRENT + "def up, do: create(index(:posts, [:title], concurrently: true))\n"
        "def down, do: drop(index(:posts, [:title], concurrently: true))",
        "Drop the index concurrently in down too",
    ),
    (
        "lock-timeout",
        case("def change do\n  alter table(:posts) do\n    add :slug, :string\n  end\nend"),
        "def after_begin do\n  repo().query!(\"SET LOCAL lock_timeout = '5s'\")\nend\n\n"
        "def change do\n  alter table(:posts) do\n    add :slug, :string\n  end\nend",
        "Set a lock_timeout of 5s in after_begin",
    ),
    (
        "lock-timeout",
        case("def up, do: drop(constraint(:notes, :notes_post_id_fkey))\ndef down, do: :ok"),
        "def after_begin do\n  repo().query!(\"SET LOCAL lock_timeout = '5s'\")\nend\n\n"
        "def up, do: drop(constraint(:notes, :notes_post_id_fkey))\ndef down, do: :ok",
        "Set a lock_timeout of 5s in after_begin",
    ),
    (
        "remove-attribute",
        case("@disable_migration_lock true\n\ndef change do\n  create table(:drafts)\nend"),
        "def change do\n  create table(:drafts)\nend",
        "Remove @disable_migration_lock",
    ),
    (
        "respell-attribute",
        case('@disable_ddl_transactions true\n\ndef up, do: execute("VACUUM posts")\ndef down, do: :ok'),
        '@disable_ddl_transaction true\n\ndef up, do: execute("VACUUM posts")\ndef down, do: :ok',
        "Write @disable_ddl_transaction",
    ),
    (
        "respell-option",
        case("create table(:users) do\n  add :name, :string, required: true\nend"),
        "create table(:users) do\n  add :name, :string, null: false\nend",
        "Write null: false",
    ),
    (
        "move-option",
        case(
            "create table(:users) do\n"
            "  add :org_id, references(:orgs), on_delete: :delete_all, null: false\nend"
        ),
        "create table(:users) do\n  add :org_id, references(:orgs, on_delete: :delete_all), null: false\nend",
        "Move on_delete: into references(…)",
    ),
    (
        "key-type",
        case(
            "create table(:posts) do\n  add :author_id, references(:authors)\nend\n\n"
            "create index(:posts, [:author_id])",
            "create table(:authors, primary_key: false) do\n  add :id, :uuid, primary_key: true\nend",
        ),
        "create table(:posts) do\n  add :author_id, references(:authors, type: :uuid)\nend\n\n"
        "create index(:posts, [:author_id])",
        "Give the key's type: references(…, type: :uuid)",
    ),
    (
        "index-for-key",
        case("create table(:comments) do\n  add :post_id, references(:posts)\nend", POSTS),
        "create table(:comments) do\n  add :post_id, references(:posts)\nend\n\n"
        "create index(:comments, [:post_id])",
        "Add an index on post_id",
    ),
]


@pytest.mark.parametrize(("strategy", "subject", "after", "title"), WRITTEN)
def test_what_is_written(strategy: str, subject: Case, after: str, title: str, formatted: Later) -> None:
    text, offer = fixed(subject, strategy)
    assert offer.title == title
    assert text == cases.migration_text(after)
    assert not offer.new_file_count and (offer.rules or strategy == "rerun-index")
    formatted(text)


# What may be applied unasked: it does what was written, or only the way back changes.
UNASKED = {
    *("complete-for-rollback", "concurrent-down", "flush", "key-type", "modify-from"),
    *("remove-attribute", "respell-attribute", "split-execute"),
}


@pytest.mark.parametrize(("strategy", "subject", "after", "title"), WRITTEN)
def test_what_may_be_applied_unasked(strategy: str, subject: Case, after: str, title: str) -> None:
    (offer,) = offered(subject, strategy)
    assert offer.safe is (strategy in UNASKED)


@pytest.mark.parametrize(
    ("strategy", "subject"),
    [
        # The type changes too.
        (
            "raw-alter",
            case('alter table(:posts) do\n  modify :state, :text, default: "a", from: :string\nend', POSTS),
        ),
        # Nothing is known of the column.
        (
            "raw-alter",
            case('alter table(:posts) do\n  modify :state, :string, default: "a", from: :string\nend'),
        ),
        # The comment would be lost.
        (
            "raw-alter",
            case(
                'alter table(:posts) do\n  # why\n  modify :state, :string, default: "a", from: :string\nend',
                POSTS,
            ),
        ),
        (
            "modify-from",
            case("alter table(:posts) do\n  modify :title, :citext, null: false, from: :text\nend"),
        ),
        # In `change` it raises on rollback.
        ("flush", case('create table(:states)\nrepo().insert_all("states", [%{id: 1}])')),
        # Rows do not come back; what was there before is not dropped.
        ("complete-for-rollback", case('execute "DELETE FROM posts"')),
        ("complete-for-rollback", case('execute "CREATE OR REPLACE VIEW v AS SELECT 1 AS one"')),
        # The migration's own setting counts after it.
        (
            "lock-timeout",
            case(
                'def up do\n  execute "SET LOCAL lock_timeout = 0"\n  alter table(:posts) do\n'
                "    add :a, :string\n  end\nend\n\ndef down, do: :ok"
            ),
        ),
        (
            "rerun-index",
            case(CONCURRENT + "def change do\n  create table(:a)\n  create index(:a, [:id])\nend"),
        ),
        # Only on the way down something runs.
        (
            "up-down",
            case('if direction() == :down, do: repo().query!("SELECT 1")\nrepo().insert_all("a", [%{b: 1}])'),
        ),
        # It is made elsewhere.
        (
            "key-type",
            case(
                "create table(:posts) do\n  add :a_id, references(:authors, column: :x)\nend",
                "create table(:authors)",
            ),
        ),
    ],
)
def test_not_offered(strategy: str, subject: Case) -> None:
    assert not offered(subject, strategy)


def test_an_extension_that_may_have_been_there_stays() -> None:
    text, offer = fixed(case('execute "CREATE EXTENSION IF NOT EXISTS citext"'), "complete-for-rollback")
    assert 'execute "CREATE EXTENSION IF NOT EXISTS citext", ""' in text
    assert offer.title == 'Complete for rollback: execute …, ""'


@pytest.mark.parametrize(
    ("long", "short"),
    [
        (
            "organization_memberships_organization_id_user_id_department_id_index",
            "organization_memberships_organization_user_department_index",
        ),
        ("x" * 80, "x" * 10),
        ("a_b_" * 30, None),
    ],
)
def test_a_name_that_postgresql_keeps(long: str, short: str | None) -> None:
    assert short_name(long) == short
    assert short is None or len(short.encode()) <= 63
