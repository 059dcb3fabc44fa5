"""The configuration of excellent_migrations, for projects that come from there.

    config :excellent_migrations, start_after: "20191026103036", skip_checks: [:raw_sql_executed]

It counts as an outermost settings file: `start_after` of `.ecto-migrations.toml` wins over it, and `select`
or `ignore` there say that the project chooses its rules itself.
"""

from __future__ import annotations

import re

from ..program.terms import Atom, ListTerm, Number, Options, Text, as_name
from .settings import Settings

APPLICATION = "excellent_migrations"
_SHOWN = "config of excellent_migrations"


def settings_of(options: Options | None) -> Settings:
    """What its options say, as far as the text of the configuration tells. Never raises."""
    if options is None:
        return Settings()
    after = options.get("start_after")
    # It compares texts (`ExcellentMigrations.FilesFinder`); versions are all as long.
    text = after.value if isinstance(after, Text) else str(after.value) if isinstance(after, Number) else None
    version = int(text) if text and re.fullmatch(r"[0-9]{1,20}", text) else None
    skipped = options.get("skip_checks")
    checks = skipped.items if isinstance(skipped, ListTerm) else ()
    names = tuple(name for item in checks if isinstance(item, Atom) and (name := as_name(item)))
    stated = [key for key, value in (("start_after", version), ("skip_checks", names)) if value]
    return Settings(start_after=version, skip_checks=names, origins=tuple((key, _SHOWN) for key in stated))
