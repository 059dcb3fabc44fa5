"""Checks that come before the backfill, put behind one, each proven (`support.proving`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.registry import offers
from support.elixir import Later
from support.migrating import migrate
from support.postgres import Database
from support.proving import Scenario, analysis_of, assert_safe, choose, make, project, prove

POSTS = "create table(:posts) do\n  add :title, :string\nend"
STATUS = "alter table(:posts) do\n  add :status, :string\nend"
CHECK = 'create constraint(:posts, :has_status, check: "status IS NOT NULL", validate: false)'
VALIDATE = 'execute "ALTER TABLE posts VALIDATE CONSTRAINT has_status", ""'
ROWS = ("INSERT INTO posts (title) SELECT 't' || g FROM generate_series(1, 2500) g",)
HOLDS = ("SELECT bool_and(status IS NOT NULL) FROM posts",)
CHOSEN = (("@value_of_status nil", '@value_of_status "draft"'),)
NEW = ("INSERT INTO posts (title, status) VALUES ('new', 'live')",)
KEEPS = "SELECT md5(string_agg(title, ',' ORDER BY id)) FROM posts WHERE id <= 2500"

SCENARIOS = (
    Scenario(
        about="added in the migration of the column",
        before=(POSTS,),
        rows=ROWS,
        text=f"{STATUS}\n\n{CHECK}",
        strategy="fill-first",
        files=3,
        old_code=("UPDATE posts SET title = title WHERE id <= 100",),
        new_code=NEW,
        keeps=KEEPS,
        holds=HOLDS,
        chosen=CHOSEN,
    ),
    Scenario(
        about="added later",
        before=(POSTS, STATUS),
        rows=ROWS,
        text=CHECK,
        strategy="fill-first",
        files=2,
        new_code=NEW,
        keeps=KEEPS,
        holds=HOLDS,
        chosen=CHOSEN,
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.about)
def test_proven(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)


@pytest.mark.slow
def test_a_validation(database: Database, tmp_path: Path, formatted: Later) -> None:
    """Nothing takes a validation back, so that the catalog is another one after the way back."""
    scenario = Scenario(
        about="validated",
        before=(POSTS, STATUS, CHECK),
        text=VALIDATE,
        strategy="fill-first",
        files=2,
        chosen=CHOSEN,
    )
    made = make(scenario, tmp_path)
    formatted(*made.texts)
    assert made.offer.title == "Split into 2 migrations: backfill status in batches → validate has_status"
    choose(scenario, made)
    for path in made.paths:
        assert_safe(analysis_of(path), made.offer)
    with database.connect() as connection:
        for sql in (
            "CREATE TABLE posts (id bigserial PRIMARY KEY, title text, status text)",
            *ROWS,
            "ALTER TABLE posts ADD CONSTRAINT has_status CHECK (status IS NOT NULL) NOT VALID",
        ):
            connection.execute(sql.encode())
        for text in made.texts:
            migrate(connection, text)
        assert connection.execute(HOLDS[0].encode()).fetchone() == (True,)
        validated = b"SELECT convalidated FROM pg_constraint WHERE conname = 'has_status'"
        assert connection.execute(validated).fetchone() == (True,)


@pytest.mark.parametrize(
    ("text", "later"),
    [
        (CHECK, ('execute "UPDATE posts SET status = \'a\' WHERE status IS NULL", ""',)),
        (f"def up do\n  {STATUS}\n\n  {CHECK}\nend\n\ndef down do\n  :ok\nend", ()),
        (f"{STATUS}\n\n{CHECK}\n\nrename table(:posts), to: table(:articles)", ()),
    ],
)
def test_not_offered(text: str, later: tuple[str, ...], tmp_path: Path) -> None:
    before = (POSTS, STATUS) if text == CHECK else (POSTS,)
    scenario = Scenario(about="", before=before, later=later, text=text, strategy="fill-first", files=1)
    found = offers(analysis_of(project(scenario, tmp_path)))
    assert any("not-valid-check-before-backfill" in offer.rules for offer in found)
    assert not any(offer.id.startswith("fill-first:") for offer in found)
