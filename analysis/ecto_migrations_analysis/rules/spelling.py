"""Names in messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that a slip of the finger would turn into `name`; None where none is that near."""
    # Imported here: few migrations have a name that is not known.
    from difflib import get_close_matches

    found = get_close_matches(name, list(names), n=1, cutoff=0.8)
    return found[0] if found else None


def meant(name: str | None) -> str:
    """`nearest` as the end of a sentence."""
    return f" (`{name}`?)" if name is not None else ""


def file_name(path: str) -> str:
    """The last part of a path of any system."""
    return re.split(r"[/\\]", path)[-1]


def listed(items: Sequence[str], most: int = 4) -> str:
    """ "a, b and c"; of more than `most`, the first ones and how many there are besides."""
    shown = [*items[:most], f"{len(items) - most} more"] if len(items) > most else list(items)
    *head, last = shown
    return f"{', '.join(head)} and {last}" if head else last
