"""Text as a terminal shows it: cells, not characters.

A tab is wider than one cell, East Asian characters and emoji take two, combining marks take none, and
control characters in a source file must not reach the terminal.
"""

from __future__ import annotations

import unicodedata
from typing import Final

TAB_WIDTH: Final = 4
_ZERO_WIDTH_JOINER: Final = "\u200d"


def printable(text: str) -> str:
    """`text` on one line, with nothing in it that a terminal would act on."""
    return "".join(_visible(character) for character in text)


def cells(line: str) -> list[tuple[str, int]]:
    """For each character of `line`: what is shown for it, and how many cells that takes."""
    shown: list[tuple[str, int]] = []
    column = 0
    for character in line:
        if character == "\t":
            width = TAB_WIDTH - column % TAB_WIDTH
            shown.append((" " * width, width))
        else:
            visible = _visible(character)
            width = _width(visible)
            shown.append((visible, width))
        column += width
    return shown


def width(text: str) -> int:
    """The cells `text` takes."""
    return sum(width for _, width in cells(text))


def _visible(character: str) -> str:
    if character.isascii():
        if character == "\x7f":
            return "\u2421"
        # Control pictures: ESC is shown as one character, and does nothing.
        return chr(0x2400 + ord(character)) if character < " " else character
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp", "Cs") or (category == "Cf" and character != _ZERO_WIDTH_JOINER):
        # C1 controls, line separators, lone surrogates, and marks that turn the direction of the text.
        return "\ufffd"
    return character


def _width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in ("Mn", "Me") or character == _ZERO_WIDTH_JOINER:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
