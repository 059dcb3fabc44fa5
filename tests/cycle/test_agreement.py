"""What `cycle` says before it runs anything, and when it runs nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli import Run
from support.mix_project import VERSIONS, MixProject

FIRST, SECOND, THIRD = VERSIONS


@pytest.fixture(autouse=True)
def mix_that_must_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`mix` writes down that it ran."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "mix"
    script.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/ran.txt\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "ran.txt"


def test_a_dry_run_says_what_would_run(files_only: MixProject, run: Run, mix_that_must_not_run: Path) -> None:
    result = run("cycle", "--dry-run", "--with-tests", "--step", "2")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "MIX_ENV=test, 2 migrations:",
        f"  {SECOND}_change_{SECOND}.exs",
        f"  {THIRD}_change_{THIRD}.exs",
        "will run, one after the other, each only if the one before has passed:",
        "  1. mix ecto.migrate",
        "  2. mix ecto.rollback --step 2",
        "  3. mix ecto.migrate",
        "  4. mix ecto.rollback --step 2",
        "  5. mix ecto.migrate",
        "  6. mix test",
        "Rows in what is rolled back are lost, in the database of that environment.",
    ]
    assert not mix_that_must_not_run.exists()


def test_a_dry_run_for_programs(files_only: MixProject, run: Run) -> None:
    result = run("cycle", "--dry-run", "--format", "json", "--env", "dev", "--prefix", "tenant_1")
    assert result.code == 0
    assert result.json == {
        "folder": str(files_only.root),
        "environment": "dev",
        "migrations": [str(files_only.migration(THIRD))],
        "gates": [
            ["mix", "ecto.migrate", "--prefix", "tenant_1"],
            ["mix", "ecto.rollback", "--step", "1", "--prefix", "tenant_1"],
        ]
        * 2
        + [["mix", "ecto.migrate", "--prefix", "tenant_1"]],
    }


def test_nothing_runs_where_nobody_can_agree(files_only: MixProject, mix_that_must_not_run: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "ecto_migrations_server.cli.main", "cycle"],
        input="y\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    assert "nobody is here to agree" in finished.stderr
    assert not mix_that_must_not_run.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("answer", "code", "ran"),
    [("n\n", 2, False), ("\n", 2, False), ("\x04", 2, False), ("\x03", 130, False), ("y\n", 2, True)],
)
def test_somebody_at_a_terminal_is_asked(
    files_only: MixProject, mix_that_must_not_run: Path, answer: str, code: int, ran: bool
) -> None:
    import pty

    pid, descriptor = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-m", "ecto_migrations_server.cli.main", "cycle"])
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(descriptor, 4096)
    os.write(descriptor, answer.encode())
    try:
        while data := os.read(descriptor, 4096):
            shown += data
    except OSError:
        # Linux reports the end of a terminal as an error.
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code
    os.close(descriptor)
    assert mix_that_must_not_run.exists() == ran
    assert b"Traceback" not in shown


@pytest.mark.parametrize("environment", ["prod", "production", "PROD", "prod_eu"])
def test_never_in_production(
    files_only: MixProject, run: Run, mix_that_must_not_run: Path, environment: str
) -> None:
    result = run("cycle", "--yes", "--env", environment)
    assert result.code == 2
    assert result.err == (
        f"ecto-migrations: cycle never runs in MIX_ENV={environment}: what is rolled back loses its rows\n"
    )
    assert not mix_that_must_not_run.exists()


def test_not_in_a_shell_of_production(
    files_only: MixProject, run: Run, monkeypatch: pytest.MonkeyPatch, mix_that_must_not_run: Path
) -> None:
    monkeypatch.setenv("MIX_ENV", "prod")
    result = run("cycle", "--yes")
    assert result.code == 2
    assert "MIX_ENV is prod here" in result.err
    assert not mix_that_must_not_run.exists()


def test_without_mix(files_only: MixProject, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = run("cycle", "--yes")
    assert result.code == 2
    assert "there is no mix in PATH" in result.err and result.err.count("\n") == 1


def test_a_mix_that_cannot_be_started(files_only: MixProject, run: Run) -> None:
    mix = shutil.which("mix")
    assert mix is not None
    Path(mix).write_text("#!/no/such/program\n")
    result = run("cycle", "--yes")
    assert result.code == 2
    assert result.err == f"ecto-migrations: {mix} cannot be started: no such file or directory\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--step", "0"], "0 is no number of migrations"),
        (["--step", "1", f"priv/repo/migrations/{FIRST}_change_{FIRST}.exs"], "either, not both"),
        (["--env", "a b"], "'a b' is no environment of mix"),
        (["--repo", "x; y"], "'x; y' is no name of a repo"),
        (["no_such.exs"], "no_such.exs does not exist"),
        (["lib"], "lib is a folder"),
        (["mix.exs"], "mix.exs is not called as a migration is"),
    ],
)
def test_wrong_usage(files_only: MixProject, run: Run, arguments: list[str], message: str) -> None:
    result = run("cycle", "--yes", *arguments)
    assert result.code == 2
    assert message in result.err and result.err.count("\n") == 1
