"""Pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def one_line(text: str) -> str:
    return " ".join(text.split())


def shortened(text: str, most: int = 240) -> str:
    """One line of at most so many characters: a message may quote a statement of any length."""
    text = one_line(text)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def code(text: str) -> str:
    """`text` between more backticks than it holds in a row."""
    ticks = "`"
    while ticks in text:
        ticks += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def fenced(text: str, language: str, indent: str = "") -> Iterator[str]:
    """The lines of a block of code, behind a fence that does not occur in it."""
    fence = "```" if "```" not in text else "~~~~"
    yield from (f"{indent}{line}".rstrip() for line in (f"{fence}{language}", *text.splitlines(), fence))


def listed(names: Iterable[str], most: int = 8) -> str:
    """`a, b and c`; where there are too many, how many more."""
    found = list(dict.fromkeys(names))
    if len(found) > most:
        found = [*found[: most - 1], f"{len(found) - most + 1} more"]
    return " and ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))


def cell(text: str) -> str:
    """Text for one cell of a table."""
    return one_line(text).replace("|", "\\|")


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
