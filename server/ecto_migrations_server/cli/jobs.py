"""Work on many files, by several processes where it pays; results and their order are those of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from typing import Any, Final

from .errors import CommandError
from .files import Target

# Below that many files for each, a process costs more than it saves: it reads the history before its first.
_FILES_FOR_EACH: Final = 50
# A machine may have more processors than this program is given, and each process has the history in memory.
_MOST: Final = 8

Work = Callable[[Target], Any]


def sensible(count: int) -> int:
    """How many processes to use for so many files when nobody says."""
    return max(1, min(_processors(), count // _FILES_FOR_EACH, _MOST))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def each(targets: Sequence[Target], jobs: int, work: Work) -> Generator[Any, None, None]:
    """What `work` returns for each target, or the `CommandError` that it raised, in the order of the targets.

    What it returns has to be something that can be pickled. Whoever stops before the end closes the iterator:
    then no process is left. Where processes cannot be forked (Windows) all is done by this one.
    """
    jobs = min(jobs, len(targets))
    if jobs > 1 and hasattr(os, "fork"):
        from .processes import forked

        yield from forked(targets, jobs, work)
        return
    for target in targets:
        yield outcome(work, target)


def outcome(work: Work, target: Target) -> Any:
    """What `work` returns, or the `CommandError` that it raised."""
    try:
        return work(target)
    except CommandError as error:
        return error
