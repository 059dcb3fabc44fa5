"""Several processes for one list of files; see `jobs`."""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import struct
import sys
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any, Final

from .cells import printable
from .ending import ending_in_order
from .errors import CommandError
from .files import Target
from .jobs import Work, outcome

_LENGTH: Final = struct.Struct("!I")


def forked(targets: Sequence[Target], jobs: int, work: Work) -> Generator[Any, None, None]:
    """`jobs.each` by that many processes, each of which has targets that follow one another."""
    # The last file needs the whole history and most modules of this program: read here, all have them.
    last = outcome(work, targets[-1])
    others = targets[:-1]
    # A collection would look at all of that again in each process, and copy the pages that it is on.
    gc.freeze()
    # What is in these buffers would be written once more by each process.
    sys.stdout.flush()
    sys.stderr.flush()
    workers: list[_Worker] = []
    try:
        with ending_in_order():
            for number in range(jobs):
                first, end = (len(others) * place // jobs for place in (number, number + 1))
                workers.append(_Worker(others[first:end], work, workers))
            for worker in workers:
                for _ in range(worker.count):
                    while not worker.outcomes:
                        _receive(workers, worker)
                    yield worker.outcomes.popleft()
        yield last
    finally:
        for worker in workers:
            worker.end()
        gc.unfreeze()


def _receive(workers: Sequence[_Worker], wanted: _Worker) -> None:
    """Takes what has come from any of the processes, so that none waits for a full pipe."""
    running = {worker.descriptor: worker for worker in workers if worker.descriptor is not None}
    if wanted.descriptor is None:
        raise CommandError(
            f"a process of --jobs has ended by itself ({wanted.ended}), as for want of memory: try --jobs 1"
        )
    # Not `selectors`, which takes longer to import; there are few of them.
    poll = select.poll()
    for descriptor in running:
        poll.register(descriptor, select.POLLIN)
    for descriptor, _ in poll.poll():
        running[descriptor].receive()


class _Worker:
    """A process that works on some of the targets, and tells what it has found by a pipe."""

    def __init__(self, targets: Sequence[Target], work: Work, others: Sequence[_Worker]) -> None:
        self.count = len(targets)
        self.outcomes: deque[Any] = deque()
        self.ended = ""
        self._buffer = bytearray()
        reading, writing = os.pipe()
        self.descriptor: int | None = reading
        self._pid = os.fork()
        if self._pid == 0:
            code = 1
            try:
                # Ctrl-C is for the one that waits for all of them.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                for descriptor in [reading, *(other.descriptor for other in others)]:
                    if descriptor is not None:
                        # Whose reader goes away has to notice.
                        os.close(descriptor)
                for target in targets:
                    _send(writing, outcome(work, target))
                code = 0
            except BrokenPipeError:
                pass
            finally:
                os._exit(code)
        os.close(writing)

    def receive(self) -> None:
        assert self.descriptor is not None
        data = os.read(self.descriptor, 1 << 18)
        if not data:
            os.close(self.descriptor)
            self.descriptor = None
            self._wait()
            return
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if len(self._buffer) < _LENGTH.size + length:
                return
            content = bytes(self._buffer[_LENGTH.size : _LENGTH.size + length])
            del self._buffer[: _LENGTH.size + length]
            # From our own process, not from anybody's file.
            self.outcomes.append(pickle.loads(content))

    def end(self) -> None:
        """Whatever it is doing."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            self._wait()

    def _wait(self) -> None:
        code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        self._pid = 0
        self.ended = signal.strsignal(-code) or f"signal {-code}" if code < 0 else f"exit code {code}"


def _send(descriptor: int, result: Any) -> None:
    try:
        content = pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        problem = f"internal error: {type(error).__name__}: {printable(str(error))}"
        content = pickle.dumps(CommandError(problem), pickle.HIGHEST_PROTOCOL)
    data = memoryview(_LENGTH.pack(len(content)) + content)
    while data:
        data = data[os.write(descriptor, data) :]
