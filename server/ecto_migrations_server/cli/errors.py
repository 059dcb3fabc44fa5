"""What ends a command before it has done its work, and how the user is told."""

from __future__ import annotations

import sys
from typing import Final

PROGRAM: Final = "ecto-migrations"


class CommandError(Exception):
    """Wrong usage, or an input that cannot be used. The text is one line for the user: what, and where."""


def complain(message: str) -> None:
    """One line on standard error."""
    print(f"{PROGRAM}: {message}", file=sys.stderr)
