"""Small fixes of statements and of the way back: what they write, and where there is none."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.rules.base import Case
from support.elixir import Later
from support.small_fixes import assert_written, case, offered

POSTS = """
create table(:posts) do
  add :title, :text
  add :views, :integer
  add :likes, :integer
end
"""
CHECKED = POSTS + 'create constraint(:posts, :titled, check: "title IS NOT NULL")\n'
DEFERRED = (
    "create table(:authors)\ncreate table(:posts) do\n  add :author_id, :bigint\nend\n\n"
    'execute "ALTER TABLE posts ADD CONSTRAINT posts_author FOREIGN KEY (author_id) REFERENCES authors'
    ' DEFERRABLE INITIALLY DEFERRED"'
)
CHILD = (
    "def up do\n  create table(:a)\n\n  create table(:b) do\n    add :a_id, references(:a)\n  end\nend\n\n"
)

# The rule, the migration, what becomes of it, the title, and whether nobody has to look.
WRITTEN = [
    (
        "several-alters-same-table",
        case(
            'def up do\n  alter table(:posts, prefix: "a") do\n    modify :views, :bigint\n  end\n\n'
            '  alter table(:posts, prefix: "a") do\n    # far more\n    modify :likes, :bigint\n'
            '    modify :title, :varchar\n  end\nend\n\ndef down, do: raise("no")',
            POSTS.replace(":posts", ':posts, prefix: "a"'),
        ),
        'def up do\n  alter table(:posts, prefix: "a") do\n    modify :views, :bigint\n    # far more\n'
        '    modify :likes, :bigint\n    modify :title, :varchar\n  end\nend\n\ndef down, do: raise("no")',
        "Put the changes into the alter above: one pass over the table",
        False,
    ),
    (
        "not-null-helper-leftover",
        case(
            'execute "ALTER TABLE posts ALTER COLUMN title SET NOT NULL",\n'
            '        "ALTER TABLE posts ALTER COLUMN title DROP NOT NULL"',
            CHECKED,
        ),
        'execute "ALTER TABLE posts ALTER COLUMN title SET NOT NULL",\n'
        '        "ALTER TABLE posts ALTER COLUMN title DROP NOT NULL"\n\n'
        'execute "ALTER TABLE posts DROP CONSTRAINT titled",\n'
        '        "ALTER TABLE posts ADD CONSTRAINT titled CHECK (title IS NOT NULL)"',
        "Drop titled after it",
        False,
    ),
    (
        "execute-transaction-control",
        case('execute "COMMENT ON TABLE posts IS \'x\'", ""\nexecute "COMMIT", ""'),
        'execute "COMMENT ON TABLE posts IS \'x\'", ""',
        "Leave COMMIT out: Ecto commits at the end",
        True,
    ),
    (
        "execute-transaction-control",
        case('def up do\n  execute "BEGIN"\n  create table(:a)\nend\n\ndef down, do: drop(table(:a))'),
        "def up do\n  create table(:a)\nend\n\ndef down, do: drop(table(:a))",
        "Leave BEGIN out: Ecto has opened the transaction",
        True,
    ),
    (
        "pending-trigger-events",
        case(
            'def up do\n  execute "UPDATE posts SET author_id = 1"\n'
            '  create index(:posts, [:author_id])\nend\n\ndef down, do: raise("no")',
            DEFERRED,
        ),
        'def up do\n  execute "UPDATE posts SET author_id = 1"\n  execute "SET CONSTRAINTS ALL IMMEDIATE"\n'
        '  create index(:posts, [:author_id])\nend\n\ndef down, do: raise("no")',
        "Run the pending checks first: SET CONSTRAINTS ALL IMMEDIATE",
        False,
    ),
    (
        "nilify-not-null",
        case(
            "create table(:posts) do\n"
            '  add :author_id, references(:authors, on_delete: :nilify_all), null: false, comment: "x"\nend',
            "create table(:authors)",
        ),
        "create table(:posts) do\n"
        '  add :author_id, references(:authors, on_delete: :nilify_all), comment: "x"\nend',
        "Leave null: false out: author_id may be empty then",
        False,
    ),
    (
        "empty-down",
        case("def up do\n  rename table(:posts), :title, to: :name\nend\n\ndef down, do: :ok", POSTS),
        "def up do\n  rename table(:posts), :title, to: :name\nend\n\n"
        "def down do\n  rename table(:posts), :name, to: :title\nend",
        "Write down, which undoes up",
        False,
    ),
    # What was not said of the index is known from the history.
    (
        "empty-down",
        case(
            "def up, do: drop(index(:posts, [:title]))\n\ndef down do\nend",
            POSTS + "create unique_index(:posts, [:title], where: \"title <> ''\")",
        ),
        "def up, do: drop(index(:posts, [:title]))\n\n"
        "def down do\n  create unique_index(:posts, [:title], where: \"title <> ''\")\nend",
        "Write down, which undoes up",
        False,
    ),
    (
        "empty-down",
        case(
            "create table(:notes)\n"
            'execute "ALTER TABLE posts ADD COLUMN a_column_of_a_long_name text, ADD COLUMN b text", ""',
            POSTS,
        ),
        "create table(:notes)\n\n"
        'execute "ALTER TABLE posts ADD COLUMN a_column_of_a_long_name text, ADD COLUMN b text",\n'
        '        "ALTER TABLE posts DROP COLUMN b, DROP COLUMN a_column_of_a_long_name"',
        'Undo it on rollback: execute …, "ALTER TABLE posts DROP COLUMN b,'
        ' DROP COLUMN a_column_of_a_long_name"',
        False,
    ),
    (
        "both-change-and-up",
        case(
            "def change, do: create(table(:a))\n\n"
            "def up, do: create(table(:b))\n\ndef down, do: drop(table(:b))"
        ),
        "def up, do: create(table(:b))\n\ndef down, do: drop(table(:b))",
        "Remove change, which never runs",
        True,
    ),
    (
        "both-change-and-up",
        case("def change do\n  create table(:a)\nend\n\ndef down, do: drop(table(:a))"),
        "def up do\n  create table(:a)\nend\n\ndef down, do: drop(table(:a))",
        "Rename change to up: it is what runs forward",
        True,
    ),
    (
        "both-change-and-up",
        case("def up do\n  create table(:a)\nend\n\ndef change do\n  create table(:b)\nend"),
        "def up do\n  create table(:a)\nend\n\ndef down do\n  drop table(:a)\nend",
        "Write down, which undoes up, in the place of change",
        False,
    ),
    (
        "down-not-inverse",
        case(
            "def up do\n  create table(:a)\n  create table(:b)\nend\n\ndef down do\n  drop table(:b)\nend",
            POSTS,
        ),
        "def up do\n  create table(:a)\n  create table(:b)\nend\n\n"
        "def down do\n  drop table(:b)\n  drop table(:a)\nend",
        "Write down anew, as the inverse of up",
        False,
    ),
    (
        "down-fails",
        case(
            "def up do\n  create index(:posts, [:title])\nend\n\n"
            "def down do\n  drop index(:posts, [:views])\nend",
            POSTS,
        ),
        "def up do\n  create index(:posts, [:title])\nend\n\n"
        "def down do\n  drop index(:posts, [:title])\nend",
        "Write down anew, as the inverse of up",
        False,
    ),
    (
        "down-loses-data",
        case("def up, do: create(index(:posts, [:title]))\n\ndef down, do: drop(table(:posts))", POSTS),
        "def up, do: create(index(:posts, [:title]))\n\ndef down do\n  drop index(:posts, [:title])\nend",
        "Write down anew, as the inverse of up",
        False,
    ),
    (
        "down-order",
        case(CHILD + "def down do\n  drop table(:a)\n  drop table(:b)\nend"),
        CHILD + "def down do\n  drop table(:b)\n  drop table(:a)\nend",
        "Do it after drop table(:b)",
        False,
    ),
    (
        "prefer-change",
        case("def up, do: create(table(:a))\n\ndef down, do: drop(table(:a))"),
        "def change, do: create(table(:a))",
        "Write it as change",
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
        # The second change needs the first; another table stands between.
        (
            "several-alters-same-table",
            case(
                "alter table(:posts) do\n  modify :views, :bigint, from: :integer\nend\n\n"
                "alter table(:posts) do\n  modify :views, :numeric, from: :bigint\nend",
                POSTS,
            ),
        ),
        # It is no proof of anything yet.
        (
            "not-null-helper-leftover",
            case(
                'execute "ALTER TABLE posts ALTER COLUMN title SET NOT NULL", ""',
                POSTS + 'create constraint(:posts, :titled, check: "title IS NOT NULL", validate: false)',
            ),
        ),
        # What follows was meant to be outside of the transaction.
        (
            "execute-transaction-control",
            case('execute "COMMIT", ""\nexecute "COMMENT ON TABLE posts IS \'x\'", ""'),
        ),
        ("execute-transaction-control", case('create table(:a)\nexecute "ROLLBACK", ""')),
        # Nothing is known to undo it.
        ("empty-down", case("def up, do: drop(table(:posts))\n\ndef down, do: :ok", POSTS)),
        # The comment would be lost.
        (
            "empty-down",
            case("def up, do: create(table(:a))\n\ndef down do\n  # on purpose\n  :ok\nend"),
        ),
        # A row that was written is taken back by hand.
        (
            "down-not-inverse",
            case(
                "def up do\n  create table(:a)\n  execute \"INSERT INTO posts (title) VALUES ('x')\"\nend\n\n"
                "def down do\n  execute \"DELETE FROM posts WHERE title = 'x'\"\nend",
                POSTS,
            ),
        ),
        # The column would come back NOT NULL, without a value for the rows.
        (
            "down-not-inverse",
            case(
                "def up do\n  alter table(:posts) do\n    remove :title\n  end\nend\n\n"
                "def down do\n  alter table(:posts) do\n    add :title, :string\n  end\nend",
                POSTS.replace(":title, :text", ":title, :text, null: false"),
            ),
        ),
        # The comment would stand above another statement.
        (
            "down-order",
            case(CHILD + "def down do\n  # the parent\n  drop table(:a)\n  drop table(:b)\nend"),
        ),
        # Nothing is known to undo it.
        (
            "both-change-and-up",
            case("def up do\n  drop table(:a)\nend\n\ndef change do\n  create table(:b)\nend"),
        ),
        ("prefer-change", case("def up, do: create(table(:a))\n\n# why\ndef down, do: drop(table(:a))")),
    ],
)
def test_not_offered(rule: str, subject: Case) -> None:
    assert not offered(subject, rule)
