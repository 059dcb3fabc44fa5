"""The settings that the editor sends, under `ectoMigrations`: the keys of `.ecto-migrations.toml`, and those
that say what is shown in the text (`codeLens`, `inlayHints`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from ecto_migrations_analysis.project.settings import Settings as ProjectSettings

from .client import COMMANDS

SECTION = "ectoMigrations"
ORIGIN = "the editor's settings"

# What the VS Code extension keeps there for itself.
_OF_THE_CLIENT = frozenset({"server", "statusBar", "trace", COMMANDS})

# Settings of this editor alone: a project's file has nothing to say about them.
_SWITCHES = {"codeLens": "code_lens", "inlayHints": "inlay_hints"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`stated` are values of the project's settings by key; `problems` say what is wrong with the rest.

    `given` is what the editor sent of them, as it sent it.
    """

    stated: tuple[tuple[str, object], ...] = ()
    given: Mapping[str, object] = field(default_factory=dict, compare=False)
    problems: tuple[str, ...] = field(default=(), compare=False)
    code_lens: bool = True
    inlay_hints: bool = False

    @classmethod
    def read(cls, value: object) -> Settings:
        """From initialization options or a configuration, with or without the `ectoMigrations` around them.

        What is wrong or not known is logged and passed over: an editor's settings are no reason to fail.
        Null, and what is empty, is not set: some editors send every key there is.
        """
        if isinstance(value, Mapping) and SECTION in value:
            value = value[SECTION]
        if value is None:
            return cls()
        if not isinstance(value, Mapping):
            return _logged(cls(problems=(f"{SECTION}: expected an object, got {value!r}",)))
        given = {
            key: item
            for key, item in value.items()
            if key not in _OF_THE_CLIENT and item is not None and item not in ("", [], {})
        }
        switches = {key: given.pop(key) for key in _SWITCHES if key in given}
        shown = {_SWITCHES[key]: item for key, item in switches.items() if isinstance(item, bool)}
        problems = [
            f"{SECTION}.{key}: expected true or false, got {item!r}"
            for key, item in switches.items()
            if not isinstance(item, bool)
        ]
        stated: tuple[tuple[str, object], ...] = ()
        if given:
            from ecto_migrations_analysis.project.settings_keys import read_values

            reading = read_values(given, None)
            stated = tuple(reading.values.items())
            problems += [
                f"{'.'.join([SECTION, *map(str, problem.path)])}: {problem.message}"
                for problem in reading.problems
            ]
        return _logged(cls(stated=stated, given=given, problems=tuple(problems), **shown))

    @property
    def database_version(self) -> int | None:
        """The major version of the server that migrations are for; None: found out."""
        version = dict(self.stated).get("database_version")
        return version if isinstance(version, int) else None

    def adjust(self, settings: ProjectSettings) -> ProjectSettings:
        """The editor's settings over those of the project's files."""
        if not self.stated:
            return settings
        from ecto_migrations_analysis.project.settings_file import stated_over

        return stated_over(settings, dict(self.stated), ORIGIN)


def _logged(settings: Settings) -> Settings:
    for problem in settings.problems:
        _log.warning("%s", problem)
    return settings
