"""In which folder mix is started, for which repo, and what is rolled back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from ecto_migrations_server.cycle.errors import Refused
from ecto_migrations_server.cycle.plan import plan

PROJECTS = Path(__file__).parents[1] / "projects"


@pytest.fixture
def copied(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project that the test names, as the current folder."""
    root = tmp_path / request.param
    shutil.copytree(PROJECTS / request.param, root)
    monkeypatch.chdir(root)
    return root


def migrations(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.exs"))


@pytest.mark.parametrize("copied", ["blog"], indirect=True)
def test_the_newest_of_the_project_around_the_folder(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copied / "lib")
    newest = migrations(copied / "priv/repo/migrations")[-1]
    found = plan([])
    assert (found.folder, found.options, found.repo) == (str(copied), (), None)
    assert [migration.path for migration in found.migrations] == [str(newest)]
    assert found.migrations[0].text == newest.read_bytes()


@pytest.mark.parametrize("copied", ["two_repos"], indirect=True)
def test_of_several_repos_the_one_of_the_file(copied: Path) -> None:
    folders = [path for path in (copied / "priv").glob("*/migrations") if migrations(path)]
    assert len(folders) > 1
    repos = set()
    for folder in folders:
        found = plan([str(migrations(folder)[-1])])
        assert found.options[:1] == ("-r",) and found.repo == found.options[1]
        repos.add(found.repo)
    assert len(repos) == len(folders)
    with pytest.raises(Refused, match="the project has several repos, --repo names one: "):
        plan([])
    assert plan([], repo=sorted(map(str, repos))[0]).migrations
    with pytest.raises(Refused, match="one folder of migrations is wanted, and these are 2"):
        plan([str(migrations(folder)[-1]) for folder in folders[:2]])


@pytest.mark.parametrize("copied", ["umbrella"], indirect=True)
def test_in_an_umbrella_mix_starts_in_the_application(copied: Path) -> None:
    folders = sorted(path for path in copied.glob("apps/*/priv/*/migrations") if migrations(path))
    assert folders
    for folder in folders:
        found = plan([str(migrations(folder)[-1])])
        assert found.folder == str(folder.parents[2])
    applications = {folder.parents[2] for folder in folders}
    if len(applications) > 1:
        with pytest.raises(Refused, match="several applications have migrations"):
            plan([])
    for other in applications:
        for folder in [path for path in folders if path.parents[2] != other]:
            for path in migrations(folder):
                path.unlink()
        assert plan([]).folder == str(other)
        break


@pytest.mark.parametrize("copied", ["blog"], indirect=True)
def test_a_folder_that_mix_does_not_look_at_is_named(copied: Path) -> None:
    folder = copied / "priv/repo/data_migrations"
    folder.mkdir()
    (folder / "20260101000000_fill.exs").write_text("defmodule Fill do\n  use Ecto.Migration\nend\n")
    found = plan([str(folder / "20260101000000_fill.exs")])
    assert found.options == ("--migrations-path", "priv/repo/data_migrations")
    assert found.gates[1].command == (
        "mix ecto.rollback --to 20260101000000 --migrations-path priv/repo/data_migrations"
    )


def test_outside_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused, match=re.escape(f"there is no mix.exs in {tmp_path} or above it")):
        plan([])
    (tmp_path / "20260101000000_a.exs").touch()
    with pytest.raises(Refused, match="lies in no mix project"):
        plan(["20260101000000_a.exs"])


@pytest.mark.parametrize("copied", ["blog"], indirect=True)
def test_a_project_without_migrations(copied: Path) -> None:
    shutil.rmtree(copied / "priv")
    with pytest.raises(Refused, match="there are no migrations in"):
        plan([])
