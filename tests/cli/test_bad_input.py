"""What can go wrong around a command: one clear sentence, the right exit code, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.cli import Run

# Most start the command several times, and stop it at one moment after the other.
pytestmark = pytest.mark.slow

DANGEROUS = "priv/repo/migrations/20250415120000_add_status_to_posts.exs"
COMMAND = [sys.executable, "-m", "ecto_migrations_server.cli.main"]
# Everything that prints, and changes nothing.
PRINTING = [
    ["check"],
    ["check", "--format", "json"],
    ["check", "--jobs", "3"],
    ["check", "--diff"],
    ["check", "--statistics"],
    ["check", "--show-settings"],
    ["check", "--help"],
    ["report", DANGEROUS],
    ["report", DANGEROUS, "--format", "markdown"],
    ["expand", f"{DANGEROUS}:7"],
    ["expand", DANGEROUS, "--list"],
    ["explain"],
    ["explain", "drop-table"],
    ["new"],
    ["cycle", "--dry-run"],
    ["completion", "bash"],
    ["--help"],
    ["--version"],
    [],
]
on_unix = pytest.mark.skipif(sys.platform == "win32", reason="streams and signals of Unix")


def environment(**more: str) -> dict[str, str]:
    """As users have it: with a buffer, whose content may wait until the end."""
    return {**{key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}, **more}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_full_disk_below_standard_output(blog: Path, arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=environment(),
        )
    assert (done.returncode, done.stderr) == (2, "ecto-migrations: no space left on device\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_below_standard_error(blog: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "check", "nowhere"],
            stdout=subprocess.PIPE,
            stderr=full,
            check=False,
            env=environment(),
        )
    assert (done.returncode, done.stdout) == (2, b"")


@on_unix
@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_reader_that_has_gone(blog: Path, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*COMMAND, *arguments],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=environment(),
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@on_unix
@pytest.mark.parametrize("streams", [">&-", ">&- <&-", "<&-"])
def test_streams_that_are_closed(blog: Path, streams: str) -> None:
    command = " ".join(COMMAND)
    done = subprocess.run(
        ["sh", "-c", f"{command} check {DANGEROUS} {streams}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    done = subprocess.run(["sh", "-c", f"{command} check nowhere 2>&- {streams}"], check=False)
    assert done.returncode == 2


@on_unix
@pytest.mark.parametrize(
    "arguments",
    [["check"], ["report", "a.exs"], ["expand", "a.exs"], ["new", "create-table"], ["cycle", "--yes"]],
)
def test_a_current_folder_that_is_gone(tmp_path: Path, arguments: list[str]) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    command = " ".join([*COMMAND, *arguments])
    done = subprocess.run(
        ["sh", "-c", f"rmdir {folder}; exec {command}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "ecto-migrations: the current folder does not exist any more\n"


def test_no_git(blog: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with_git = run("check")
    monkeypatch.setenv("PATH", "/nowhere")
    assert run("check").code == with_git.code
    result = run("check", "--since", "main")
    assert (result.code, result.out) == (2, "")
    assert result.err == "ecto-migrations: --since needs git, and there is none in PATH\n"


def test_a_port_that_is_taken(blog: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "server", "--tcp", f"127.0.0.1:{port}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(f"ecto-migrations: cannot listen at 127.0.0.1:{port}: ")
    assert done.stderr.count("\n") == 1


def _with_little_room(
    arguments: list[str], room: int, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """No file may get longer than `room` bytes: what the system then says is what it says of a full disk."""
    program = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
        "from ecto_migrations_server.cli.main import main\n"
        f"sys.exit(main({arguments!r}))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )


@on_unix
@pytest.mark.parametrize(
    "arguments",
    [
        ["expand", f"{DANGEROUS}:7", "--write"],
        ["expand", f"{DANGEROUS}:7", "--pick", "2", "--write"],
        ["check", "--fix"],
        ["check", "--write-baseline", "known.json"],
        ["new", "add-not-null-column"],
        ["new", "create-table"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("room", [0, 150])
def test_a_full_disk_below_the_project(project: Path, arguments: list[str], room: int) -> None:
    (project / "known.json").write_text('{"version": 1, "findings": []}\n')
    before = contents(project)
    done = _with_little_room(arguments, room)
    assert done.returncode == 2
    complaints = [line for line in done.stderr.splitlines() if not line.startswith("fixed ")]
    assert complaints and all(line.startswith("ecto-migrations: ") for line in complaints)
    assert all("file too large" in line for line in complaints)
    if not any(line.startswith("fixed ") for line in done.stderr.splitlines()):
        assert contents(project) == before
    # Whatever was fixed was fixed as a whole.
    assert [name for name in contents(project) if Path(name).name.startswith(".ecto-migrations-")] == []


@on_unix
def test_a_disk_with_room_for_some_of_the_files(blog: Path, tmp_path: Path) -> None:
    copies = [shutil.copytree(blog, tmp_path / str(number)) for number in range(2)]
    before = contents(copies[1])
    arguments = ["expand", f"{DANGEROUS}:7", "--write"]
    subprocess.run([*COMMAND, *arguments], cwd=copies[0], check=True, capture_output=True)
    known = {str(copies[0] / Path(path).relative_to(copies[1])) for path in before}
    sizes = [len(data) for path, data in contents(copies[0]).items() if path not in known]
    assert len(sizes) == 2
    done = _with_little_room(arguments, max(sizes) - 1, copies[1])
    assert done.returncode == 2
    assert contents(copies[1]) == before


@on_unix
def test_a_folder_that_may_not_be_written(project: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    folder = project / "priv/repo/migrations"
    folder.chmod(0o555)
    before = contents(project)
    done = subprocess.run(
        [*COMMAND, "expand", f"{DANGEROUS}:7", "--write"], capture_output=True, text=True, check=False
    )
    folder.chmod(0o755)
    assert done.returncode == 2
    assert "permission denied; nothing was written" in done.stderr
    assert contents(project) == before


_WRITING = """
import signal, sys
# A shell starts what runs in its background with SIGINT ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from ecto_migrations_server import start
sys.argv[1:] = {arguments!r}
# The window between this line and the next one is the test's own.
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("ready", flush=True)
real = signal.signal

def unblock(number, handler):
    real(number, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

signal.signal = unblock
sys.exit(start.main())
"""


@on_unix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "arguments",
    [["expand", f"{DANGEROUS}:7", "--write"], ["new", "add-not-null-column"], ["check", "--fix"]],
    ids=" ".join,
)
def test_interrupted_at_any_moment(
    blog: Path, tmp_path: Path, arguments: list[str], number: signal.Signals
) -> None:
    """All that is written is there, or nothing of it."""
    whole: set[int] = set()
    for attempt in range(6):
        copy = tmp_path / str(attempt)
        shutil.copytree(blog, copy)
        before = contents(copy)
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITING.format(arguments=arguments)],
            cwd=copy,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        time.sleep(0.08 * attempt)
        process.send_signal(number)
        errors = process.stderr.read()
        assert process.wait(60) in (0, 1, 128 + number, -number)
        assert "Traceback" not in errors
        after = contents(copy)
        assert not [name for name in after if Path(name).name.startswith(".ecto-migrations-")]
        if arguments != ["check", "--fix"]:
            whole.add(len(after) - len(before))
            assert after == before or len(after) > len(before)
    assert len(whole - {0}) <= 1


def test_a_fix_that_cannot_be_finished_is_undone(
    project: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    """The disk refuses the last step, when new files are there already."""
    before = contents(project)
    real = os.replace

    def refuse(source: str, target: str) -> None:
        if target.endswith("add_status_to_posts.exs"):
            raise OSError(5, "Input/output error", target)
        real(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    result = run("expand", f"{DANGEROUS}:7", "--write")
    assert result.code == 2
    assert result.err.endswith("add_status_to_posts.exs: input/output error; nothing was written\n")
    assert contents(project) == before
