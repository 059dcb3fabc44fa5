"""Which settings count for a project, and what they change: the version, further folders of migrations."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from .config import Environment
from .context import DatabaseVersion
from .files import Files
from .migrations import companions, is_main
from .settings import Settings

if TYPE_CHECKING:
    from .settings_file import SettingsFile

Adjust = Callable[[Settings], Settings]


def other_settings(environment: Environment) -> Settings:
    """What the configuration of another tool sets."""
    options = environment.get("excellent_migrations")
    if options is None:
        return Settings()
    from .excellent_migrations import settings_of

    return settings_of(options)


def effective(
    start: Settings, found: tuple[SettingsFile, ...], root: str | None, adjust: Adjust | None
) -> Settings:
    """What the files state over `start`, the nearest first; `adjust` has the last word.

    Files are called by their paths from `root`, the outermost folder of the project.
    """
    settings = start
    if found:
        from .settings_file import combined

        folder = root if root is not None else os.path.dirname(found[-1].path)
        settings = combined(settings, [(file, os.path.relpath(file.path, folder)) for file in found])
    return adjust(settings) if adjust is not None else settings


def version_of(settings: Settings, found: DatabaseVersion | None) -> DatabaseVersion:
    """The version that is set, else the one that was found."""
    if settings.database_version is not None:
        source = settings.origin("database_version") or "settings"
        return DatabaseVersion(major=settings.database_version, source=source)
    return found if found is not None else DatabaseVersion()


def stated_folders(settings: Settings, root: str | None) -> frozenset[str]:
    """The folders of `migration_paths` that belong to the project in the folder `root`."""
    if root is None:
        return frozenset()
    folders = (
        os.path.normpath(os.path.join(item.base or root, item.pattern)) for item in settings.migration_paths
    )
    return frozenset(folder for folder in folders if folder.startswith(root + os.sep))


def folders_beside(
    folder: str, stated: frozenset[str], priv: str | None, root: str | None, files: Files
) -> list[str]:
    """The folders whose migrations run on the same tables, besides `folder` itself.

    `priv` is the repo's folder below `root`; None where no repo is known. Folders that are stated belong to
    its main one, as those of several `--migrations-path` do (`Ecto.Migrator.run/4`).
    """
    if folder not in stated:
        found = companions(folder, files)
        return list(dict.fromkeys([*found, *sorted(stated)])) if is_main(folder) else found
    main = os.path.normpath(os.path.join(root or "", priv or os.path.join("priv", "repo"), "migrations"))
    return [item for item in dict.fromkeys([main, *sorted(stated)]) if item != folder]
