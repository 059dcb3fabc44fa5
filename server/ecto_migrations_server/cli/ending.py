"""Ctrl-C and requests to end, for commands that have started something: it is stopped first, in order."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ending_in_order() -> Iterator[None]:
    """A request to end (SIGTERM, a closed terminal) stops what was started first, as Ctrl-C does."""
    asked: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        asked.append(number)
        raise SystemExit(128 + number)

    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # What nohup has ignored stays ignored.
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            try:
                before[number] = signal.signal(number, end)
            except ValueError:
                # Not the main thread, which alone gets signals.
                break
    try:
        with _nothing_lost():
            yield
        if asked:
            raise SystemExit(128 + asked[0])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _nothing_lost() -> Iterator[None]:
    """What a signal's handler raises while a destructor or a callback runs would be printed and forgotten.

    It is raised once more a moment later, when that is over (`sys.unraisablehook`).
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    lost: list[BaseException] = []
    usual = sys.unraisablehook

    def keep(unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, SystemExit | KeyboardInterrupt):
            lost.append(unraisable.exc_value)
            signal.setitimer(signal.ITIMER_REAL, 0.02)
        else:
            usual(unraisable)

    def again(*_: object) -> None:
        raise lost[-1]

    try:
        before = signal.signal(signal.SIGALRM, again)
    except ValueError:
        # Not the main thread, which alone gets signals.
        yield
        return
    sys.unraisablehook = keep
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = usual
        signal.signal(signal.SIGALRM, before)
