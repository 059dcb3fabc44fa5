"""Which files and open documents are migrations: by path or by text, never by language id.

A client without an Elixir mode sends any language id for `.exs` ("plaintext"), and `elixir` is every other
Elixir file too.
"""

from __future__ import annotations

import os
import re

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
