"""Which files and open documents are migrations: by path, by text, by settings; never by language id.

A client without an Elixir mode sends any language id for `.exs` ("plaintext"), and `elixir` is every other
Elixir file too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecto_migrations_analysis.project.settings import Settings
    from ecto_migrations_analysis.project.settings_search import SettingsSearch

_USES_MIGRATION = re.compile(r"^[ \t]*use[ \t(]+Ecto\.Migration\b", re.MULTILINE)


def is_migration_path(path: str) -> bool:
    """Whether `path` lies where Ecto looks for migrations: `**/priv/**/*migrations*/**/*.exs`.

    Ecto looks into subfolders too (`Ecto.Migrator.migrations_for/1`). Hidden files are settings of tools,
    such as the `.formatter.exs` that Phoenix puts beside the migrations.
    """
    # Not by pathlib, which takes longer to import than a whole folder takes to look through.
    *folders, name = path.replace(os.sep, "/").split("/")
    if not name.endswith(".exs") or name.startswith(".") or "priv" not in folders:
        return False
    return any("migrations" in folder for folder in folders[folders.index("priv") + 1 :])


def is_migration(path: str | None, text: str) -> bool:
    """Whether a text is to be read as a migration; `path` is None where it is not a file."""
    return (path is not None and is_migration_path(path)) or _USES_MIGRATION.search(text) is not None


def is_stated(path: str | None, adjust: Callable[[Settings], Settings] | None = None) -> bool:
    """Whether the file lies in a folder that settings name (`migration_paths`); asks the disk for them.

    `adjust` makes the settings that count from those of the files around it.
    """
    if path is None or not path.endswith(".exs") or os.path.basename(path).startswith("."):
        return False
    from ecto_migrations_analysis.project.files import Files
    from ecto_migrations_analysis.project.settings import Settings

    settings = Settings()
    found = _search().around(os.path.dirname(path), Files())
    if found:
        from ecto_migrations_analysis.project.settings_file import combined

        settings = combined(settings, [(file, file.path) for file in found])
    if adjust is not None:
        settings = adjust(settings)
    return settings.migration_folder(path) is not None


@cache
def _search() -> SettingsSearch:
    """Remembers the files it found, and looks at their times again each time."""
    from ecto_migrations_analysis.project.settings_search import SettingsSearch

    return SettingsSearch()
