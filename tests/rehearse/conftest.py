"""Migrations to rehearse on the server of the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.project.context import DatabaseVersion
from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.records import replace
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_server.cli import main as command
from ecto_migrations_server.rehearse.model import Rehearsal
from ecto_migrations_server.rehearse.rehearsal import rehearse
from support.cli import Result, Run
from support.postgres import Database

BLOG = Path(__file__).parents[1] / "projects" / "blog" / "priv" / "repo" / "migrations"
Rehearse = Callable[..., Rehearsal]


def judged(path: Path) -> Callable[[int], Analysis]:
    context = Workspace(settled=True).context_for(str(path))
    return lambda major: analyze(
        Source(path.read_bytes(), str(path)), replace(context, version=DatabaseVersion(major=major))
    )


@pytest.fixture
def rehearsed(database: Database) -> Rehearse:
    """Rehearses the file at a path, or the blog's of that name, with 200 rows."""

    def run(path: Path | str, **options: Any) -> Rehearsal:
        if isinstance(path, str):
            (path,) = BLOG.glob(f"*_{path}.exs")
        judge = options.pop("judge", None) or judged(path)
        return rehearse(
            database.server.running.parameters(database.name),
            judge,
            str(path),
            **{"rows": 200, **options},
        )

    return run


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a migration into a project; the bodies of the module come back as its path."""
    folder = tmp_path / "priv" / "repo" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "mix.exs").write_text(
        "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop]\nend\n"
    )
    versions = iter(range(20260101000000, 20260101000100))

    def add(name: str, body: str) -> Path:
        path = folder / f"{next(versions)}_{name}.exs"
        module = "".join(part.capitalize() for part in name.split("_"))
        path.write_text(f"defmodule Shop.Repo.Migrations.{module} do\n  use Ecto.Migration\n{body}\nend\n")
        return path

    return add


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `ecto-migrations` in this process; colours off, whatever the environment says."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*arguments: str | Path) -> Result:
        capsys.readouterr()
        code = command.main([str(argument) for argument in arguments])
        output = capsys.readouterr()
        return Result(code, output.out, output.err)

    return run


@pytest.fixture
def url(database: Database) -> str:
    return f"postgresql:///{database.name}?host={database.server.socket}&user=postgres"
