"""Writing a fix to the disk: all of it or nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

from ecto_migrations_analysis.fixes.model import Edit, NewFile, OtherEdits, Rename
from ecto_migrations_analysis.syntax.source import Source

from .. import whole_files
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
    changes = [(other.path, other.before, other.after) for other in others] + [(path, before, after)]
    try:
        with whole_files.uninterrupted():
            _write([change for change in changes if change[1] != change[2]], new_files, rename)
    except FileExistsError as error:
        raise CommandError(f"{printable(str(error.filename))} exists; nothing was written") from error
    except OSError as error:
        where = printable(str(error.filename or path))
        raise CommandError(f"{where}: {reason(error)}; nothing was written") from error


def _write(
    changes: Sequence[tuple[str, bytes, bytes]], new_files: Sequence[NewFile], rename: Rename | None
) -> None:
    """What needs room on the disk comes first, beside what is there; then names are exchanged."""
    scratch: list[str] = []
    replaced: list[tuple[str, bytes]] = []
    made = False
    try:
        for name, old, new in changes:
            scratch.append(_prepared(name, old, new))
        whole_files.create((file.path, file.text) for file in new_files)
        made = True
        for (name, old, _), fresh in zip(changes, list(scratch), strict=True):
            # Through a symbolic link to the file itself.
            os.replace(fresh, os.path.realpath(name))
            scratch.remove(fresh)
            replaced.append((name, old))
        if rename is not None:
            _rename(rename)
    except BaseException:
        whole_files.remove(scratch)
        for name, old in replaced:
            whole_files.replace(name, old)
        if made:
            whole_files.remove(file.path for file in new_files)
        raise


def _prepared(path: str, before: bytes, after: bytes) -> str:
    path = os.path.realpath(path)
    with open(path, "rb") as file:
        if file.read() != before:
            raise CommandError(f"{printable(path)} has changed in the meantime; nothing was written")
    return whole_files.prepared(path, after)


def _rename(rename: Rename) -> None:
    if os.path.lexists(rename.to):
        raise FileExistsError(errno.EEXIST, "exists", rename.to)
    os.rename(rename.path, rename.to)
