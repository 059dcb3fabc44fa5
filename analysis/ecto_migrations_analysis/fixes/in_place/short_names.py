"""A name that PostgreSQL keeps whole, made of one that is too long."""

from __future__ import annotations

# NAMEDATALEN - 1.
MOST = 63
_ENDINGS = ("_index", "_fkey", "_check", "_constraint")


def short_name(long: str) -> str | None:
    """At most 63 bytes: without `_id`, then with words shortened from the longest on; None where that fails.

    The ending (`_index`, `_fkey`) stays whole. The same name always gives the same one.
    """
    ending = next((ending for ending in _ENDINGS if long.endswith(ending)), "")
    words = [word for word in long.removesuffix(ending).split("_") if word]
    without = [word for number, word in enumerate(words) if word != "id" or number == 0]
    for shorter in (without, *_shortened(without)):
        name = "_".join(shorter) + ending
        if len(name.encode()) <= MOST:
            return name
    return None


def _shortened(words: list[str]) -> list[list[str]]:
    """The words cut to ever fewer letters: `organization` is `organizati`, `organiza`, and so on."""
    return [[word[:length] for word in words] for length in (10, 8, 7, 6, 5, 4, 3)]
