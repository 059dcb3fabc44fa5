"""The commands of a release, run by Ecto itself where it is present (`support.real_ecto`)."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.report.commands import commands
from support import postgres
from support.real_ecto import real_ecto
from support.repository import FOLDER, Repository

OTHER = "priv/repo/data_migrations"
APPLICATION = '{application, blog, [{vsn, "0.1.0"}, {modules, []}, {applications, [kernel, stdlib]}]}.\n'


@pytest.fixture
def project(tmp_path: Path) -> Repository:
    """Three migrations, and one more in a folder that Ecto does not take by itself."""
    made = Repository(tmp_path / "blog")
    for number in (1, 2, 3):
        made.migration(f"2026010{number}000000_m{number}", f"create table(:t{number})")
    made.migration("20260104000000_other", "create table(:other)", OTHER)
    # As it lies in a release.
    made.write("release/blog/ebin/blog.app", APPLICATION)
    return made


def test_a_release_migrates_and_rolls_back(project: Repository, database: postgres.Database) -> None:
    if real_ecto() is None:
        pytest.skip("Ecto is not present")
    shutil.copytree(project.path / "priv", project.path / "release/blog/priv")

    def path(name: str, folder: str = FOLDER) -> str:
        return str(project.path / folder / f"{name}.exs")

    def evaluate(command: str) -> list[int]:
        program, word, code = shlex.split(command)
        assert (program, word) == ("bin/blog", "eval")
        _elixir(project.path, database, code)
        with database.connect() as connection:
            rows = connection.execute("SELECT version FROM schema_migrations ORDER BY 1").fetchall()
        return [int(str(row[0])) for row in rows]

    workspace = Workspace()
    first, last = path("20260102000000_m2"), path("20260103000000_m3")
    both = commands(workspace.context_for(first), first, last)
    other = path("20260104000000_other", OTHER)
    beside = commands(workspace.context_for(other), other)
    assert both is not None and beside is not None
    one = commands(workspace.context_for(first), first)
    assert one is not None
    assert evaluate(one.release_migrate) == [20260101000000, 20260102000000]
    assert evaluate(both.release_migrate) == [20260101000000, 20260102000000, 20260103000000]
    # From the newest down to the version, which is taken back too.
    assert evaluate(both.release_rollback) == [20260101000000]
    assert evaluate(beside.release_migrate) == [20260101000000, 20260104000000]
    assert evaluate(beside.release_rollback) == [20260101000000]


def _elixir(folder: Path, database: postgres.Database, code: str) -> None:
    running = database.server.running
    parameters = running.parameters()
    settings = (
        f'[socket_dir: "{database.server.socket}", port: {running.port or 5432},'
        f' database: "{database.name}", username: "{parameters["user"]}"]'
    )
    repo = "defmodule Blog.Repo do use Ecto.Repo, otp_app: :blog, adapter: Ecto.Adapters.Postgres end"
    # Applications that were compiled without mix do not name what they start.
    start = (
        "for name <- [:telemetry, :db_connection, :ecto], do: {:ok, _} = Application.ensure_all_started(name)"
    )
    program = f"{start}\nApplication.put_env(:blog, Blog.Repo, {settings})\n{repo}\n{code}"
    libraries = os.pathsep.join([str(folder / "release"), os.environ["ERL_LIBS"]])
    environment = {**os.environ, "ERL_LIBS": libraries, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["elixir", "-e", program], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
