"""`.ecto-migrations.toml`: one file read, with the lines of what is wrong in it.

Nothing in it is fatal: a key that is not known or a value that cannot be used is a problem, and counts as not
set; so does a file that is no TOML.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

from ..records import dataclass, field, replace
from ..syntax.source import Source
from ..syntax.span import Span
from .settings import Settings

_LINE = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """`span` is the key or the value in the file."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class StatedName:
    """A name of rules in a setting; `group`: chapters and tags are names too. `key` is the setting."""

    span: Span
    name: str
    group: bool
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """What a file states: values of `Settings` by key, and what is wrong with it."""

    source: Source
    values: dict[str, Any] = field(default_factory=dict)
    problems: tuple[SettingsProblem, ...] = ()
    names: tuple[StatedName, ...] = ()

    @property
    def path(self) -> str:
        return self.source.path or ""


def read_settings(data: bytes, path: str, base: str | None = None) -> SettingsFile:
    """The settings in the text of a file; never raises.

    Patterns of paths start at the folder `base`, without one at that of the file.
    """
    # 4 ms, and few projects have the file.
    import tomllib

    from .settings_keys import read_values
    from .toml_places import find_places

    source = Source(data, path)
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    try:
        text = data[start:].decode()
        stated = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return _unreadable(source, start + error.start, "is no UTF-8")
    except ValueError as error:
        return _unreadable(source, *_syntax_error(source, start, error))
    except RecursionError:
        return _unreadable(source, start, "is nested too deeply")
    reading = read_values(stated, base if base is not None else os.path.dirname(path))
    places = find_places(text) if reading.problems or reading.names else None

    def span(at: tuple[str | int, ...], of_key: bool) -> Span:
        assert places is not None
        while at:
            found = places.keys.get(at) if of_key else places.values.get(at) or places.keys.get(at)
            if found is not None:
                return Span(*(start + len(text[:offset].encode()) for offset in found))
            at, of_key = at[:-1], True
        return Span(0, 0)

    problems = [SettingsProblem(span(item.path, item.of_key), item.message) for item in reading.problems]
    return SettingsFile(
        source=source,
        values=reading.values,
        problems=tuple(sorted(problems, key=lambda problem: problem.span)),
        names=tuple(
            StatedName(span(item.path, item.of_key), item.name, item.group, str(item.path[0]))
            for item in reading.names
        ),
    )


def with_problem(file: SettingsFile, text: str, message: str) -> SettingsFile:
    """The file with one problem more, where `text` stands in it."""
    data = text.encode("utf-8", "surrogatepass")
    start = max(file.source.data.find(data), 0)
    span = Span(start, start + len(data) if start else start)
    problems = sorted([*file.problems, SettingsProblem(span, message)], key=lambda problem: problem.span)
    return replace(file, problems=tuple(problems))


def _unreadable(source: Source, offset: int, message: str) -> SettingsFile:
    line = source.lines.line_of(offset)
    end = max(source.lines.line_end(line), min(offset, len(source.data)))
    problem = SettingsProblem(Span(min(offset, end), end), f"{message}; none of its settings counts")
    return SettingsFile(source=source, problems=(problem,))


def _syntax_error(source: Source, start: int, error: ValueError) -> tuple[int, str]:
    """The offset of the error, and what tomllib says; until Python 3.14 its text alone has the place."""
    text = str(error)
    match = _LINE.search(text)
    what = text[: match.start()] if match is not None else text
    message = f"is no TOML: {what[:1].lower()}{what[1:].split(chr(10))[0][:120]}"
    if match is None:
        return start, message
    if match[1] is None:
        return len(source.data), message
    # tomllib ends lines at "\n" alone and counts characters.
    rows = source.data[start:].split(b"\n")
    number = min(int(match[1]), len(rows)) - 1
    before = start + sum(len(row) + 1 for row in rows[:number])
    column = rows[number].decode("utf-8", "replace")[: int(match[2]) - 1]
    return min(before + len(column.encode()), len(source.data)), message


def combined(start: Settings, files: Iterable[tuple[SettingsFile, str]]) -> Settings:
    """`start` with what files state over it, each key whole; the first file wins.

    Each comes with what it is called.
    """
    settings = start
    for file, shown in reversed(list(files)):
        settings = stated_over(settings, file.values, shown)
    return settings


def stated_over(settings: Settings, values: dict[str, Any], shown: str) -> Settings:
    """`settings` with other values for some keys, and who has set them."""
    if not values:
        return settings
    origins = {**dict(settings.origins), **dict.fromkeys(values, shown)}
    settings = replace(settings, **values, origins=tuple(origins.items()))
    if "select" in values or "ignore" in values:
        # The project says itself which rules it wants.
        settings = replace(settings, skip_checks=())
    return settings
