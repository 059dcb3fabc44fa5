"""Patterns of paths and names in settings: `*`, `?`, `[…]`, and `**` for any number of folders."""

from __future__ import annotations

import os
import re
from functools import lru_cache

from ..records import dataclass

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|.", re.S)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    """What a pattern finds, and everything below a folder that it finds. Never raises."""
    parts = []
    for token in _TOKEN.findall(pattern):
        match token:
            case "**/":
                parts.append("(?:.*/)?")
            case "**":
                parts.append(".*")
            case "*":
                parts.append("[^/]*")
            case "?":
                parts.append("[^/]")
            case _ if len(token) > 2:
                parts.append(_set(token))
            case _:
                parts.append(re.escape(token))
    try:
        return re.compile("".join(parts) + "(?:/.*)?", re.S)
    except re.error:
        # A set that no regular expression has, such as `[b-a]`: it finds the text as it stands.
        return re.compile(re.escape(pattern))


def _set(token: str) -> str:
    inner = token[1:-1]
    negated = inner.startswith("!")
    inner = re.sub(r"[\\\[\]^&|~]", r"\\\g<0>", inner.removeprefix("!"))
    return f"[{'^' if negated else ''}{inner}]"


def matches_name(pattern: str, name: str) -> bool:
    """Whether a pattern without a dot finds the last part of a dotted name, another one all of it."""
    if "." not in pattern:
        name = name.rpartition(".")[2]
    return _compiled(pattern).fullmatch(name) is not None


@dataclass(frozen=True)
class PathPattern:
    """A pattern of files or folders, relative to `base`; anywhere where `base` is None.

    A pattern without a slash finds files by their names alone, in every folder; one that finds a folder finds
    everything below it.
    """

    base: str | None
    pattern: str

    def matches(self, path: str) -> bool:
        """Whether it finds the file at this absolute path."""
        pattern = self._plain()
        if "/" not in pattern and _compiled(pattern).fullmatch(os.path.basename(path)):
            return True
        relative = self._relative(path)
        if relative is None:
            return False
        if self.base is None:
            pattern = f"**/{pattern}"
        return _compiled(pattern).fullmatch(relative) is not None

    def folder_around(self, path: str) -> str | None:
        """The folder that it names without wildcards, if the file at this absolute path lies in it."""
        folder = self._plain()
        if self.base is not None:
            folder = os.path.normpath(os.path.join(self.base, *folder.split("/")))
            return folder if path.startswith(folder.rstrip(os.sep) + os.sep) else None
        inside = f"{os.sep}{folder.replace('/', os.sep)}{os.sep}"
        found = path.rfind(inside)
        return path[: found + len(inside) - 1] if found >= 0 else None

    def _plain(self) -> str:
        return self.pattern.removeprefix("./").rstrip("/")

    def _relative(self, path: str) -> str | None:
        """`path` below the base, with slashes."""
        if self.base is None:
            return path.replace(os.sep, "/").lstrip("/")
        base = self.base.rstrip(os.sep) + os.sep
        return path[len(base) :].replace(os.sep, "/") if path.startswith(base) else None
