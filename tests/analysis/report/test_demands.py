"""What a migration demands of the code that runs while it runs."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.report.demands import demands
from support.reports import analysis


def asked(code: str) -> list[tuple[str, str]]:
    return [(demand.kind, demand.code) for demand in demands(analysis(code).migrations[0])]


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("alter table(:posts), do: remove(:slug, :string)", "gone", "does not use `posts.slug`"),
        ("drop table(:tags)", "gone", "does not use the table `tags`"),
        ('execute "DROP VIEW shown", ""', "gone", "does not use the view `shown`"),
        (
            "rename table(:posts), :slug, to: :path",
            "renamed",
            "works with `posts.slug` and with `posts.path`",
        ),
        (
            "rename table(:posts), to: table(:articles)",
            "renamed",
            "works with the table as `posts` and as `articles`",
        ),
        (
            "alter table(:posts), do: modify(:slug, :integer, from: :string)",
            "retyped",
            "works with `posts.slug` as character varying(255) and as integer",
        ),
        (
            "alter table(:posts), do: modify(:slug, :string, null: false, from: :string)",
            "stricter",
            "always gives `posts.slug` a value",
        ),
        (
            "alter table(:posts), do: add(:status, :string, null: false)",
            "stricter",
            "gives `posts.status` a value in every INSERT, which no code can before the column is there",
        ),
        (
            'execute "ALTER TABLE users ALTER name DROP DEFAULT", ""',
            "stricter",
            "sets `users.name` itself in every INSERT",
        ),
        (
            'create constraint(:posts, :seen, check: "views >= 0")',
            "stricter",
            "writes nothing that the check constraint `seen` of `posts` refuses",
        ),
        (
            "create unique_index(:posts, [:slug])",
            "stricter",
            "writes no duplicates that `posts_slug_index` of `posts` refuses",
        ),
        (
            "alter table(:posts), do: modify(:author_id, references(:users), from: :bigint)",
            "stricter",
            "writes nothing that the foreign key `posts_author_id_fkey` of `posts` refuses",
        ),
        (
            'execute "ALTER TABLE posts ALTER views DROP NOT NULL", ""',
            "looser",
            "copes with NULL in `posts.views`, before a row has it",
        ),
        (
            'execute "ALTER TYPE state ADD VALUE \'hidden\'", ""',
            "looser",
            "knows the value `hidden` of the enum `state`, before a row has it",
        ),
        (
            "execute \"ALTER TYPE state RENAME VALUE 'a' TO 'b'\", \"\"",
            "renamed",
            "takes `a` and `b` of the enum `state` alike",
        ),
    ],
)
def test_what_is_demanded(code: str, kind: str, words: str) -> None:
    assert asked(code) == [(kind, words)]


@pytest.mark.parametrize(
    "code",
    [
        "create table(:notes) do\n  add :text, :text, null: false\nend\ncreate unique_index(:notes, [:text])",
        "alter table(:posts), do: add(:summary, :text)",
        'alter table(:posts), do: add(:state, :string, null: false, default: "new")',
        "alter table(:posts), do: add(:editor_id, references(:users))",
        "alter table(:posts) do\n  add :path, :string\nend\ncreate unique_index(:posts, [:path])",
        "create index(:posts, [:slug])",
        # Widening, and between string and text: the same values for Ecto.
        "alter table(:posts), do: modify(:slug, :text, from: :string)",
        "alter table(:posts), do: modify(:views, :bigint, from: :integer)",
        # Said again, not changed.
        "alter table(:posts), do: modify(:views, :integer, null: false, from: {:integer, null: false})",
        'execute "ALTER TABLE posts ALTER title DROP DEFAULT", ""',
        "",
    ],
)
def test_what_running_code_does_not_notice(code: str) -> None:
    assert asked(code) == []


def test_each_thing_is_demanded_once() -> None:
    code = 'execute "DROP TABLE IF EXISTS tags", ""\nexecute "DROP TABLE IF EXISTS tags", ""'
    assert len(asked(code)) == 1
