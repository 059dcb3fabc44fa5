"""Which files are migrations, and in which order Ecto runs them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import NamedTuple

from .files import Files

# `Ecto.Migrator.extract_migration_info/1`: an integer, an underscore, a name.
_NAME = re.compile(r"(\d+)_(.*)\.exs", re.S)
# Folders beside the main one whose migrations run on the same tables, in between: data migrations.
_DATA = re.compile(r"data|backfill|post|deferred|manual|long")


class MigrationFile(NamedTuple):
    """Sorted as `Ecto.Migrator.migrations_for/1` sorts: by version, name and path."""

    version: int
    name: str
    path: str


def migration_file(path: str) -> MigrationFile | None:
    """What the file name says; None where Ecto would pass it over."""
    match = _NAME.fullmatch(os.path.basename(path))
    return MigrationFile(int(match[1]), match[2], path) if match else None


class MigrationList:
    """The migrations of a folder, to be asked for those that have something in common."""

    def __init__(self, files: Iterable[MigrationFile] = ()) -> None:
        self.newest = -1
        self._by_version: dict[int, list[MigrationFile]] = {}
        self._by_name: dict[str, list[MigrationFile]] = {}
        for item in files:
            self.newest = max(self.newest, item.version)
            self._by_version.setdefault(item.version, []).append(item)
            self._by_name.setdefault(item.name, []).append(item)

    def same_version(self, own: MigrationFile) -> tuple[MigrationFile, ...]:
        """The others of the same version."""
        return tuple(item for item in self._by_version.get(own.version, ()) if item.path != own.path)

    def same_name(self, own: MigrationFile) -> tuple[MigrationFile, ...]:
        """The others of the same name."""
        return tuple(item for item in self._by_name.get(own.name, ()) if item.path != own.path)


def folder_of(path: str) -> str:
    """The folder of migrations a file belongs to, of which Ecto reads everything below.

    That is the folder right below `priv/<repo>`; elsewhere the outermost one named like migrations, or the
    file's own.
    """
    folder = os.path.dirname(path)
    parts = folder.split(os.sep)
    for index in range(len(parts) - 1, 0, -1):
        if parts[index] == "priv" and len(parts) > index + 2:
            return os.sep.join(parts[: index + 3])
    for index, part in enumerate(parts):
        if "migrations" in part:
            return os.sep.join(parts[: index + 1])
    return folder


def list_migrations(folder: str, files: Files) -> list[MigrationFile]:
    """The migrations below a folder, in the order in which Ecto runs them."""
    found = (migration_file(path) for path in files.below(folder, ".exs"))
    return sorted(item for item in found if item is not None)


def is_in_priv(path: str) -> bool:
    """Whether a file lies where Ecto looks for migrations: below a folder of migrations in `priv`."""
    *folders, _ = re.split(r"[/\\]", path)
    return "priv" in folders and any("migrations" in item for item in folders[folders.index("priv") + 1 :])


def is_main(folder: str) -> bool:
    """Whether it is the folder that `mix ecto.migrate` reads when nothing else is said."""
    return os.path.basename(folder) == "migrations"


def companions(folder: str, files: Files) -> list[str]:
    """The folders whose migrations run on the same tables, besides `folder` itself.

    Of the main folder the data migrations beside it, and the other way round; of any other folder (tenants,
    another schema) none.
    """
    parent, name = os.path.split(folder)
    if name != "migrations" and not _DATA.search(name):
        return []
    found = []
    for sibling in files.names(parent):
        path = os.path.join(parent, sibling)
        wanted = sibling == "migrations" or (sibling.endswith("migrations") and _DATA.search(sibling))
        if sibling != name and wanted and os.path.isdir(path):
            found.append(path)
    return found
