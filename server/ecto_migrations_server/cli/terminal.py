"""What the output can show: colours, width, and the characters its encoding has.

Plain ANSI sequences, no library: importing `rich.console` costs as much time as everything else at start.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, TextIO

from ecto_migrations_analysis.records import dataclass

# Without a terminal the width is fixed, so that the output is the same everywhere.
_WIDTH_WITHOUT_TERMINAL: Final = 120
_NARROWEST: Final = 40

_CODES: Final = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}


@dataclass(frozen=True)
class Glyphs:
    """The characters of the output that are not ASCII."""

    bar: str
    underline: str
    arrow: str
    ellipsis: str
    tick: str


UNICODE: Final = Glyphs(bar="│", underline="━", arrow="→", ellipsis="…", tick="·")
ASCII: Final = Glyphs(bar="|", underline="^", arrow="->", ellipsis=">", tick="-")


@dataclass(frozen=True)
class Terminal:
    """`width` in cells; `wrap` where long sentences are to be broken at it."""

    width: int = _WIDTH_WITHOUT_TERMINAL
    colour: bool = False
    wrap: bool = False
    glyphs: Glyphs = UNICODE

    @classmethod
    def of(cls, stream: TextIO, environment: Mapping[str, str] = os.environ) -> Terminal:
        """What `stream` can show.

        Colours follow https://no-color.org: none where NO_COLOR is set and not empty. FORCE_COLOR asks for
        them where the stream is no terminal.
        """
        is_terminal = stream.isatty()
        colour = is_terminal and environment.get("TERM") != "dumb"
        if environment.get("FORCE_COLOR"):
            colour = True
        if environment.get("NO_COLOR"):
            colour = False
        width = _WIDTH_WITHOUT_TERMINAL
        if is_terminal:
            width = max(_NARROWEST, _columns(stream, environment))
        return cls(
            width=width,
            colour=colour,
            wrap=is_terminal,
            glyphs=UNICODE if _can_encode(stream, UNICODE) else ASCII,
        )

    def paint(self, text: str, *styles: str) -> str:
        """`text` in these styles (`bold`, `red`, …), or as it is without colours."""
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"

    def paragraph(self, text: str, indent: str = "  ", hanging: str | None = None) -> list[str]:
        """Lines of `text` behind `indent`; lines after the first begin with `hanging`."""
        hanging = indent if hanging is None else hanging
        lines: list[str] = []
        for part in text.splitlines():
            line = indent if not lines else hanging
            empty = True
            for word in part.split(" "):
                if self.wrap and not empty and len(line) + 1 + len(word) > self.width:
                    lines.append(line)
                    line, empty = hanging, True
                line += word if empty else f" {word}"
                empty = False
            lines.append(line)
        return lines


def _columns(stream: TextIO, environment: Mapping[str, str]) -> int:
    """As `shutil.get_terminal_size` finds it; importing shutil takes 4 ms."""
    if environment.get("COLUMNS", "").isdecimal():
        return int(environment["COLUMNS"])
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, ValueError, OSError):
        return _WIDTH_WITHOUT_TERMINAL


def _can_encode(stream: TextIO, glyphs: Glyphs) -> bool:
    try:
        "".join(vars(glyphs).values()).encode(stream.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
