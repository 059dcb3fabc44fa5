"""`cycle` through Ecto itself, on a real PostgreSQL; where `ERL_LIBS` names a folder with Ecto."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from support.cli import Run
from support.postgres import Database
from support.real_ecto import real_ecto

_MIX = """
# Where it comes with ERL_LIBS, nothing else starts what Ecto needs.
for app <- [:telemetry, :decimal, :db_connection, :postgrex, :ecto] do
  {:ok, _} = Application.ensure_all_started(app)
end

defmodule Shop.MixProject do
  use Mix.Project

  def project do
    [app: :shop, version: "0.1.0", deps: [], elixirc_options: [no_warn_undefined: :all]]
  end

  def application, do: []
end
"""
_CONFIG = """
import Config
config :shop, ecto_repos: [Shop.Repo]

config :shop, Shop.Repo,
  socket_dir: System.get_env("SHOP_SOCKET"),
  username: System.get_env("SHOP_USER"),
  database: System.get_env("SHOP_DATABASE")
"""
_REPO = "defmodule Shop.Repo do\n  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Postgres\nend\n"
_MIGRATION = """
defmodule Shop.Repo.Migrations.{module} do
  use Ecto.Migration

  def change do
    {body}
  end
end
"""


@pytest.fixture
def project(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Path:
    if shutil.which("mix") is None or real_ecto() is None:
        pytest.skip("ERL_LIBS names no folder with Ecto, or there is no elixir")
    for folder in ("config", "lib/shop", "priv/repo/migrations"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "mix.exs").write_text(_MIX.lstrip())
    (tmp_path / "config" / "config.exs").write_text(_CONFIG.lstrip())
    (tmp_path / "lib" / "shop" / "repo.ex").write_text(_REPO)
    _write(tmp_path, "20240101000000_create_posts", "create table(:posts)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_SOCKET", str(database.server.socket))
    monkeypatch.setenv("SHOP_USER", str(database.server.running.parameters()["user"]))
    monkeypatch.setenv("SHOP_DATABASE", database.name)
    assert os.environ["ERL_LIBS"]
    return tmp_path


def _write(root: Path, name: str, body: str) -> None:
    text = _MIGRATION.format(module=name[15:].title().replace("_", ""), body=body)
    (root / "priv" / "repo" / "migrations" / f"{name}.exs").write_text(text.lstrip())


@pytest.mark.slow
def test_it_goes_round_twice(project: Path, database: Database, run: Run) -> None:
    _write(project, "20240102000000_add_status", "alter table(:posts), do: add(:status, :string)")
    result = run("cycle", "--yes")
    assert (result.code, result.err) == (0, "")
    assert "ran 20240101000000, 20240102000000" in result.out
    assert result.out.count("took back 20240102000000") == 4
    with database.connect() as connection:
        connection.execute("SELECT status FROM posts")


@pytest.mark.slow
def test_no_way_back(project: Path, run: Run) -> None:
    _write(project, "20240102000000_irreversible", 'execute "SELECT 1"')
    result = run("cycle", "--yes")
    assert result.code == 1
    assert 'the migration cannot be rolled back: execute "SELECT 1"\n' in result.out


@pytest.mark.slow
def test_no_database(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DATABASE", "nothing_there")
    result = run("cycle", "--yes")
    assert result.code == 2
    assert "there is no database nothing_there (MIX_ENV=test mix ecto.create)" in result.err
