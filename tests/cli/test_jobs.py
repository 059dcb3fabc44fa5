"""`check --jobs`: the same output in the same order, and no process that is left."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ecto_migrations_server.cli import jobs, progress
from ecto_migrations_server.cli.errors import CommandError
from ecto_migrations_server.cli.files import Target
from ecto_migrations_server.cli.formats.findings import NAMES
from support.cli import Run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked"),
]


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    """Other tests of the same process have servers of theirs running."""
    before = children()
    yield
    assert children() <= before


def children() -> set[int]:
    """The processes that this one has started and that are there still, zombies too."""
    listing = subprocess.Popen(["ps", "-A", "-o", "pid=,ppid="], stdout=subprocess.PIPE, text=True)
    rows = [tuple(map(int, line.split())) for line in listing.communicate()[0].splitlines()]
    return {pid for pid, parent in rows if parent == os.getpid() and pid != listing.pid}


def targets(count: int) -> list[Target]:
    return [Target(f"/{number}.exs", f"{number}.exs") for number in range(count)]


@pytest.mark.parametrize("options", [*(("--format", name) for name in NAMES), ("--statistics",)])
def test_the_output_is_that_of_one_process(blog: Path, run: Run, options: tuple[str, ...]) -> None:
    alone = run("check", "--jobs", "1", *options)
    assert alone.code == 1
    for number in ("2", "3", "100"):
        assert run("check", "--jobs", number, *options) == alone


def test_a_baseline_is_that_of_one_process(blog: Path, run: Run, tmp_path: Path) -> None:
    for number in ("1", "3"):
        run("check", "--jobs", number, "--write-baseline", tmp_path / number)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "3").read_bytes()
    for number in ("1", "3"):
        assert run("check", "--jobs", number, "--baseline", tmp_path / "1").code == 0


def test_what_cannot_be_read_is_told_and_the_rest_checked(project: Path, run: Run) -> None:
    (project / "priv/repo/migrations/20250101000000_gone.exs").symlink_to("/nowhere")
    (project / ".ecto-migrations.toml").write_text("select = ['no-such-rule']\n")
    alone = run("check", "--jobs", "1")
    assert alone.code == 2
    assert "20250101000000_gone.exs cannot be read" in alone.err
    assert alone.err.count("no-such-rule") == 1
    assert sorted(run("check", "--jobs", "3").err.splitlines()) == sorted(alone.err.splitlines())
    assert run("check", "--jobs", "3").out == alone.out


def test_standard_input_among_others(blog: Path) -> None:
    results = [
        subprocess.run(
            [sys.executable, "-m", "ecto_migrations_server.cli.main", "check", "--jobs", number, "-", "priv"],
            input="defmodule A do\n  use Ecto.Migration\n  def change, do: drop table(:posts)\nend\n",
            capture_output=True,
            text=True,
            check=False,
        )
        for number in ("1", "3")
    ]
    assert "stdin.exs:3" in results[0].stdout
    assert results[0].stdout == results[1].stdout


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_a_number_that_is_none(blog: Path, run: Run, text: str) -> None:
    result = run("check", f"--jobs={text}")
    assert result.code == 2
    assert f"{text} is no number of processes" in result.err


def test_the_order_is_that_of_the_targets() -> None:
    def work(target: Target) -> tuple[str, int]:
        # The first processes take longest.
        time.sleep(0.02 if target.path < "/3" else 0)
        return target.shown, os.getpid()

    found = list(jobs.each(targets(10), 3, work))
    assert [shown for shown, _ in found] == [f"{number}.exs" for number in range(10)]
    # The last one is this process's.
    assert len({pid for _, pid in found}) == 4


def test_more_than_a_pipe_holds() -> None:
    found = list(jobs.each(targets(6), 3, lambda target: target.shown * 100_000))
    assert found == [f"{number}.exs" * 100_000 for number in range(6)]


def test_an_error_of_one_file_is_its_outcome() -> None:
    def work(target: Target) -> str:
        if target.shown == "1.exs":
            raise CommandError("cannot be read")
        return target.shown

    found = list(jobs.each(targets(4), 2, work))
    assert isinstance(found[1], CommandError) and str(found[1]) == "cannot be read"
    assert [found[0], *found[2:]] == ["0.exs", "2.exs", "3.exs"]


def test_what_cannot_be_told_is_an_error() -> None:
    found = list(jobs.each(targets(3), 2, lambda target: lambda: target))
    assert all("internal error" in str(outcome) for outcome in found[:2])


def test_a_process_that_is_killed_is_told() -> None:
    def work(target: Target) -> str:
        if target.shown == "2.exs":
            os.kill(os.getpid(), signal.SIGKILL)
        return target.shown

    with pytest.raises(CommandError, match=r"has ended by itself \(Killed\).*--jobs 1"):
        list(jobs.each(targets(6), 2, work))


def test_who_stops_early_leaves_no_process() -> None:
    def work(target: Target) -> str:
        if target.shown not in ("0.exs", "5.exs"):
            time.sleep(600)
        return target.shown

    outcomes = jobs.each(targets(6), 3, work)
    assert next(outcomes) == "0.exs"
    outcomes.close()


_SLOW = r"""
import os, signal, sys, time
own = os.getpid()
signal.signal(signal.SIGINT, signal.default_int_handler)
from ecto_migrations_server.cli import checked
real = checked.check

def check(target, workspace):
    # The last file is this process's own.
    if os.getpid() != own:
        os.write(2, b"%d\n" % os.getpid())
        time.sleep(600)
    return real(target, workspace)

checked.check = check
from ecto_migrations_server.cli.main import main
sys.exit(main(["check", "--jobs", "2"]))
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="looks at /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_check_leaves_no_process(blog: Path, number: signal.Signals, code: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    workers = [int(process.stderr.readline()) for _ in range(2)]
    process.send_signal(number)
    assert process.wait(30) == code
    assert process.stderr.read() == ""
    assert process.stdout is not None and process.stdout.read() == ""
    assert not any(_runs(pid) for pid in workers)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_as_many_as_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_processors", lambda: 4)
    assert [jobs.sensible(count) for count in (0, 1, 99, 100, 199, 10_000)] == [1, 1, 1, 2, 3, 4]
    monkeypatch.setattr(jobs, "_processors", lambda: 64)
    assert jobs.sensible(10_000) == 8


class Screen(io.StringIO):
    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def test_the_bar_is_for_a_terminal_and_vanishes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    screen = Screen(is_terminal=True)
    shown = progress.Progress(10, screen, {"TERM": "xterm"})
    for number in range(10):
        now = number * 0.2
        shown.step()
    shown.hide()
    text = screen.getvalue()
    # Nothing for half a second.
    assert re.findall(r"checked (\d+) of 10", text) == ["4", "5", "6", "7", "8", "9", "10"]
    assert text.endswith("\r\x1b[K") and "\n" not in text


@pytest.mark.parametrize(("is_terminal", "term"), [(False, "xterm"), (True, "dumb")])
def test_elsewhere_there_is_no_bar(monkeypatch: pytest.MonkeyPatch, is_terminal: bool, term: str) -> None:
    monkeypatch.setattr(progress, "_AFTER", -1)
    screen = Screen(is_terminal)
    shown = progress.Progress(2, screen, {"TERM": term})
    output: Any = Screen(is_terminal)
    assert shown.above(output) is output
    shown.step()
    shown.hide()
    assert screen.getvalue() == ""


def test_what_is_written_takes_the_place_of_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_AFTER", -1)
    screen = Screen(is_terminal=True)
    shown = progress.Progress(2, screen, {"TERM": "xterm", "NO_COLOR": "1"})
    shown.step()
    print("a finding", file=shown.above(screen))
    drawn, _, rest = screen.getvalue().rpartition("\r\x1b[K")
    assert rest == "a finding\n"
    assert "checked 1 of 2" in drawn and "\x1b[3" not in drawn
