"""The command as a process: its streams, its exit codes, and what it imports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from ecto_migrations_server.cli import main as command

BLOG = Path(__file__).parents[1] / "projects" / "blog"
DANGEROUS = "priv/repo/migrations/20250415120000_add_status_to_posts.exs"


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    options = {"cwd": BLOG, "capture_output": True, "text": True, "check": False, "timeout": 60, **options}
    return subprocess.run([sys.executable, "-m", "ecto_migrations_server.cli.main", *arguments], **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frob"], "invalid choice: 'frob'"),
        (["check", "--frob"], "unrecognized arguments: --frob"),
        (["check", "--format", "xml"], "invalid choice: 'xml'"),
        (["report"], "the following arguments are required: FILE"),
        (["server", "--tcp", "nowhere"], "expected HOST:PORT, got 'nowhere'"),
        (["check", "no/such/file.exs"], "no/such/file.exs does not exist (looked from"),
        (["report", "no/such/file.exs"], "no/such/file.exs does not exist (looked from"),
        (["report", "lib"], "lib is a folder"),
        (["check", "lib"], "no migrations in lib"),
        (["check", "a\nb"], "a␊b does not exist"),
        (["explain", "no-such-rule"], "there is no rule 'no-such-rule'"),
        (["explain", "drop-tabel"], "did you mean drop-table?"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(BLOG)
    assert command.main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("ecto-migrations: ")
    assert message in output.err
    assert output.err.count("\n") == 1


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("ecto-migrations 0.")


def test_without_a_command_it_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 2
    assert "usage: ecto-migrations" in capsys.readouterr().out


def test_what_a_check_imports() -> None:
    """Each of these costs as much as everything else at start."""
    program = (
        "import sys\n"
        "from ecto_migrations_server.cli.main import main\n"
        f"code = main(['check', '--format', 'text', {DANGEROUS!r}])\n"
        "heavy = {'pygls', 'lsprotocol', 'attrs', 'pglast', 'rich', 'asyncio', 'importlib.metadata',\n"
        "         'json', 'subprocess', 'difflib', 'tempfile'}\n"
        "print(code, sorted(heavy & set(sys.modules)))\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=BLOG, capture_output=True, text=True, check=True
    )
    assert finished.stdout.splitlines()[-1] == "1 []"


def test_a_reader_that_goes_away() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "ecto_migrations_server.cli.main", "check"],
        cwd=BLOG,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 141


def test_a_full_disk() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    with open("/dev/full", "w") as full:
        finished = run("check", stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert finished.returncode == 2
    assert finished.stderr == "ecto-migrations: no space left on device\n"


def test_ctrl_c_is_quiet() -> None:
    program = (
        "import signal, sys\n"
        # A shell starts what runs in its background with SIGINT ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from ecto_migrations_server.cli.main import main\n"
        "sys.exit(main(['check', '-']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=BLOG,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stderr is not None
    # More than a pipe holds: when all of it is written, the program has started to read.
    process.stdin.write(b"#" * 200_000)
    process.stdin.flush()
    for _ in range(20):
        # CPython does not notice a signal that comes just before it waits for input: once more, then.
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
            break
    assert process.returncode == 130
    assert process.stderr.read() == b""


def test_output_in_a_terminal_without_unicode() -> None:
    finished = run("check", DANGEROUS, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert finished.returncode == 1
    assert finished.stdout.isascii()
    assert "^^^^^^^^^^^" in finished.stdout
    json.loads(run("check", "--format", "json", env={**os.environ, "PYTHONIOENCODING": "ascii"}).stdout)
