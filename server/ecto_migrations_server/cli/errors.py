"""What ends a command before it has done its work, and how the user is told."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Final, TextIO

PROGRAM: Final = "ecto-migrations"


class CommandError(Exception):
    """Wrong usage, or an input that cannot be used. The text is one line for the user: what, and where."""


def complain(message: str) -> None:
    """One line on standard error; where that is full or closed there is nobody to tell."""
    try:
        print(f"{PROGRAM}: {message}", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Nobody reads a stream any more: what is left in its buffer must not be written at exit."""
    with open(os.devnull, "w") as nothing, suppress(OSError, ValueError):
        os.dup2(nothing.fileno(), stream.fileno())
