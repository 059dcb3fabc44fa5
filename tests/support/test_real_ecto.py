"""Ecto itself, where it is present (`ERL_LIBS`): what the comparison with ours stands on."""

from __future__ import annotations

from pathlib import Path

import pytest

from .postgres import Database
from .real_ecto import Failed, RealEcto, real_ecto

MODULE = (
    "defmodule Blog.Repo.Migrations.M do\n  use Ecto.Migration\n\n  def change do\n    {body}\n  end\nend\n"
)


@pytest.fixture
def by_ecto(database: Database) -> RealEcto:
    found = real_ecto()
    if found is None:
        pytest.skip("ERL_LIBS names no folder with Ecto, or there is no elixir")
    found.connect(database, "migration_primary_key: [type: :uuid]")
    return found


def test_it_runs_both_ways_and_tells_what_was_sent(
    by_ecto: RealEcto, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "20240101000000_m.exs"
    path.write_text(MODULE.format(body="IO.puts(:answer)\n    create table(:posts)"))
    up = by_ecto.run("up", 20240101000000, path)
    assert up == ['CREATE TABLE "posts" ("id" uuid, PRIMARY KEY ("id"))']
    with database.connect() as connection:
        assert connection.execute(b"SELECT version FROM schema_migrations").fetchall() == [(20240101000000,)]
        assert by_ecto.run("down", 20240101000000, path) == ['DROP TABLE "posts"']
        assert connection.execute(b"SELECT version FROM schema_migrations").fetchall() == []


def test_what_raises_is_told_and_the_next_one_runs(by_ecto: RealEcto, tmp_path: Path) -> None:
    path = tmp_path / "20240101000000_m.exs"
    path.write_text(MODULE.format(body="drop table(:nothing)"))
    with pytest.raises(Failed, match="undefined_table"):
        by_ecto.run("up", 20240101000000, path)
    path.write_text(MODULE.format(body='execute "SELECT 1", "SELECT 2"'))
    assert by_ecto.run("up", 20240101000000, path) == ["SELECT 1"]
