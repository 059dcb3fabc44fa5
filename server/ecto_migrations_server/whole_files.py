"""Files written as a whole or not at all, whatever comes in between: a full disk, Ctrl-C, the end."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

_PREFIX = ".ecto-migrations-"


def replace(path: str, data: bytes) -> None:
    """Makes `data` the content of a file, which may exist; its permissions stay. Raises OSError."""
    # Through a symbolic link to the file itself.
    path = os.path.realpath(path)
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(path).st_mode):
            # A pipe, /dev/stdout: nothing to replace. A folder is refused by `open`.
            with open(path, "wb") as output:
                output.write(data)
            return
    with uninterrupted():
        scratch = prepared(path, data)
        try:
            os.replace(scratch, path)
        except BaseException:
            os.unlink(scratch)
            raise


def prepared(path: str, data: bytes) -> str:
    """A new file beside `path` with this content and the permissions that `path` has, or would have.

    Raises OSError, and leaves nothing behind then.
    """
    import tempfile

    scratch = ""
    try:
        descriptor, scratch = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=_PREFIX)
        with open(descriptor, "wb") as output:
            output.write(data)
        os.chmod(scratch, _mode(path))
    except BaseException as error:
        if scratch:
            os.unlink(scratch)
        if isinstance(error, OSError):
            # Its user knows the file, not the one beside it.
            raise OSError(error.errno, error.strerror, path) from error
        raise
    return scratch


def create(files: Iterable[tuple[str, str]]) -> None:
    """Creates new files, paths and texts: all of them or none, and never over another. Raises OSError."""
    made: list[str] = []
    with uninterrupted():
        try:
            for path, text in files:
                # "x" never opens what is there already, whoever made it in the meantime.
                with open(path, "x", encoding="utf-8", newline="") as output:
                    made.append(path)
                    output.write(text)
        except BaseException:
            remove(made)
            raise


def remove(paths: Iterable[str]) -> None:
    """Removes files that were made; one that is gone already is no error."""
    for path in paths:
        with suppress(FileNotFoundError):
            os.unlink(path)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C and requests to end come when this is over.

    Not on Windows, which cannot hold them back.
    """
    if sys.platform == "win32":
        yield
        return
    import signal

    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _mode(path: str) -> int:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        # What `open` would give it; the mask can only be read by setting it.
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
