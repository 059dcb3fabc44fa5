"""What is being done, on one line of a terminal that vanishes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .cells import printable


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """Shows each text in place of the one before on standard error; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    try:
        yield lambda text: print(f"\r\x1b[K{printable(text)[:70]}", end="", file=sys.stderr, flush=True)
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
