"""CPU time of the command at start, in multiples of a Python that does nothing."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

BLOG = Path(__file__).parents[1] / "projects" / "blog"
MIGRATIONS = "priv/repo/migrations"
PLAIN = f"{MIGRATIONS}/20250110090000_create_users.exs"
WITH_SQL = f"{MIGRATIONS}/20250702130000_case_insensitive_emails.exs"
RUNS = 10
COMMAND = ["-m", "ecto_migrations_server.cli.main"]
CASES = {
    "python, nothing": ["-c", "pass"],
    "--version": [*COMMAND, "--version"],
    "check one file": [*COMMAND, "check", PLAIN],
    "check one file with SQL": [
        *COMMAND,
        "check",
        f"{MIGRATIONS}/20250702130000_case_insensitive_emails.exs",
    ],
    "check the example project": [*COMMAND, "check"],
    "importing pygls": ["-c", "import pygls.lsp.server"],
}


def measure() -> None:
    print(f"CPU time of a process, the least of {RUNS} runs")
    times = {name: _least(arguments) for name, arguments in CASES.items()}
    nothing = times["python, nothing"]
    for name, seconds in times.items():
        print(
            f"  {name:<28}{seconds * 1000:6.0f} ms  {seconds / nothing:5.1f} x  +{(seconds - nothing):.3f} s"
        )


def _least(arguments: list[str]) -> float:
    # As installed: with compiled modules.
    environment = {
        key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "CI")
    }
    return min(_once([sys.executable, *arguments], environment) for _ in range(RUNS))


def _once(command: list[str], environment: dict[str, str]) -> float:
    before = _children()
    subprocess.run(
        command,
        cwd=BLOG,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
