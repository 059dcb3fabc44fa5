"""Columns with a default on old servers, and generated ones: the whole proof, scenario by scenario."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.elixir import Later
from support.postgres import Database
from support.proving import Scenario, prove

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


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.about for scenario in SCENARIOS])
def test_scenario(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)
