"""The settings that the editor sends, under `ectoMigrations` (the keys of `.ecto-migrations.toml`)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

SECTION = "ectoMigrations"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`database_version`: the major version of the server that migrations are for; None: found out."""

    database_version: int | None = None

    @classmethod
    def read(cls, value: object) -> Settings:
        """From initialization options or a configuration, with or without the `ectoMigrations` around them.

        What is wrong or not known is logged and passed over: an editor's settings are no reason to fail.
        """
        if isinstance(value, Mapping) and SECTION in value:
            value = value[SECTION]
        if value is None:
            return cls()
        if not isinstance(value, Mapping):
            _log.warning("%s: expected an object, got %r", SECTION, value)
            return cls()
        for key in value:
            if key not in _KEYS:
                _log.warning("%s.%s: no such setting; there is: %s", SECTION, key, ", ".join(_KEYS))
        return cls(database_version=_version(value.get("database_version")))


_KEYS = tuple(Settings.__dataclass_fields__)


def _version(value: object) -> int | None:
    """The major version of `16`, `"16"`, `"16.4"` or `"postgres:16-alpine"`."""
    if value is None or value == "":
        return None
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        if (match := re.search(r"\d+", str(value))) is not None and int(match[0]) > 0:
            return int(match[0])
    _log.warning("%s.database_version: expected a version such as 16, got %r", SECTION, value)
    return None
