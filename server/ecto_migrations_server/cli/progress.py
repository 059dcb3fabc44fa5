"""How far a check is, on one line of a terminal that vanishes.

Not rich's: importing it takes as long as checking a hundred migrations.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any, Final, TextIO, cast

from .terminal import Terminal

# Nothing flickers where all is done soon, and nothing is drawn more often than it can be seen.
_AFTER: Final = 0.5
_EVERY: Final = 0.1
_WIDTH: Final = 30


class Progress:
    """Draws where `output` is a terminal, and nowhere else."""

    def __init__(self, total: int, output: TextIO, environment: Mapping[str, str] = os.environ) -> None:
        self._total = total
        self._output = output
        self._terminal = Terminal.of(output, environment)
        self._draws = output.isatty() and environment.get("TERM") != "dumb"
        self._done = 0
        self._next = time.monotonic() + _AFTER
        self._shown = False

    def step(self) -> None:
        """One file more is done."""
        self._done += 1
        if self._draws and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            full = _WIDTH * self._done // max(1, self._total)
            glyphs = self._terminal.glyphs
            bar = self._terminal.paint(glyphs.underline * full, "green")
            rest = self._terminal.paint(glyphs.tick * (_WIDTH - full), "dim")
            self._write(f"\r\x1b[Kchecked {self._done} of {self._total} {bar}{rest}")
            self._shown = True

    def hide(self) -> None:
        """Before something else is written to the terminal, and at the end."""
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = False

    def above(self, stream: TextIO) -> TextIO:
        """The stream, of which whatever is written takes the place of the line."""
        return cast(TextIO, _Above(stream, self)) if self._draws else stream

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()


class _Above:
    """A stream that hides the line before it writes."""

    def __init__(self, stream: TextIO, progress: Progress) -> None:
        self._stream = stream
        self._progress = progress

    def write(self, text: str) -> int:
        self._progress.hide()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
