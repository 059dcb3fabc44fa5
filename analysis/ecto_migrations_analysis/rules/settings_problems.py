"""What is wrong with settings: names that stand for no rule, besides what their reader says."""

from __future__ import annotations

from functools import cache

from ..project.settings_file import SettingsFile, SettingsProblem
from .catalogue import ENTRIES, chapter_of
from .selection import ALL, DEFAULT, tags_of, weight_of
from .spelling import meant, nearest


def problems_of(file: SettingsFile) -> tuple[SettingsProblem, ...]:
    """Everything that is wrong with a settings file: also names of rules there are not."""
    unknown = [
        SettingsProblem(name.span, f"unknown rule `{name.name}`{_hint(name.name, name.group)}")
        for name in file.names
        if not _is_known(name.name, name.group)
    ]
    return tuple(sorted([*file.problems, *unknown, *_without_default(file)], key=lambda item: item.span))


def unknown_name(name: str, group: bool = True) -> str | None:
    """What to say about a name that stands for nothing; None where it does."""
    return None if _is_known(name, group) else f"unknown rule `{name}`{_hint(name, group)}"


def _without_default(file: SettingsFile) -> list[SettingsProblem]:
    """Who selects conventions alone has switched off everything that is about danger."""
    selected = file.values.get("select")
    if not selected or any(weight_of(selected, entry) for entry in ENTRIES.values() if not entry.optional):
        return []
    if not any(weight_of(selected, entry) for entry in ENTRIES.values()):
        # Unknown names, which are a problem of their own.
        return []
    names = [name for name in file.names if name.key == "select"]
    message = f'none of the rules that are on by default is selected; `"{DEFAULT}"` stands for them'
    return [SettingsProblem(names[0].span, message)] if names else []


def _is_known(name: str, group: bool) -> bool:
    if name in ENTRIES:
        return True
    return group and (name in (DEFAULT, ALL) or name in _chapters() or name in _tags())


def _hint(name: str, group: bool) -> str:
    known = [*ENTRIES, *([DEFAULT, ALL, *sorted(_chapters() | _tags())] if group else [])]
    return meant(nearest(name, known))


@cache
def _chapters() -> frozenset[str]:
    return frozenset(chapter_of(name) for name in ENTRIES)


@cache
def _tags() -> frozenset[str]:
    """The tags of all rules; loads them all."""
    return frozenset(tag for name in ENTRIES for tag in tags_of(name))
