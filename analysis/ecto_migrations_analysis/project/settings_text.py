"""Settings as a settings file would state them, each with who has set it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .settings import Settings


def settings_text(settings: Settings) -> str:
    """TOML with a line for each key; what nothing sets and has no default is a comment."""
    lines = [_line(settings, key, getattr(settings, key)) for key in _PLAIN]
    if settings.skip_checks:
        lines.append(f"# {_line(settings, 'skip_checks', settings.skip_checks)}")
    levels = {name: _value(level) for name, level in settings.levels}
    lines += _table(settings, "levels", levels)
    ignores = {pattern.pattern: _value(names) for pattern, names in settings.per_file_ignores}
    lines += _table(settings, "per_file_ignores", ignores)
    tables = {"small": _value(settings.tables.small), "large": _value(settings.tables.large)}
    if settings.tables.sizes is not None:
        tables["sizes"] = _value(settings.tables.sizes)
    lines += _table(settings, "tables", tables if settings.origin("tables") else {})
    if settings.sizes:
        count = len(settings.sizes.entries)
        day = settings.sizes.measured or "at a time that is not known"
        measured = f"{count} table{'s' * (count != 1)}, measured {day}"
        lines += ["", f"# sizes: {measured}  # {settings.origin('sizes') or 'the default'}"]
    return "\n".join(lines) + "\n"


_PLAIN = (
    "database",
    "database_version",
    "start_after",
    "select",
    "ignore",
    "lock_timeout",
    "migration_paths",
    "backfill_batch_size",
)


def _line(settings: Settings, key: str, value: object) -> str:
    origin = settings.origin(key)
    if origin is None and (value is None or value == ()):
        return f"# {key}: not set"
    return f"{key} = {_value(value)}  # {origin or 'the default'}"


def _table(settings: Settings, key: str, entries: dict[str, str]) -> list[str]:
    if not entries:
        return [f"# {key}: not set"]
    lines = ["", f"[{key}]  # {settings.origin(key) or 'the default'}"]
    return lines + [f"{_string(name)} = {value}" for name, value in entries.items()]


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_items(value))}]"
    return _string(value) if isinstance(value, str) else str(value)


def _items(values: Iterable[object]) -> list[str]:
    return [_string(str(getattr(value, "pattern", value))) for value in values]


def _string(text: str) -> str:
    # A basic string of TOML has the escapes of JSON.
    return json.dumps(text, ensure_ascii=True)
