"""The harness that proves fixes (`support.proving`), on the fixes there were before it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.model import Offer
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.syntax.span import Span
from support.cases import migration_text
from support.elixir import Later
from support.migrating import migrate
from support.postgres import Database
from support.proving import Runner, Scenario, analysis_of, assert_safe, prove

POSTS = """
create table(:posts) do
  add :title, :string
end
"""
ROWS = ("INSERT INTO posts (title) SELECT 't' || g FROM generate_series(1, 2500) g",)
OLD = ("INSERT INTO posts (title) VALUES ('old')", "UPDATE posts SET title = title WHERE id <= 100")
KEEPS = "SELECT md5(string_agg(title, ',' ORDER BY id)) FROM posts WHERE id <= 2500"

SCENARIOS = (
    Scenario(
        about="a NOT NULL column in three steps",
        before=(POSTS,),
        rows=ROWS,
        text='alter table(:posts) do\n  add :status, :string, null: false, default: "draft"\nend',
        strategy="split-not-null-add",
        files=3,
        old_code=OLD,
        old_until=2,
        new_code=("INSERT INTO posts (title, status) VALUES ('new', 'live')",),
        keeps=KEEPS,
        holds=("SELECT count(*) > 2500 AND bool_and(status IS NOT NULL) FROM posts",),
    ),
    Scenario(
        about="an index among others",
        before=(POSTS,),
        rows=ROWS,
        text="alter table(:posts) do\n  add :a, :string\nend\n\ncreate index(:posts, [:a])",
        strategy="move-index",
        files=2,
        old_code=OLD,
        old_until=2,
        keeps=KEEPS,
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.about)
def test_proven(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE posts ALTER COLUMN title SET NOT NULL",
        "CREATE INDEX ON posts (title)",
        "ALTER TABLE posts ADD UNIQUE (title)",
    ],
)
def test_what_blocks_is_noticed(sql: str, database: Database, tmp_path: Path) -> None:
    unsafe = migration_text(f'execute({json.dumps(sql)}, "")')
    path = tmp_path / "20240101000000_unsafe.exs"
    path.write_text(unsafe)
    with pytest.raises(AssertionError):
        assert_safe(analysis_of(path), Offer(id="", title="", kind="quickfix", span=Span(0, 0)))
    with database.connect() as connection:
        migrate(connection, migration_text(POSTS))
        connection.execute(ROWS[0].encode())
        runner = Runner(database, connection, ProjectContext())
        runner.watched = True
        with pytest.raises(AssertionError):
            runner.run(unsafe, "up")
