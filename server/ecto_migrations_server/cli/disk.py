"""Writing a fix to the disk: all of it or nothing."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Sequence

from ecto_migrations_analysis.fixes.model import Edit, NewFile, OtherEdits, Rename
from ecto_migrations_analysis.syntax.source import Source

from .cells import printable
from .errors import CommandError
from .files import reason


class DiskFiles:
    """The `Files` of `fixes.model`: what lies on the disk now."""

    def names(self, folder: str) -> frozenset[str]:
        """The bare file names in `folder`; empty where it does not exist."""
        try:
            return frozenset(os.listdir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return frozenset()

    def read(self, path: str) -> bytes | None:
        """The text of a file; None where it cannot be read."""
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return None


def edited(source: Source, edits: Sequence[Edit]) -> bytes:
    """The text after the edits, which do not overlap."""
    data = source.data
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
    return data


def write(
    path: str,
    before: bytes,
    after: bytes,
    new_files: Sequence[NewFile],
    others: Sequence[OtherEdits] = (),
    rename: Rename | None = None,
) -> None:
    """Creates the new files, then replaces the texts of the `others` and of `path`, then does `rename`.

    Raises `CommandError` where one of the new files (or the new name) exists, one of the others no longer
    holds the text that its edits are for, or the disk refuses; what was done until then is undone.
    """
    made: list[str] = []
    replaced: list[tuple[str, bytes, bytes]] = []
    try:
        for file in new_files:
            # "x" never opens what is there already, whoever made it in the meantime.
            with open(file.path, "x", encoding="utf-8", newline="") as output:
                made.append(file.path)
                output.write(file.text)
        for name, old, new in [
            *((other.path, other.before, other.after) for other in others),
            (path, before, after),
        ]:
            if new != old:
                _replace(name, old, new)
                replaced.append((name, old, new))
        if rename is not None:
            _rename(rename)
    except BaseException as error:
        for name, old, new in replaced:
            _replace(name, new, old)
        for name in made:
            os.unlink(name)
        if isinstance(error, FileExistsError):
            raise CommandError(f"{printable(str(error.filename))} exists; nothing was written") from error
        if isinstance(error, OSError):
            where = printable(str(error.filename or path))
            raise CommandError(f"{where}: {reason(error)}; nothing was written") from error
        raise


def _rename(rename: Rename) -> None:
    if os.path.lexists(rename.to):
        raise FileExistsError(errno.EEXIST, "exists", rename.to)
    os.rename(rename.path, rename.to)


def _replace(path: str, before: bytes, after: bytes) -> None:
    # Through a symbolic link to the file itself, which keeps its permissions.
    path = os.path.realpath(path)
    with open(path, "rb") as file:
        if file.read() != before:
            raise CommandError(f"{printable(path)} has changed in the meantime; nothing was written")
    descriptor, scratch = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".ecto-migrations-")
    try:
        with open(descriptor, "wb") as output:
            output.write(after)
        os.chmod(scratch, os.stat(path).st_mode & 0o7777)
        os.replace(scratch, path)
    except BaseException:
        os.unlink(scratch)
        raise
