"""The one definition of the settings: which keys there are, what each may hold, and how it is described.

The file, the editor's settings, the JSON schema and `check --show-settings` all go by `KEYS`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..records import dataclass, field
from .globs import PathPattern
from .settings import BATCH_SIZE, LOCK_TIMEOUT, Tables
from .toml_places import Path

DATABASES = ("postgres", "mysql", "sqlite", "mssql")
LEVELS = ("danger", "risk", "info", "off")
# Releases of databases that migrations are written for.
_MAX_VERSION = 99
_MAX_BATCH = 1_000_000
_TIME = re.compile(r"([1-9]\d{0,8}) ?(ms|s|min|h)")


class Problem(NamedTuple):
    """What is wrong; `path` leads to the value, or where `of_key` to the key. Empty: the whole."""

    path: Path
    message: str
    of_key: bool = False


class RuleName(NamedTuple):
    """A name of rules, to be compared with those there are; `group`: chapters and tags are names too."""

    path: Path
    name: str
    group: bool
    of_key: bool = False


@dataclass
class Reading:
    """What one place states (a file, the editor): values by key, and what is wrong with them."""

    # Patterns of paths start here; None: they fit anywhere.
    base: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    names: list[RuleName] = field(default_factory=list)

    def problem(self, path: Path, message: str, of_key: bool = False) -> None:
        self.problems.append(Problem(path, message, of_key))


# Returns the value for `Settings`; None where there is nothing that can be used.
Reader = Callable[[object, Path, Reading], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """`schema` gets the ids of all rules; it is what a JSON schema says of the value."""

    name: str
    description: str
    read: Reader
    schema: Callable[[list[str]], dict[str, Any]]


def read_values(stated: Mapping[str, object], base: str | None) -> Reading:
    """The settings that a mapping states. Never raises; what is wrong is a problem and not stated."""
    reading = Reading(base=base)
    for name, value in stated.items():
        key = KEYS.get(str(name))
        if key is None:
            reading.problem((name,), _unknown("key", str(name), KEYS), of_key=True)
            continue
        found = key.read(value, (name,), reading)
        if found is not None:
            reading.values[name] = found
    return reading


def nearest(name: str, names: Mapping[str, object] | list[str] | tuple[str, ...]) -> str:
    """The known name that is meant, as the end of a message; else what there is, where that is short."""
    from difflib import get_close_matches

    found = get_close_matches(name, list(names), n=1, cutoff=0.6)
    if found:
        return f"; did you mean `{found[0]}`?"
    return f"; there is {', '.join(f'`{known}`' for known in names)}" if len(names) < 16 else ""


def _unknown(what: str, name: str, names: Mapping[str, object] | tuple[str, ...]) -> str:
    return f"unknown {what} `{name}`{nearest(name, names)}"


def shown(value: object) -> str:
    """A value in a message: short, whatever somebody wrote."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


# --- kinds of values ---------------------------------------------------------------------------------------


def _database(value: object, path: Path, reading: Reading) -> str | None:
    if isinstance(value, str) and value in DATABASES:
        return value
    hint = nearest(value, DATABASES) if isinstance(value, str) else f"; there is {', '.join(DATABASES)}"
    reading.problem(path, f"expected the name of a database, got {shown(value)}{hint}")
    return None


def _version(value: object, path: Path, reading: Reading) -> int | None:
    """The major version of `16`, `16.4`, `"16.4"` or `"postgres:16-alpine"`."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        match = re.match(r"[^\d-]*(\d{1,6})", str(value))
        if match is not None and 0 < int(match[1]) <= _MAX_VERSION:
            return int(match[1])
    reading.problem(path, f"expected a version such as 16, got {shown(value)}")
    return None


def _migration_version(value: object, path: Path, reading: Reading) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,20}", value):
        return int(value)
    reading.problem(path, f"expected the version of a migration such as 20250131120000, got {shown(value)}")
    return None


def _batch_size(value: object, path: Path, reading: Reading) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MAX_BATCH:
        return value
    reading.problem(path, f"expected a number of rows from 1 to {_MAX_BATCH}, got {shown(value)}")
    return None


def _time(value: object, path: Path, reading: Reading) -> str | None:
    if isinstance(value, str) and (match := _TIME.fullmatch(value.strip())):
        return f"{match[1]}{match[2]}"
    reading.problem(path, f'expected a time such as "5s" or "750ms", got {shown(value)}')
    return None


def _strings(value: object, path: Path, reading: Reading, what: str) -> list[tuple[Path, str]] | None:
    """The strings of a list with their places; the others are problems."""
    if not isinstance(value, list | tuple):
        reading.problem(path, f"expected a list of {what}, got {shown(value)}")
        return None
    found: list[tuple[Path, str]] = []
    for number, item in enumerate(value):
        if isinstance(item, str) and item.strip():
            found.append(((*path, number), item.strip()))
        else:
            reading.problem((*path, number), f"expected one of {what}, got {shown(item)}")
    return found if found or not value else None


def _rules(value: object, path: Path, reading: Reading) -> tuple[str, ...] | None:
    found = _strings(value, path, reading, "rules")
    if found is None:
        return None
    reading.names += [RuleName(place, name, group=True) for place, name in found]
    return tuple(name for _, name in found)


def _selected(value: object, path: Path, reading: Reading) -> tuple[str, ...] | None:
    found = _rules(value, path, reading)
    if found == ():
        reading.problem(path, "selects no rule; leave it out for the rules that are on by default")
        return None
    return found


def _levels(value: object, path: Path, reading: Reading) -> tuple[tuple[str, str], ...] | None:
    found: list[tuple[str, str]] = []
    stated = _table(value, path, reading)
    if stated is None:
        return None
    for name, level in stated:
        reading.names.append(RuleName((*path, name), name, group=False, of_key=True))
        if isinstance(level, str) and level in LEVELS:
            found.append((name, level))
        else:
            reading.problem((*path, name), f"expected one of {', '.join(LEVELS)}, got {shown(level)}")
    return tuple(found) if found or not stated else None


def _file_ignores(
    value: object, path: Path, reading: Reading
) -> tuple[tuple[PathPattern, tuple[str, ...]], ...] | None:
    found: list[tuple[PathPattern, tuple[str, ...]]] = []
    stated = _table(value, path, reading)
    if stated is None:
        return None
    for pattern, names in stated:
        ignored = _rules(names, (*path, pattern), reading)
        if ignored is not None:
            found.append((PathPattern(reading.base, pattern), ignored))
    return tuple(found) if found or not stated else None


def _tables(value: object, path: Path, reading: Reading) -> Tables | None:
    found: dict[str, Any] = {}
    stated = _table(value, path, reading)
    if stated is None:
        return None
    for name, patterns in stated:
        if name not in ("small", "large", "sizes"):
            reading.problem((*path, name), _unknown("key", name, ("small", "large", "sizes")), of_key=True)
        elif name == "sizes":
            if (file := _sizes(patterns, (*path, name), reading)) is not None:
                found[name] = file
        elif (items := _strings(patterns, (*path, name), reading, "table names")) is not None:
            found[name] = tuple(item for _, item in items)
    return Tables(**found) if found or not stated else None


def _sizes(value: object, path: Path, reading: Reading) -> str | None:
    if not isinstance(value, str) or not value.strip():
        reading.problem(path, f"expected the path of a file, got {shown(value)}")
        return None
    if reading.base is None:
        reading.problem(path, "is read in .ecto-migrations.toml only")
        return None
    return os.path.normpath(os.path.join(reading.base, value.strip()))


def _folders(value: object, path: Path, reading: Reading) -> tuple[PathPattern, ...] | None:
    found = _strings(value, path, reading, "folders")
    if found is None:
        return None
    folders: list[PathPattern] = []
    for place, item in found:
        if re.search(r"[*?\[]", item):
            reading.problem(place, f"expected a folder without wildcards, got {shown(item)}")
        else:
            folders.append(PathPattern(reading.base, item))
    return tuple(folders) if folders or not found else None


def _table(value: object, path: Path, reading: Reading) -> list[tuple[str, object]] | None:
    if isinstance(value, Mapping):
        return [(str(name), item) for name, item in value.items()]
    reading.problem(path, f"expected a table, got {shown(value)}")
    return None


# --- what a JSON schema says of them -----------------------------------------------------------------------


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_STRING = {"type": "string", "pattern": r"\S"}
_RULE = {"$ref": "#/definitions/rule"}
_LEVEL = {"$ref": "#/definitions/level"}

KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key(
            name="database",
            description="The database that migrations are for. Without it that of the repo's adapter.",
            read=_database,
            schema=lambda rules: {"enum": list(DATABASES)},
        ),
        Key(
            name="database_version",
            description="The major version of the database server. Without it compose files, CI "
            "configuration, `.tool-versions` and `mise.toml` are looked at.",
            read=_version,
            schema=lambda rules: {
                "anyOf": [
                    {"type": "number", "minimum": 1, "exclusiveMaximum": _MAX_VERSION + 1},
                    {"type": "string", "pattern": r"\d"},
                ]
            },
        ),
        Key(
            name="start_after",
            description="The version of a migration: it and those before it have no findings. They still "
            "make the schema that later ones meet.",
            read=_migration_version,
            schema=lambda rules: {
                "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{1,20}$"}]
            },
        ),
        Key(
            name="select",
            description="The rules that are on: ids, chapters, tags, `default` (what is on without this key) "
            "or `all`. It replaces the default: conventions beside the default rules are "
            '["default", "conventions"].',
            read=_selected,
            schema=lambda rules: {**_list(_RULE), "minItems": 1},
        ),
        Key(
            name="ignore",
            description="The rules that are off: ids, chapters, tags or `all`. The more specific name wins "
            "over `select`, and `ignore` where both are the same.",
            read=_rules,
            schema=lambda rules: _list(_RULE),
        ),
        Key(
            name="levels",
            description="How grave the findings of a rule are: danger, risk, info or off.",
            read=_levels,
            schema=lambda rules: {
                "type": "object",
                "properties": dict.fromkeys(rules, _LEVEL),
                "additionalProperties": _LEVEL,
            },
        ),
        Key(
            name="per_file_ignores",
            description="Rules that are off in some files, by a pattern that is relative to this file.",
            read=_file_ignores,
            schema=lambda rules: {"type": "object", "additionalProperties": _list(_RULE)},
        ),
        Key(
            name="tables",
            description="Names or patterns of tables. Work whose only trouble is how long it takes is info "
            "on small ones; every other table counts as large, also where both lists name it. `sizes` is the "
            "file that `ecto-migrations tables` has written; .ecto-migrations.tables.json without it.",
            read=_tables,
            schema=lambda rules: {
                "type": "object",
                "properties": {"small": _list(_STRING), "large": _list(_STRING), "sizes": _STRING},
                "additionalProperties": False,
            },
        ),
        Key(
            name="lock_timeout",
            description=f"How long generated migrations wait for a lock; {LOCK_TIMEOUT} without it.",
            read=_time,
            schema=lambda rules: {"type": "string", "pattern": f"^{_TIME.pattern}$"},
        ),
        Key(
            name="migration_paths",
            description="Folders, relative to this file, whose files are migrations too. They belong to the "
            "history of `priv/<repo>/migrations`.",
            read=_folders,
            schema=lambda rules: _list({"type": "string", "pattern": r"^[^*?\[]*[^*?\[\s][^*?\[]*$"}),
        ),
        Key(
            name="backfill_batch_size",
            description=f"How many rows generated backfills change at a time; {BATCH_SIZE} without it.",
            read=_batch_size,
            schema=lambda rules: {"type": "integer", "minimum": 1, "maximum": _MAX_BATCH},
        ),
    )
}


def json_schema(rules: list[str]) -> dict[str, Any]:
    """The JSON schema of `.ecto-migrations.toml`; `rules` are the ids of all rules."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Settings of ecto-migrations (.ecto-migrations.toml)",
        "type": "object",
        "additionalProperties": False,
        "definitions": {
            "level": {"enum": list(LEVELS)},
            # Known names to choose from; chapters, tags, and rules of a newer release are names too.
            "rule": {
                "anyOf": [
                    {"enum": ["default", "all", *rules]},
                    {"type": "string", "pattern": "^[a-z0-9-]+$"},
                ]
            },
        },
        "properties": {
            key.name: {"description": key.description, **key.schema(rules)} for key in KEYS.values()
        },
    }
