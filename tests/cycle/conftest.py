"""A compiled mix project for each test, copied from one that is made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_server.cli import main as command
from support import mix_project
from support.cli import Result, Run
from support.mix_project import MixProject


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> MixProject:
    return mix_project.make(tmp_path_factory.mktemp("mix") / "shop")


@pytest.fixture
def shop(compiled: MixProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MixProject:
    """The project, as the current folder."""
    copied = mix_project.copy(compiled, tmp_path / "shop")
    monkeypatch.chdir(copied.root)
    return copied


@pytest.fixture
def files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MixProject:
    """The project without compiled modules, where mix is not run."""
    made = mix_project.make(tmp_path / "shop", compiled=False)
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `ecto-migrations` in this process; colours off, whatever the environment says."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("MIX_ENV", raising=False)

    def run(*arguments: str | Path) -> Result:
        capfd.readouterr()
        code = command.main([str(argument) for argument in arguments])
        output = capfd.readouterr()
        return Result(code, output.out, output.err)

    return run
