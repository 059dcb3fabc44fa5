"""Byte offsets to lines and columns, and back.

Lines end where the LSP says they end (Language Server Protocol 3.17, "Text Documents"): at `\\n`, `\\r\\n`
or `\\r`, and nowhere else. `str.splitlines` also splits at U+2028, form feed and others, so it is not used.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

_LINE_END = re.compile(rb"\r\n|\n|\r")


def _utf16_length(text: str) -> int:
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


class LineIndex:
    """Converts between byte offsets and positions of one text.

    Lines and columns count from 0 here. Offsets outside the text are clamped to it, columns past the end
    of a line to the end of that line (before its line end), as the protocol asks for.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(data))]

    @property
    def line_count(self) -> int:
        return len(self._starts)

    def line_of(self, offset: int) -> int:
        """The line (from 0) that holds the byte at `offset`."""
        return bisect_right(self._starts, max(0, min(offset, len(self._data)))) - 1

    def line_start(self, line: int) -> int:
        """Byte offset of the first byte of `line`; the end of the text for a line past it."""
        return self._starts[line] if line < len(self._starts) else len(self._data)

    def line_end(self, line: int) -> int:
        """Byte offset behind the last byte of `line`, its line end not counted."""
        stop = self.line_start(line + 1)
        start = self.line_start(line)
        return start + len(self._data[start:stop].rstrip(b"\r\n"))

    def line_text(self, line: int) -> str:
        """The text of `line` without its line end; bytes that are no UTF-8 become U+FFFD."""
        return self._decode(self.line_start(line), self.line_end(line))

    def character_position(self, offset: int) -> tuple[int, int]:
        """`(line, column)` with the column in Unicode characters, both from 0."""
        return self._position(offset, len)

    def utf16_position(self, offset: int) -> tuple[int, int]:
        """`(line, column)` with the column in UTF-16 code units, both from 0."""
        return self._position(offset, _utf16_length)

    def offset_of_utf16(self, line: int, column: int) -> int:
        """The byte offset of a position whose column counts UTF-16 code units.

        A column in the middle of a surrogate pair goes to the character's start.
        """
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self._data)
        offset = self.line_start(line)
        units = 0
        for character in self._data[offset : self.line_end(line)].decode("utf-8", "surrogateescape"):
            units += 2 if ord(character) > 0xFFFF else 1
            if units > column:
                break
            offset += len(character.encode("utf-8", "surrogateescape"))
        return offset

    def _position(self, offset: int, length: Callable[[str], int]) -> tuple[int, int]:
        offset = max(0, min(offset, len(self._data)))
        line = self.line_of(offset)
        return line, length(self._decode(self._starts[line], offset))

    def _decode(self, start: int, stop: int) -> str:
        return self._data[start:stop].decode("utf-8", "replace")
