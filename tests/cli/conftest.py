"""A copy of the example project to run commands in, and a way to run them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ecto_migrations_server.cli import main as command
from support.cli import Result, Run

BLOG = Path(__file__).parents[1] / "projects" / "blog"


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
def blog(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example project, as the current folder."""
    monkeypatch.chdir(BLOG)
    return BLOG


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example project to write into, as the current folder."""
    copy = tmp_path / "blog"
    shutil.copytree(BLOG, copy)
    monkeypatch.chdir(copy)
    return copy


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project's migrations folder; its project is the current folder."""
    made = tmp_path / "priv" / "repo" / "migrations"
    made.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return made
