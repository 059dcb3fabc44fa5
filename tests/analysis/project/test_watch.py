"""Whoever waits for a long reading is told how far it is, and may end it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.project.discovery import Workspace

MIX = (
    "defmodule Shop.MixProject do\n  use Mix.Project\n\n"
    '  def project, do: [app: :shop]\n\n  defp deps, do: [{:postgrex, "~> 0.7"}]\nend\n'
)
MIGRATION = "defmodule M{0} do\n  use Ecto.Migration\n\n  def change, do: create(table(:t{0}))\nend\n"
SCHEMA = 'defmodule S{0} do\n  use Ecto.Schema\n\n  schema "t{0}" do\n  end\nend\n'


class Ended(Exception):
    pass


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "mix.exs").write_text(MIX)
    folder = tmp_path / "priv/repo/migrations"
    folder.mkdir(parents=True)
    (tmp_path / "lib").mkdir()
    for number in range(1, 5):
        (folder / f"{number}_m.exs").write_text(MIGRATION.format(number))
        (tmp_path / f"lib/s{number}.ex").write_text(SCHEMA.format(number))
    return tmp_path


def new(root: Path) -> str:
    return str(root / "priv/repo/migrations/9_new.exs")


def test_every_migration_and_schema_module_is_announced(root: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    context = Workspace().context_for(new(root), watch=lambda *step: steps.append(step))
    assert steps == [("migrations", done, 4) for done in range(4)]
    assert context.ecto_schemas is not None and len(context.ecto_schemas()) == 4
    assert steps[4:] == [("schema modules", done, 4) for done in range(4)]


def test_what_was_ended_goes_on_where_it_ended(root: Path) -> None:
    workspace = Workspace()
    ends = 2

    def watch(what: str, done: int, total: int) -> None:
        if done == ends:
            raise Ended

    with pytest.raises(Ended):
        workspace.context_for(new(root), watch=watch)
    ends = 9
    context = workspace.context_for(new(root), watch=watch)
    assert [context.schema.table(Relation(f"t{n}")) is not None for n in range(1, 5)] == [True] * 4
    ends = 3
    assert context.ecto_schemas is not None
    with pytest.raises(Ended):
        context.ecto_schemas()
    ends = 9
    assert [schema.table.name for schema in context.ecto_schemas()] == ["t1", "t2", "t3", "t4"]


def test_the_surroundings_need_no_migration(root: Path) -> None:
    (root / "config").mkdir()
    (root / "config/config.exs").write_text(
        "import Config\nconfig :shop, ecto_repos: [Shop.Repo]\n"
        "config :shop, Shop.Repo, adapter: Ecto.Adapters.MyXQL\n"
    )
    workspace = Workspace()
    found = workspace.surroundings(new(root))
    full = workspace.context_for(new(root))
    assert (found.root, found.repo, found.database) == (full.root, full.repo, full.database)
    assert (found.application, found.version) == (full.application, full.version)
    assert not found.schema.complete and found.schema.tables == ProjectContext().schema.tables
    assert found.root == str(root)
