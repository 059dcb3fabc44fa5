"""Migrations taken apart into transactions of their own, each proven (`support.proving`)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.registry import change, offers
from support.cases import migration_text
from support.elixir import Later
from support.fixing import KnownFiles, apply
from support.migrating import migrate, rollback
from support.postgres import Database
from support.proving import Scenario, analysis_of, make, project, prove

TABLES = """
create table(:users) do
  add :name, :string
end

create table(:teams)

create table(:posts) do
  add :title, :string
  add :status, :string
  add :user_id, references(:users)
  add :team_id, :bigint
end

create index(:posts, [:user_id])
create index(:posts, [:team_id])
create unique_index(:posts, [:title])
"""
ROWS = (
    "INSERT INTO users (name) SELECT 'u' || g FROM generate_series(1, 50) g",
    "INSERT INTO teams SELECT FROM generate_series(1, 5) g",
    "INSERT INTO posts (title, status, user_id, team_id) SELECT 't' || g, 'live', 1 + g % 50, 1 + g % 5"
    " FROM generate_series(1, 2500) g",
)
OLD = (
    "INSERT INTO posts (title, user_id) SELECT 'old' || max(id), 1 FROM posts",
    "UPDATE posts SET status = 'old' WHERE id <= 100",
    "UPDATE users SET name = name || 'x' WHERE id = 1",
)
KEEPS = "SELECT md5(string_agg(title, ',' ORDER BY id)) FROM posts WHERE id <= 2500"
COLUMN = "alter table(:posts) do\n  add :slug, :string\nend"


def _scenario(about: str, text: str, *holds: str, files: int = 2, **rest: object) -> Scenario:
    return replace(
        Scenario(
            about=about,
            before=(TABLES,),
            rows=ROWS,
            text=text,
            strategy="split-transactions",
            files=files,
            old_code=OLD,
            old_until=9,
            keeps=KEEPS,
            holds=holds,
        ),
        **rest,  # type: ignore[arg-type]
    )


SCENARIOS = [
    _scenario("an index after a column", f"{COLUMN}\n\ncreate index(:posts, [:slug])"),
    _scenario(
        "two tables",
        f"{COLUMN}\n\nalter table(:users) do\n  add :slug, :string\nend",
    ),
    _scenario(
        "two tables in turns: as few as will do",
        f"{COLUMN}\n\nalter table(:users) do\n  add :slug, :string\nend\n\n"
        "alter table(:posts) do\n  add :kind, :string\nend\n\n"
        "alter table(:users) do\n  add :kind, :string\nend",
    ),
    _scenario(
        "a new table and what belongs to it",
        "create table(:likes) do\n  add :post_id, references(:posts)\n"
        "  add :user_id, references(:users)\nend\n\n"
        "alter table(:posts) do\n  add :like_id, references(:likes)\nend\n\n"
        "create index(:likes, [:post_id])\ncreate index(:posts, [:like_id])",
        "SELECT bool_and(convalidated) FROM pg_constraint WHERE contype = 'f'",
        files=4,
    ),
    _scenario(
        "foreign keys to two tables, line by line",
        "alter table(:posts) do\n  add :editor_id, references(:users)\n"
        "  add :group_id, references(:teams)\nend",
        "SELECT bool_and(convalidated) FROM pg_constraint WHERE contype = 'f'",
        files=6,
    ),
    _scenario(
        "a foreign key whose index comes later",
        "alter table(:posts) do\n  add :editor_id, references(:users, on_delete: :nothing)\nend\n\n"
        "create index(:posts, [:editor_id])",
        "SELECT bool_and(convalidated) FROM pg_constraint WHERE contype = 'f'",
        files=3,
    ),
    _scenario(
        "validated in the transaction that adds it",
        "create constraint(:posts, :titled, check: \"title <> ''\", validate: false)\n"
        'execute "ALTER TABLE posts VALIDATE CONSTRAINT titled", ""',
        "SELECT bool_and(convalidated) FROM pg_constraint WHERE contype = 'c'",
    ),
    _scenario(
        "up and down",
        "def up do\n  # For the new pages.\n  alter table(:posts) do\n    add :slug, :string\n  end\n\n"
        "  # For the lists.\n  create index(:posts, [:slug])\nend\n\n"
        "def down do\n  drop index(:posts, [:slug])\n\n"
        "  alter table(:posts) do\n    remove :slug\n  end\nend",
    ),
    _scenario(
        "a unique index that another replaces: the new one first",
        f"{COLUMN}\n\ndrop unique_index(:posts, [:title])\ncreate unique_index(:posts, [:title, :team_id])",
        "SELECT count(*) = 2 FROM pg_index WHERE indrelid = 'posts'::regclass AND indisunique",
        files=3,
    ),
    _scenario(
        "rows among the rest",
        f"{COLUMN}\n\nalter table(:users) do\n  add :slug, :string\nend\n\n"
        'execute "UPDATE users SET slug = name", ""',
        "SELECT bool_and(slug IS NOT NULL) FROM users",
        files=3,
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.about)
def test_proven(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)


@pytest.mark.parametrize(
    ("about", "text"),
    [
        (
            "a foreign key dropped and added again: between two migrations there would be none",
            f"{COLUMN}\n\ndrop constraint(:posts, :posts_user_id_fkey)\n\n"
            "alter table(:posts) do\n"
            "  modify :user_id, references(:users, on_delete: :delete_all), from: :bigint\nend\n\n"
            "create constraint(:users, :named, check: \"name <> ''\")",
        ),
        (
            "an index of the same name",
            f"{COLUMN}\n\ndrop unique_index(:posts, [:title])\n"
            "create unique_index(:posts, [:title, :team_id], name: :posts_title_index)",
        ),
        (
            "a view that is made again",
            'execute "DROP VIEW live", ""\n\n'
            f"{COLUMN}\n\nalter table(:users) do\n  add :slug, :string\nend\n\n"
            'execute "CREATE VIEW live AS SELECT * FROM users", ""',
        ),
        (
            "a way back that cannot be told apart",
            f"def up do\n  {COLUMN}\n\n  create index(:posts, [:slug])\nend\n\n"
            'def down do\n  execute "DROP INDEX posts_slug_index"\n'
            '  execute "ALTER TABLE posts DROP COLUMN slug"\nend',
        ),
        (
            "a loop",
            f"{COLUMN}\n\nfor t <- [:users, :teams] do\n"
            "  alter table(t) do\n    add :slug, :string\n  end\nend",
        ),
    ],
)
def test_not_offered(about: str, text: str, tmp_path: Path) -> None:
    scenario = Scenario(about=about, before=(TABLES,), text=text, strategy="split-transactions", files=1)
    found = offers(analysis_of(project(scenario, tmp_path)))
    assert any(
        {"multi-table-exclusive", "long-op-under-exclusive-lock"} & set(offer.rules) for offer in found
    )
    assert not any(offer.id.startswith("split-transactions:") for offer in found)


def _of(about: str) -> Scenario:
    return next(scenario for scenario in SCENARIOS if scenario.about == about)


def test_what_has_nothing_to_do_with_the_rest_comes_first(tmp_path: Path) -> None:
    posts, users = make(_of("two tables in turns: as few as will do"), tmp_path).texts
    assert posts.count(":posts") == 2 and ":users" not in posts
    assert users.count(":users") == 2 and users.startswith("# Step 2 of 2: in a transaction of its own.\n")


def test_comments_go_along(tmp_path: Path) -> None:
    made = make(_of("up and down"), tmp_path)
    first, index = made.texts
    assert "# For the new pages." in first and "lists" not in first and "drop index" not in first
    assert "# For the lists.\n    create index(:posts, [:slug], concurrently: true)" in index
    assert made.offer.title == "Split into 2 migrations: add posts.slug → create posts_slug_index"


def test_line_ends_and_indentation_of_the_file_are_kept(tmp_path: Path) -> None:
    scenario = _of("up and down")
    path = project(scenario, tmp_path)
    text = path.read_text().replace("\n", "\r\n").replace("  ", "\t")
    path.write_bytes(text.encode())
    analysis = analysis_of(path)
    (offer,) = (offer for offer in offers(analysis) if offer.id.startswith("split-transactions:"))
    made = change(analysis, offer.id, KnownFiles())
    for new in (apply(analysis.source.data, made).decode(), *(file.text for file in made.new_files)):
        assert new.count("\r\n") == new.count("\n") > 10
        assert "create index" in new or "\t\talter table" in new


def test_a_foreign_key_that_is_replaced_stays_together(
    database: Database, tmp_path: Path, formatted: Later
) -> None:
    """Only the look at the rows comes later; the way back is as it was written, with its own scan."""
    scenario = _scenario(
        "",
        "def up do\n  drop constraint(:posts, :posts_user_id_fkey)\n\n  alter table(:posts) do\n"
        "    modify :user_id, references(:users, on_delete: :delete_all)\n  end\nend\n\n"
        "def down do\n  drop constraint(:posts, :posts_user_id_fkey)\n\n  alter table(:posts) do\n"
        "    modify :user_id, references(:users)\n  end\nend",
    )
    made = make(scenario, tmp_path)
    formatted(*made.texts)
    assert made.offer.rules == ("long-op-under-exclusive-lock",)
    first, second = made.texts
    assert "on_delete: :delete_all, validate: false" in first and "VALIDATE CONSTRAINT" in second
    for path in made.paths:
        assert not [finding.rule for finding in analysis_of(path).findings if finding.forward]
    with database.connect() as connection:
        migrate(connection, migration_text(TABLES))
        for sql in ROWS:
            connection.execute(sql.encode())
        for direction in (migrate, rollback, migrate):
            for text in made.texts if direction is migrate else reversed(made.texts):
                direction(connection, text)
        found = connection.execute(
            b"SELECT convalidated, confdeltype = 'c' FROM pg_constraint WHERE conname = 'posts_user_id_fkey'"
        )
        assert found.fetchall() == [(True, True)]
