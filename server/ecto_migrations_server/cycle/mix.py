"""Runs the user's `mix` and, where it is interrupted, ends it with all that it started."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from ecto_migrations_analysis.records import dataclass

from .errors import NoMix

_WINDOWS: Final = os.name == "nt"
# How long mix has to end in order before it is killed.
_GRACE: Final = 10.0
# Of a long output the end is kept: that is where the error stands.
_KEPT: Final = 256 * 1024
# How long the output is waited for that something mix has left running may still write.
_LAST_OUTPUT: Final = 2.0
# Between fork and exec nothing should have to be loaded.
_LIBRARY: Final = ctypes.CDLL(None) if sys.platform == "linux" else None

Echo = Callable[[bytes], None]


@dataclass(frozen=True)
class Ended:
    """How a call ended. `output` has standard output and standard error as they came, or their end."""

    code: int
    output: str
    seconds: float


def find() -> str:
    """The path of `mix`. Raises `NoMix`."""
    found = shutil.which("mix")
    if found is None:
        raise NoMix(
            "there is no mix in PATH: cycle runs the project with the Elixir that it is developed with"
        )
    return found


class Mix:
    """`mix` in one folder, with one MIX_ENV."""

    def __init__(
        self, program: str, folder: str, environment: str, variables: Mapping[str, str] = os.environ
    ) -> None:
        self._program = program
        self._folder = folder
        self._variables = {**variables, "MIX_ENV": environment}

    def run(self, arguments: tuple[str, ...], echo: Echo | None = None) -> Ended:
        """Runs one task to its end. `echo` gets the output while it comes, in another thread.

        Whatever interrupts it (Ctrl-C, a request to end, an `echo` that raises) comes out again when mix and
        what it started are gone. Raises `NoMix` where it cannot be started.
        """
        begin = time.monotonic()
        try:
            process = subprocess.Popen(
                [self._program, *arguments],
                cwd=self._folder,
                env=self._variables,
                # Nobody answers questions: mix takes the end of its input for a no.
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                **_identity(),
            )
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise NoMix(f"{self._program} cannot be started: {reason}") from error
        reader = _Reader(process, echo)
        try:
            reader.start()
            process.wait()
            # Not for ever: a process that mix has left running may hold the other end.
            reader.join(_LAST_OUTPUT)
        except BaseException:
            _stop(process)
            raise
        if reader.error is not None:
            _kill(process, reader.left)
            raise reader.error
        return Ended(process.returncode, reader.text(), time.monotonic() - begin)


class _Reader(threading.Thread):
    """Takes what a process writes, so that it never waits for a full pipe."""

    def __init__(self, process: subprocess.Popen[bytes], echo: Echo | None) -> None:
        super().__init__(daemon=True)
        assert process.stdout is not None
        self._process = process
        self._descriptor = process.stdout.fileno()
        self._echo = echo
        self._kept = b""
        self.error: Exception | None = None
        # What mix had started when it was ended for that error.
        self.left: dict[int, str] = {}

    def run(self) -> None:
        while True:
            try:
                data = os.read(self._descriptor, 65536)
            except OSError:
                return
            if not data:
                return
            self._kept = (self._kept + data)[-_KEPT:]
            if self._echo is None or self.error is not None:
                continue
            try:
                self._echo(data)
            except Exception as error:
                # Nobody reads any more, or the disk is full: then mix need not go on.
                self.left = _descendants(self._process.pid)
                self.error = error
                _signal(self._process, signal.SIGTERM)

    def text(self) -> str:
        return self._kept.decode("utf-8", "replace").replace("\r\n", "\n")


def _identity() -> dict[str, Any]:
    if _WINDOWS:
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    # Its own process group: Ctrl-C is for this program, which then ends mix in order. On SIGINT the Erlang VM
    # would halt at once with exit code 0, in the middle of a statement.
    return {"process_group": 0, "preexec_fn": _end_with_parent if sys.platform == "linux" else None}


def _end_with_parent() -> None:
    """Have the kernel end mix when this process is killed (Linux only: prctl(2))."""
    set_parent_death_signal = 1
    assert _LIBRARY is not None
    _LIBRARY.prctl(set_parent_death_signal, signal.SIGTERM)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends mix and what it started; comes back when they are gone.

    On SIGTERM the Erlang VM stops its applications, and Ecto closes its connections. Who interrupts a second
    time does not wait for that.
    """
    left = _descendants(process.pid)
    try:
        _signal(process, signal.SIGTERM)
        process.wait(_GRACE)
    except BaseException:
        # Too slow, or interrupted again.
        pass
    _kill(process, left)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if process.poll() is not None:
        return
    if _WINDOWS:
        process.terminate()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)


def _kill(process: subprocess.Popen[bytes], left: dict[int, str]) -> None:
    """What is still there of mix, its group and its descendants."""
    if _WINDOWS:
        with suppress(OSError):
            command = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(command, capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        for pid, started in left.items():
            # The same process still, and not another that got its number.
            if _started(pid) == started:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
    while True:
        try:
            process.wait()
            return
        except BaseException:
            continue


def _descendants(pid: int) -> dict[int, str]:
    """Those of a process with their times of start, where /proc tells them.

    The programs that the Erlang VM starts have sessions of their own, which no signal to a group reaches.
    """
    children: dict[int, list[int]] = {}
    try:
        names = os.listdir("/proc")
    except OSError:
        return {}
    for name in names:
        if name.isdecimal() and (parent := _stat(int(name))) is not None:
            children.setdefault(int(parent[1]), []).append(int(name))
    found: dict[int, str] = {}
    waiting = list(children.get(pid, ()))
    while waiting:
        each = waiting.pop()
        if each not in found and (started := _started(each)) is not None:
            found[each] = started
            waiting += children.get(each, ())
    return found


def _started(pid: int) -> str | None:
    fields = _stat(pid)
    return fields[19] if fields is not None else None


def _stat(pid: int) -> list[str] | None:
    """proc_pid_stat(5) from the third field on: state, parent, …; the 22nd is the time of the start."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].decode("ascii", "replace").split()
    except OSError:
        return None
    return fields if len(fields) > 19 else None
