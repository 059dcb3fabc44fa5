"""`cycle` through real mix, in a project whose tasks stand for Ecto's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ecto_migrations_server import verification
from support import mix_project
from support.cli import Run
from support.mix_project import VERSIONS, MixProject

# mix takes half a second to start, and a cycle starts it a dozen times.
pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = VERSIONS


def test_the_newest_migration_goes_round_twice(shop: MixProject, run: Run, tmp_path: Path) -> None:
    record = tmp_path / "verified.json"
    result = run("cycle", "--yes", "--with-tests", "--verified", record)
    assert (result.code, result.err) == (0, "")
    assert shop.calls == [
        "test ecto.migrate",
        "test ecto.rollback --step 1",
        "test ecto.migrate",
        "test ecto.rollback --step 1",
        "test ecto.migrate",
    ]
    assert shop.up == list(VERSIONS)
    assert "Shop.Repo: shop_test at localhost:5432" in result.out
    assert "very secret" not in result.out
    # What mix says is there, as it says it.
    assert f"== Running {THIRD} backward" in result.out
    assert f"took back {THIRD}" in result.out
    assert "1 test, 0 failures" in result.out
    assert "\x1b" not in result.out
    found = verification.runs_of(
        str(shop.migration(THIRD)), shop.migration(THIRD).read_bytes(), verification.read(str(record))
    )
    assert {kind: run.passed for kind, run in found.items()} == {"cycle": True, "tests": True}
    assert found["tests"].result == "mix test: 1 test, 0 failures"
    assert len(verification.read(str(record))) == 2


@pytest.mark.slow
def test_a_file_goes_back_with_all_that_are_newer(shop: MixProject, run: Run, tmp_path: Path) -> None:
    record = tmp_path / "verified.json"
    result = run("cycle", "--yes", "--format", "json", "--verified", record, shop.migration(SECOND))
    assert result.code == 0
    assert result.json["passed"] is True
    assert [Path(path).name[:14] for path in result.json["migrations"]] == [str(SECOND), str(THIRD)]
    assert [item["gate"] for item in result.json["results"]] == [
        "migrate",
        "rollback",
        "migrate",
        "rollback",
        "migrate",
    ]
    assert shop.calls[1] == f"test ecto.rollback --to {SECOND}"
    # What people read is on standard error then.
    assert f"== Running {SECOND} backward" in result.err
    assert {run.file for run in verification.read(str(record))} == {
        f"priv/repo/migrations/{version}_change_{version}.exs" for version in (SECOND, THIRD)
    }


def test_a_migration_without_a_way_back(shop: MixProject, run: Run, tmp_path: Path) -> None:
    shop.fails(
        2,
        '** (Ecto.MigrationError) cannot reverse migration command: execute "SELECT 1". You will need to'
        " explicitly define up/0 and down/0 in your migration",
    )
    record = tmp_path / "verified.json"
    result = run("cycle", "--yes", "--verified", record)
    assert result.code == 1
    assert 'the migration cannot be rolled back: execute "SELECT 1"\n' in result.out
    assert result.out.count("not run") == 3
    assert len(shop.calls) == 2
    assert [(run.kind, run.passed) for run in verification.read(str(record))] == [("cycle", False)]


def test_a_task_that_does_nothing_has_not_passed(shop: MixProject, run: Run) -> None:
    """As an alias may, or a repo that is not the one of the migrations: mix ends without an error."""
    shop.does_nothing(2)
    result = run("cycle", "--yes")
    assert result.code == 1
    assert f"mix ended without an error, and rolled back nothing instead of {THIRD}" in result.out


@pytest.mark.slow
def test_in_an_umbrella_mix_runs_in_the_application(
    compiled: MixProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    umbrella = tmp_path / "umbrella"
    shop = mix_project.copy(compiled, umbrella / "apps" / "shop")
    (umbrella / "mix.exs").write_text(
        "defmodule Umbrella.MixProject do\n  use Mix.Project\n\n"
        '  def project, do: [apps_path: "apps", deps: []]\nend\n'
    )
    mix = shop.root / "mix.exs"
    mix.write_text(mix.read_text().replace("deps: []", 'build_path: "../../_build", deps: []'))
    monkeypatch.chdir(umbrella)
    result = run("cycle", "--yes", "--verified", tmp_path / "verified.json")
    assert (result.code, result.err) == (0, "")
    assert "MIX_ENV=test, in apps/shop, 1 migration:\n" in result.out
    assert shop.up == list(VERSIONS)
    assert not (umbrella / "calls.txt").exists()


@pytest.mark.slow
def test_failing_tests_do_not_make_the_rounds_fail(
    shop: MixProject, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_TESTS", "fail")
    record = tmp_path / "verified.json"
    result = run("cycle", "--yes", "--with-tests", "--verified", record)
    assert result.code == 1
    assert "1 test, 1 failure" in result.out
    assert {run.kind: run.passed for run in verification.read(str(record))} == {"cycle": True, "tests": False}


def test_no_database_is_not_the_migrations_fault(shop: MixProject, run: Run, tmp_path: Path) -> None:
    shop.fails(1, 'FATAL 3D000 (invalid_catalog_name) database "shop_test" does not exist')
    record = tmp_path / "verified.json"
    result = run("cycle", "--yes", "--verified", record)
    assert result.code == 2
    assert "there is no database shop_test\n" in result.out
    assert "MIX_ENV=test mix ecto.create" in result.out
    assert not record.exists()


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("FAKE_HOST", "db.example.com", "Shop.Repo: shop_test at db.example.com:5432 is another machine"),
        ("FAKE_DATABASE", "shop_prod", "looks like production, by its name"),
        ("FAKE_HOST", "prod-db", "looks like production, by its name"),
    ],
)
def test_the_project_says_which_database_and_another_one_is_refused(
    shop: MixProject, run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    result = run("cycle", "--yes")
    assert result.code == 2
    assert message in result.err and result.err.count("\n") == 1
    assert shop.calls == []


def test_a_project_that_does_not_compile(shop: MixProject, run: Run) -> None:
    (shop.root / "lib" / "broken.ex").write_text("defmodule Broken do\n")
    result = run("cycle", "--yes")
    assert result.code == 2
    assert result.err.startswith(
        "ecto-migrations: the project does not compile in MIX_ENV=test: lib/broken.ex:"
    )
    assert result.err.endswith("; nothing was rolled back\n")
    assert shop.calls == []


def test_dependencies_that_are_not_there(shop: MixProject, run: Run) -> None:
    mix = shop.root / "mix.exs"
    mix.write_text(mix.read_text().replace("deps: []", 'deps: [{:lib, git: "/nowhere/lib"}]'))
    result = run("cycle", "--yes")
    assert result.code == 2
    assert "the dependencies have not been fetched, or not for MIX_ENV=test (mix deps.get)" in result.err


def test_a_project_without_ecto(shop: MixProject, run: Run) -> None:
    (shop.root / "lib" / "shop.ex").write_text("defmodule Shop do\nend\n")
    result = run("cycle", "--yes")
    assert result.code == 2
    assert "mix knows no Ecto here" in result.err


def test_a_repo_that_there_is_not(shop: MixProject, run: Run) -> None:
    result = run("cycle", "--yes", "--repo", "Shop.Other")
    assert result.code == 2
    assert result.err == "ecto-migrations: the project has no repo Shop.Other; nothing was rolled back\n"


def _started(shop: MixProject) -> subprocess.Popen[str]:
    """A cycle whose second task waits for ever, with a program of its own beside it."""
    program = (
        "import signal, sys\n"
        # A shell starts what runs in its background with SIGINT ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from ecto_migrations_server.cli.main import main\n"
        "sys.exit(main(['cycle', '--yes']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=shop.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    give_up = time.monotonic() + 60
    while not (shop.root / "sleeping.txt").exists():
        assert process.poll() is None and time.monotonic() < give_up
        time.sleep(0.05)
    return process


def _alive(shop: MixProject) -> list[str]:
    """Which of the Erlang VM and the program that it has started still run; a zombie does not."""
    found = []
    for name in ("sleeping.txt", "child.txt"):
        pid = int((shop.root / name).read_text())
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.append(name)
    return found


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="looks at /proc")
@pytest.mark.parametrize(
    ("what", "number", "code"),
    [
        ("sleep", signal.SIGINT, 130),
        pytest.param("sleep", signal.SIGTERM, 143, marks=pytest.mark.slow),
        pytest.param("deaf", signal.SIGINT, 130, marks=pytest.mark.slow),
    ],
)
def test_an_interrupted_cycle_leaves_nothing_behind(
    shop: MixProject, what: str, number: signal.Signals, code: int
) -> None:
    shop.does(2, what)
    process = _started(shop)
    process.send_signal(number)
    if what == "deaf":
        # Who asks twice does not wait for what is to end in order.
        time.sleep(1)
        process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (code, "")
    assert "interrupted: mix has ended" in out
    assert _alive(shop) == []


@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2)")
def test_a_killed_cycle_takes_mix_along(shop: MixProject) -> None:
    shop.does(2, "sleep")
    process = _started(shop)
    process.kill()
    process.communicate(timeout=30)
    give_up = time.monotonic() + 30
    while "sleeping.txt" in _alive(shop):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    # The program that the Erlang VM had started has a session of its own, and nobody is left to end it.
    if "child.txt" in _alive(shop):
        os.kill(int((shop.root / "child.txt").read_text()), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="looks at /proc")
def test_a_reader_that_goes_away_ends_it(shop: MixProject) -> None:
    shop.does(2, "chatter")
    process = _started(shop)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(60) == 141
    assert _alive(shop) == []
