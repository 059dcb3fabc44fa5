"""Runs migrations by Ecto itself, where it is present: `ERL_LIBS` names a folder of compiled applications.

    ERL_LIBS=<folder with ecto, ecto_sql, postgrex, db_connection, decimal, telemetry> make test

`support.proving.prove` then runs every set of migrations a second time, by `Ecto.Migrator`. Without it
that second time is left out, and `tests/support/test_real_ecto.py` is skipped and says so.
"""

from __future__ import annotations

import atexit
import base64
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from ..postgres import Database

_PROGRAM = Path(__file__).with_name("migrator.exs")
# What Ecto does for its own book-keeping, and what delimits transactions.
_OWN = re.compile(
    r"schema_migrations"
    r"|^(begin|commit|rollback|savepoint|release)\b"
    r"|^SELECT pg_(try_advisory_lock|advisory_unlock)\(",
    re.I,
)


class Failed(Exception):
    """What Elixir said when a migration raised."""


class RealEcto:
    """One `elixir` process that runs migrations on one database after the other."""

    def __init__(self, program: str) -> None:
        self._process = subprocess.Popen(
            [program, str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        self.adapter = self._answer()[0]

    def connect(self, database: Database, options: str = "[]") -> None:
        """What follows runs there. `options`: the repo's configuration, a keyword list in Elixir."""
        running = database.server.running
        user = str(running.parameters()["user"])
        port = str(running.port or 5432)
        self._ask("connect", str(database.server.socket), port, database.name, user, _encoded(options))

    def run(self, direction: str, version: int, path: Path) -> list[str]:
        """Migrates ("up") or rolls back ("down") one file; gives the SQL that was sent, Ecto's own left out.

        Raises `Failed`.
        """
        sent = self._ask(direction, str(version), _encoded(str(path)))
        return [sql for sql in sent if not _OWN.search(sql)]

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _ask(self, *words: str) -> list[str]:
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> list[str]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("answer "):
                _, verdict, *texts = line.split()
                decoded = [base64.b64decode(text).decode() for text in texts]
                if verdict == "error":
                    raise Failed("\n".join(decoded))
                return decoded
        raise Failed("elixir has ended")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@cache
def real_ecto() -> RealEcto | None:
    """The process of this session; None where there is no `elixir`, or it does not find Ecto."""
    program = shutil.which("elixir")
    if program is None or not os.environ.get("ERL_LIBS"):
        return None
    try:
        started = RealEcto(program)
    except Failed:
        return None
    atexit.register(started.stop)
    return started
