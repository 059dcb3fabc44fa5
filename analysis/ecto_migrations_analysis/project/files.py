"""Files of a project as they are now: open buffers first, then the disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader
from typing import TypeAlias

# What tells that a file is another one than before; None: there is none.
Stamp: TypeAlias = "tuple[int, int] | int | None"

# Is told how far a long reading is: what is read, how many of them are done, how many there are. What it
# raises ends the reading; what was read until then is kept.
Watch: TypeAlias = "Callable[[str, int, int], None]"

# Larger files are no sources that anybody wrote.
MAX_BYTES = 16 * 1024 * 1024
_PIECE = 64 * 1024
# Folders in which nothing of the project's own lies.
_FOREIGN = frozenset({"deps", "_build", "node_modules"})


class Files:
    """Reads files. `overrides` are the texts of open buffers by absolute path; they hide the disk.

    `seen` is everything that was asked for, with its stamp: as long as `unchanged(seen)` holds, the answers
    would be the same.
    """

    def __init__(self, overrides: Mapping[str, bytes] | None = None, watch: Watch | None = None) -> None:
        self._watch = watch
        self._overrides = {os.path.normpath(path): data for path, data in (overrides or {}).items()}
        self.seen: dict[str, Stamp] = {}

    def step(self, what: str, done: int, total: int) -> None:
        """One more of many files is about to be read, or to be replayed."""
        if self._watch is not None:
            self._watch(what, done, total)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none, or none that can be read."""
        self._see(path)
        found = self._overrides.get(path)
        if found is not None:
            return found
        try:
            # Without a buffer: a project has thousands of small files, and setting one up costs more than
            # reading them.
            with open(path, "rb", buffering=0) as file:
                data = file.read(_PIECE)
                if len(data) == _PIECE:
                    data += BufferedReader(file).read(MAX_BYTES + 1 - _PIECE)
        except OSError:
            return None
        return data if len(data) <= MAX_BYTES else None

    def text_below(self, root: str, name: str) -> str | None:
        """A file by its path from `root`; None for what lies outside of it."""
        path = os.path.normpath(os.path.join(root, name))
        data = self.read(path) if path.startswith(root + os.sep) else None
        return data.decode("utf-8", "replace") if data is not None else None

    def stamp_below(self, root: str, name: str) -> dict[str, Stamp]:
        """The path and stamp of such a file, whether it is there or not."""
        path = os.path.normpath(os.path.join(root, name))
        return {path: self.stamp(path)}

    def stamp(self, path: str) -> Stamp:
        """Time of change and size; of an open buffer something that changes with its text."""
        found = self._overrides.get(path)
        if found is not None:
            return hash(found)
        try:
            status = os.stat(path)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size

    def unchanged(self, seen: Mapping[str, Stamp]) -> bool:
        return all(self.stamp(path) == stamp for path, stamp in seen.items())

    def exists(self, path: str) -> bool:
        self._see(path)
        return path in self._overrides or os.path.isfile(path)

    def names(self, folder: str) -> list[str]:
        """What lies in a folder, sorted; nothing where there is none."""
        self._see(folder)
        try:
            return sorted(os.listdir(folder))
        except OSError:
            return []

    def matching(self, pattern: str) -> list[str]:
        """The files that a pattern with `*` finds."""
        import glob

        self._see(os.path.dirname(pattern))
        return sorted(glob.glob(pattern))

    def below(self, folder: str, suffix: str) -> list[str]:
        """Every file below `folder` whose name ends so, sorted; hidden and foreign folders left out.

        Follows no links to folders. Open buffers of files that are not saved yet count.
        """
        found = set(self._walk(folder, suffix))
        for path in self._overrides:
            if path.startswith(folder + os.sep) and path.endswith(suffix):
                if not _is_hidden(path[len(folder) :]):
                    found.add(path)
        return sorted(found)

    def _see(self, path: str) -> None:
        if path not in self.seen:
            self.seen[path] = self.stamp(path)

    def _walk(self, folder: str, suffix: str) -> Iterator[str]:
        pending = [folder]
        while pending:
            below = pending.pop()
            self._see(below)
            try:
                with os.scandir(below) as entries:
                    for entry in entries:
                        if entry.name.startswith("."):
                            continue
                        if entry.is_dir(follow_symlinks=False):
                            if entry.name not in _FOREIGN:
                                pending.append(entry.path)
                        elif entry.name.endswith(suffix):
                            yield entry.path
            except OSError:
                continue


def _is_hidden(relative: str) -> bool:
    return any(part.startswith(".") for part in relative.split(os.sep))
