"""The settings files that count for a migration: those in its folder and in the folders above.

Up to the folder that holds the repository (`.git`); without one, up to the top of the file system. So the
folder of a repo, an application and its umbrella can each have a file; `settings_file.combined` puts them
together. The file of table sizes lies beside them, or where one of them says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .files import Files, Stamp
from .settings import FILE_NAME
from .table_sizes import FILE_NAME as SIZES_NAME

if TYPE_CHECKING:
    from .settings_file import SettingsFile

_MAX_KEPT = 64


class SettingsSearch:
    """Remembers what it has found until a file changes; where `settled`, it does not look again."""

    def __init__(self, settled: bool = False) -> None:
        self._settled = settled
        # By folder, with the stamps of every place where a file may lie.
        self._found: dict[str, tuple[dict[str, Stamp], tuple[SettingsFile, ...]]] = {}

    def around(self, folder: str, files: Files) -> tuple[SettingsFile, ...]:
        """The files for migrations in `folder` (an absolute path), the nearest first."""
        kept = self._found.pop(folder, None)
        if kept is None or not (self._settled or files.unchanged(kept[0])):
            seen: dict[str, Stamp] = {}
            kept = (seen, tuple(_read(folder, files, seen)))
        self._found[folder] = kept
        while len(self._found) > _MAX_KEPT:
            del self._found[next(iter(self._found))]
        return kept[1]


def _read(folder: str, files: Files, seen: dict[str, Stamp]) -> Iterator[SettingsFile]:
    for above in _upwards(folder):
        path = os.path.join(above, FILE_NAME)
        data = _data(path, files, seen)
        # Most projects have neither file, and import nothing for them.
        if data is not None:
            from .settings_file import read_settings

            yield from with_sizes(read_settings(data, path), files, seen, above)
        else:
            yield from _sizes(os.path.join(above, SIZES_NAME), files, seen)


def with_sizes(
    file: SettingsFile, files: Files, seen: dict[str, Stamp], folder: str | None = None
) -> Iterator[SettingsFile]:
    """A settings file and the file of table sizes that it names, or else the one in `folder`."""
    stated = file.values["tables"].sizes if "tables" in file.values else None
    if stated is None:
        yield file
        if folder is not None:
            yield from _sizes(os.path.join(folder, SIZES_NAME), files, seen)
        return
    found = tuple(_sizes(stated, files, seen))
    if not found:
        from .settings_file import with_problem

        file = with_problem(
            file, os.path.basename(stated), f"{stated} cannot be read; no table's size is known"
        )
    yield file
    yield from found


def _sizes(path: str, files: Files, seen: dict[str, Stamp]) -> Iterator[SettingsFile]:
    data = _data(path, files, seen)
    if data is not None:
        from .table_sizes_file import read_table_sizes

        yield read_table_sizes(data, path)


def _data(path: str, files: Files, seen: dict[str, Stamp]) -> bytes | None:
    seen[path] = files.stamp(path)
    return files.read(path) if seen[path] is not None else None


def _upwards(folder: str) -> Iterator[str]:
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            return
        folder = parent
