"""Fixes of a word or a line: what they write, what may be applied unasked, and where there is none."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.fixes.small import FIXES, fixes_of
from ecto_migrations_analysis.rules.base import Case
from ecto_migrations_analysis.rules.catalogue import ENTRIES
from support.elixir import Later
from support.small_fixes import assert_written, case, offered, written

POSTS = """
create table(:posts) do
  add :slug, :string
  add :author_id, :bigint
end

create unique_index(:posts, [:slug], name: :posts_slug_unique)
"""
ALONE = "@disable_ddl_transaction true\n@disable_migration_lock true\n\n"
ORDER = """
defmodule MyApp.Order do
  use Ecto.Schema

  schema "orders" do
    field :status, Ecto.Enum, values: [:open, :paid]
  end
end
"""


# The rule, the migration, what becomes of it, the title, and whether nobody has to look.
WRITTEN = [
    (
        "create-extension",
        case('execute "CREATE EXTENSION citext", ""'),
        'execute "CREATE EXTENSION IF NOT EXISTS citext", ""',
        "Create it IF NOT EXISTS",
        True,
    ),
    # On the way back it would drop what was there before.
    (
        "create-extension",
        case('execute "CREATE EXTENSION citext WITH SCHEMA public", "DROP EXTENSION citext"'),
        'execute "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public", "DROP EXTENSION citext"',
        "Create it IF NOT EXISTS",
        False,
    ),
    (
        "create-extension",
        case('execute "CREATE EXTENSION IF NOT EXISTS citext", "DROP EXTENSION citext CASCADE"'),
        'execute "CREATE EXTENSION IF NOT EXISTS citext", "DROP EXTENSION citext"',
        "Leave CASCADE out: it fails where something depends on it",
        False,
    ),
    (
        "enum-add-value-irreversible",
        case(
            'def up do\n  execute """\n  ALTER TYPE status\n    ADD VALUE \'hidden\'\n  """\nend\n\n'
            "def down, do: :ok"
        ),
        'def up do\n  execute """\n  ALTER TYPE status\n    ADD VALUE IF NOT EXISTS \'hidden\'\n'
        '  """\nend\n\n'
        "def down, do: :ok",
        "Add it IF NOT EXISTS",
        True,
    ),
    (
        "enum-order",
        case(
            'execute "ALTER TYPE status ADD VALUE \'c\'", ""',
            "execute \"CREATE TYPE status AS ENUM ('a', 'b')\", \"DROP TYPE status\"",
        ),
        "execute \"ALTER TYPE status ADD VALUE 'c' AFTER 'b'\", \"\"",
        "Say where: AFTER 'b'",
        True,
    ),
    (
        "reindex-not-concurrent",
        case('def up, do: execute("REINDEX (VERBOSE) TABLE posts")\ndef down, do: :ok'),
        ALONE + 'def up, do: execute("REINDEX (VERBOSE) TABLE CONCURRENTLY posts")\ndef down, do: :ok',
        "Rebuild it concurrently",
        True,
    ),
    (
        "reindex-not-concurrent",
        case('execute "REINDEX INDEX posts_slug_unique", ""', config="migration_lock: :pg_advisory_lock"),
        "@disable_ddl_transaction true\n\ndef change do\n"
        '  execute "REINDEX INDEX CONCURRENTLY posts_slug_unique", ""\nend',
        "Rebuild it concurrently",
        True,
    ),
    (
        "session-state-leak",
        case('execute "SET SESSION search_path TO app", ""'),
        'execute "SET LOCAL search_path TO app", ""',
        "Use SET LOCAL",
        True,
    ),
    (
        "session-state-leak",
        case('execute "SELECT pg_try_advisory_lock_shared(1)", ""'),
        'execute "SELECT pg_try_advisory_xact_lock_shared(1)", ""',
        "Use pg_try_advisory_xact_lock_shared",
        True,
    ),
    (
        "create-function-search-path",
        case(
            'execute "CREATE FUNCTION app.one() RETURNS int LANGUAGE sql SECURITY DEFINER'
            ' AS $$ SELECT 1 $$",\n        "DROP FUNCTION app.one"'
        ),
        'execute "CREATE FUNCTION app.one() RETURNS int LANGUAGE sql SECURITY DEFINER'
        ' SET search_path = app, pg_temp AS $$ SELECT 1 $$",\n        "DROP FUNCTION app.one"',
        "Add SET search_path = app, pg_temp (other schemas have to be named in its body)",
        False,
    ),
    (
        "drop-cascade",
        case('def up, do: drop(table(:posts), mode: :cascade)\ndef down, do: raise("gone")'),
        'def up, do: drop(table(:posts))\ndef down, do: raise("gone")',
        "Leave CASCADE out: it fails where something depends on it",
        False,
    ),
    (
        "unknown-table",
        case(
            "def up do\n  alter table(:post) do\n    add :a, :text\n  end\n\n"
            "  create index(:post, [:a])\nend\n\n"
            "def down do\n  alter table(:post) do\n    remove :a\n  end\nend",
            POSTS,
        ),
        "def up do\n  alter table(:posts) do\n    add :a, :text\n  end\n\n"
        "  create index(:posts, [:a])\nend\n\n"
        "def down do\n  alter table(:posts) do\n    remove :a\n  end\nend",
        "Write posts",
        False,
    ),
    (
        "unknown-table",
        case('alter table("post") do\n  add :a, :text\nend', POSTS),
        'alter table("posts") do\n  add :a, :text\nend',
        "Write posts",
        False,
    ),
    (
        "unknown-column",
        case("create index(:posts, [:author_di, :slug])", POSTS),
        "create index(:posts, [:author_id, :slug])",
        "Write author_id",
        False,
    ),
    (
        "drop-unknown-object",
        case("drop unique_index(:posts, [:slug])", POSTS),
        "drop unique_index(:posts, [:slug], name: :posts_slug_unique)",
        "Drop posts_slug_unique",
        False,
    ),
    (
        "rename-constraint-name-drift",
        case(
            "drop index(:notes, [:author_id])",
            "create table(:posts) do\n  add :author_id, :bigint\nend\n\ncreate index(:posts, [:author_id])\n"
            "rename table(:posts), to: table(:notes)",
        ),
        "drop index(:notes, [:author_id], name: :posts_author_id_index)",
        "Drop posts_author_id_index",
        False,
    ),
    (
        "dsl-misuse",
        case("create index(:posts, [:slug], concurrent: true)"),
        "create index(:posts, [:slug], concurrently: true)",
        "Write concurrently:",
        False,
    ),
    (
        "dsl-misuse",
        case("create table(:posts) do\n  add :seen_at, :datetime, null: false\nend"),
        "create table(:posts) do\n  add :seen_at, :utc_datetime, null: false\nend",
        "Write :utc_datetime (in the database the same as :naive_datetime)",
        False,
    ),
    (
        "add-if-not-exists-reference",
        case(
            "alter table(:posts) do\n  add_if_not_exists :a_id, references(:posts, validate: false)\nend",
            POSTS,
        ),
        "alter table(:posts) do\n  add :a_id, references(:posts, validate: false)\nend",
        "Write add: the column does not exist yet",
        False,
    ),
    (
        "hash-index",
        case('execute "CREATE INDEX by_slug ON posts USING hash (slug)", "DROP INDEX by_slug"', POSTS),
        'execute "CREATE INDEX by_slug ON posts (slug)", "DROP INDEX by_slug"',
        "Leave the method out: a B-tree answers = too",
        False,
    ),
    (
        "concurrent-index-on-new-table",
        case(ALONE + "def change do\n  create table(:a)\n  create index(:a, [:id], concurrently: true)\nend"),
        "def change do\n  create table(:a)\n  create index(:a, [:id])\nend",
        "Leave concurrently: true out and the attributes, which nothing else needs",
        True,
    ),
    # Another statement needs the attributes.
    (
        "concurrent-index-on-new-table",
        case(
            ALONE + "def change do\n  create table(:a)\n  create index(:a, [:id], concurrently: true)\n"
            "  create index(:posts, [:author_id], concurrently: true)\nend"
        ),
        ALONE + "def change do\n  create table(:a)\n  create index(:a, [:id])\n"
        "  create index(:posts, [:author_id], concurrently: true)\nend",
        "Leave concurrently: true out",
        True,
    ),
    (
        "duplicate-index",
        case(POSTS + "create index(:posts, [:slug], name: :again)"),
        POSTS,
        "Leave again out",
        False,
    ),
    (
        "redundant-index",
        case(POSTS + "create index(:posts, [:author_id])\ncreate index(:posts, [:author_id, :slug])"),
        POSTS + "create index(:posts, [:author_id, :slug])",
        "Leave posts_author_id_index out",
        False,
    ),
    (
        "drop-index-incomplete-definition",
        case(
            "drop index(:posts, [:author_id], name: :mine)",
            POSTS + "create unique_index(:posts, [:author_id, :slug], name: :mine, include: [:id])",
        ),
        "drop unique_index(:posts, [:author_id, :slug], name: :mine, include: [:id])",
        "Write the definition in full, as it was created",
        True,
    ),
    (
        "remove-loses-index-or-constraint",
        case(
            "alter table(:posts) do\n  remove :slug, :string\nend",
            POSTS + "create index(:posts, [:author_id, :slug])\n"
            "create unique_index(:posts, [:slug, :id], name: :two, where: \"slug <> ''\")",
        ),
        "drop index(:posts, [:author_id, :slug])\n"
        "drop unique_index(:posts, [:slug, :id], name: :two, where: \"slug <> ''\")\n\n"
        "alter table(:posts) do\n  remove :slug, :string\nend",
        "Drop posts_author_id_slug_index and two first, so that a rollback brings it back",
        False,
    ),
    (
        "concurrent-index-short-lock-timeout",
        case(
            ALONE + "def up, do: create(index(:posts, [:slug], concurrently: true))\n\ndef down, do: :ok",
            config='parameters: [lock_timeout: "2s"]',
        ),
        ALONE + 'def up do\n  execute "SET lock_timeout TO 0"\n'
        "  create(index(:posts, [:slug], concurrently: true))\nend\n\ndef down, do: :ok",
        "Switch lock_timeout off before it: the build makes nobody wait",
        False,
    ),
    (
        "replace-index-order",
        case(
            ALONE + "def change do\n  drop index(:posts, [:author_id], concurrently: true)\n\n"
            "  create index(:posts, [:author_id, :slug], concurrently: true)\nend",
            POSTS + "create index(:posts, [:author_id])",
        ),
        ALONE + "def change do\n  create index(:posts, [:author_id, :slug], concurrently: true)\n\n"
        "  drop index(:posts, [:author_id], concurrently: true)\nend",
        "Build posts_author_id_slug_index first",
        False,
    ),
    (
        "prefer-text",
        case("create table(:posts) do\n  add :code, :string, size: 4, null: false\nend"),
        "create table(:posts) do\n  add :code, :text, null: false\nend",
        "Make it :text",
        False,
    ),
    (
        "no-char",
        case('execute "CREATE TABLE a (id int, code char(3) NOT NULL)", "DROP TABLE a"'),
        'execute "CREATE TABLE a (id int, code text NOT NULL)", "DROP TABLE a"',
        "Make it text",
        False,
    ),
    (
        "prefer-timestamptz",
        case("create table(:posts) do\n  timestamps(updated_at: false)\nend"),
        "create table(:posts) do\n  timestamps(updated_at: false, type: :timestamptz)\nend",
        "Give them the type :timestamptz",
        False,
    ),
    (
        "timestamps-consistency",
        case(
            "create table(:posts) do\n  add :seen_at, :naive_datetime\nend",
            config="migration_timestamps: [type: :timestamptz]",
        ),
        "create table(:posts) do\n  add :seen_at, :timestamptz\nend",
        "Make it :timestamptz",
        False,
    ),
    (
        "float-for-money",
        case("create table(:orders) do\n  add :total, :float, null: false\nend"),
        "create table(:orders) do\n  add :total, :decimal, null: false\nend",
        "Make it :decimal, which keeps every digit",
        False,
    ),
    (
        "prefer-bigint",
        case(
            "create table(:posts) do\n"
            "  add :a_id, references(:authors, type: :integer, on_delete: :delete_all)"
            "\nend"
        ),
        "create table(:posts) do\n  add :a_id, references(:authors, on_delete: :delete_all)\nend",
        "Leave type: out: the key is a bigint then",
        False,
    ),
    (
        "prefer-identity",
        case('create table(:posts, prefix: "app")'),
        'create table(:posts, prefix: "app", primary_key: [type: :identity])',
        "Give it an identity as its key",
        False,
    ),
    (
        "boolean-nullable",
        case("create table(:posts) do\n  add :draft, :boolean, null: true, default: true\nend"),
        "create table(:posts) do\n  add :draft, :boolean, null: false, default: true\nend",
        "Give it null: false",
        False,
    ),
    (
        "array-or-map-without-default",
        case('execute "CREATE TABLE a (id int, tags text[], more int)", "DROP TABLE a"'),
        'execute "CREATE TABLE a (id int, tags text[] NOT NULL DEFAULT \'{}\', more int)", "DROP TABLE a"',
        "Make it NOT NULL DEFAULT '{}'",
        False,
    ),
    (
        "nullable-fk",
        case('create table(:posts) do\n  add :author_id, references(:authors), comment: "who"\nend'),
        'create table(:posts) do\n  add :author_id, references(:authors), comment: "who", null: false\nend',
        "Give it null: false (null: true where a row may have no parent)",
        False,
    ),
    # Ecto takes no map for a type of its own name.
    (
        "array-or-map-without-default",
        case("create table(:posts) do\n  add :meta, :jsonb\nend"),
        "create table(:posts) do\n  add :meta, :jsonb, null: false, default: fragment(\"'{}'\")\nend",
        "Give it null: false and the default fragment(\"'{}'\")",
        False,
    ),
    # What takes several lines has empty lines around it; options that stand below go on there.
    (
        "nullable-fk",
        case(
            "create table(:posts) do\n  add :a, :text\n"
            "  add :restriction_kind_id, references(:restriction_kinds, on_delete: :restrict, column: :id)"
            "\n  add :b, :text\nend"
        ),
        "create table(:posts) do\n  add :a, :text\n\n"
        "  add :restriction_kind_id, references(:restriction_kinds, on_delete: :restrict, column: :id),"
        "\n    null: false\n\n  add :b, :text\nend",
        "Give it null: false (null: true where a row may have no parent)",
        False,
    ),
    (
        "nullable-fk",
        case(
            "create table(:posts) do\n  add :language_name_of_the_post,\n"
            "      references(:languages, column: :name, type: :string, on_delete: :delete_all)\nend"
        ),
        "create table(:posts) do\n  add :language_name_of_the_post,\n"
        "      references(:languages, column: :name, type: :string, on_delete: :delete_all),\n"
        "      null: false\nend",
        "Give it null: false (null: true where a row may have no parent)",
        False,
    ),
    (
        "missing-timestamps",
        case("create table(:posts)"),
        "create table(:posts) do\n  timestamps()\nend",
        "Add timestamps()",
        False,
    ),
    (
        "missing-timestamps",
        case("create table(:posts) do\n  add :a, :text\n  # why\n  add :b, :text\nend"),
        "create table(:posts) do\n  add :a, :text\n  # why\n  add :b, :text\n\n  timestamps()\nend",
        "Add timestamps()",
        False,
    ),
    (
        "table-without-pk",
        case('create table(:posts, primary_key: false, comment: "x") do\n  add :a, :text\nend'),
        'create table(:posts, comment: "x") do\n  add :a, :text\nend',
        "Leave primary_key: false out: it gets a key of its own",
        False,
    ),
    (
        "index-name-convention",
        case("create index(:posts, [:slug], name: :by_slug, where: \"slug <> ''\")"),
        "create index(:posts, [:slug], where: \"slug <> ''\")",
        "Leave name: out (a changeset that gives this name needs the same)",
        False,
    ),
    (
        "string-status-without-check",
        case(
            "create table(:orders) do\n  add :status, :string\nend\n\ncreate index(:orders, [:status])",
            lib=(ORDER,),
        ),
        "create table(:orders) do\n  add :status, :string\nend\n\n"
        "create constraint(:orders, :orders_status_check, check: \"status IN ('open', 'paid')\")\n\n"
        "create index(:orders, [:status])",
        "Add a CHECK with the values of MyApp.Order: open, paid",
        False,
    ),
]


@pytest.mark.parametrize(("rule", "subject", "after", "title", "safe"), WRITTEN)
def test_what_is_written(
    rule: str, subject: Case, after: str, title: str, safe: bool, formatted: Later
) -> None:
    assert_written(rule, subject, after, title, safe, formatted)


@pytest.mark.parametrize(
    ("rule", "subject"),
    [
        # The server has no REINDEX CONCURRENTLY; another statement would lose its transaction.
        ("reindex-not-concurrent", case('execute "REINDEX TABLE posts", ""', version=11)),
        (
            "reindex-not-concurrent",
            case('execute "REINDEX TABLE posts", ""\nexecute "COMMENT ON TABLE posts IS \'x\'", ""'),
        ),
        # The values are not known.
        ("enum-order", case('execute "ALTER TYPE status ADD VALUE \'c\'", ""')),
        # Something does depend: it would fail.
        (
            "drop-cascade",
            case(
                "drop table(:posts), mode: :cascade",
                "create table(:posts)\ncreate table(:notes) do\n  add :post_id, references(:posts)\nend",
            ),
        ),
        # Nothing is called like it.
        ("unknown-column", case("create index(:posts, [:published])", POSTS)),
        # The type is built while the migration runs.
        (
            "prefer-text",
            case("create table(:posts) do\n  for t <- [:string], do: add(:a, t)\nend"),
        ),
        # It is all that the migration does.
        ("duplicate-index", case("create index(:posts, [:slug], name: :again)", POSTS)),
        # It was made before.
        (
            "redundant-index",
            case("create index(:posts, [:author_id, :slug])", POSTS + "create index(:posts, [:author_id])"),
        ),
        # The name is used elsewhere in the migration, or Ecto's own is too long.
        (
            "index-name-convention",
            case('create index(:posts, [:slug], name: :mine)\nexecute "REINDEX INDEX mine", ""'),
        ),
        (
            "index-name-convention",
            case(
                "create index(:posts, ["
                + ", ".join(f":a_long_column_{n}" for n in range(5))
                + "], name: :mine)"
            ),
        ),
        # The schema module does not say which values there are.
        ("string-status-without-check", case("create table(:orders) do\n  add :status, :string\nend")),
        # The table has rows.
        (
            "string-status-without-check",
            case(
                "alter table(:orders) do\n  add :status, :string\nend", "create table(:orders)", lib=(ORDER,)
            ),
        ),
        # Both would have one name.
        (
            "replace-index-order",
            case(
                ALONE + "def change do\n  drop index(:posts, [:author_id], concurrently: true)\n"
                "  create unique_index(:posts, [:author_id], concurrently: true)\nend",
                POSTS + "create index(:posts, [:author_id])",
            ),
        ),
        # No lock would be left.
        (
            "concurrent-index-unserialised",
            case(ALONE + "def change do\n  create index(:posts, [:slug], concurrently: true)\nend"),
        ),
    ],
)
def test_not_offered(rule: str, subject: Case) -> None:
    assert not offered(subject, rule)


def test_one_text_for_several_commands_is_changed_once() -> None:
    subject = case("for name <- [:a, :b] do\n  create table(name) do\n    add :title, :string\n  end\nend")
    text, offer = written(subject, "prefer-text")
    assert "add :title, :text" in text and len(offer.finding_spans) == 1


def test_each_module_has_the_functions_of_its_rules() -> None:
    for module in set(FIXES.values()):
        assert set(fixes_of(module)) == {rule for rule, name in FIXES.items() if name == module}
    assert set(FIXES) <= set(ENTRIES)
