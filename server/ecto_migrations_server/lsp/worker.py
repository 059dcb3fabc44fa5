"""The thread in which projects are read: what may open many files happens here and never on the loop."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

Result = TypeVar("Result")

# How long the end of the process waits for a job to notice that it is to end. One that hangs in the file
# system is left behind.
_LEAVING_SECONDS = 1.0


class Interruption(BaseException):
    """A job stops where it is. No `except Exception` on its way is to take it for a failure."""


class Postponed(Interruption):
    """Something more urgent is waiting; the job starts again after that."""


class Ended(Interruption):
    """Nobody waits for the job any more."""


class _Job:
    def __init__(
        self, priority: int, number: int, run: Callable[[], Any], answer: asyncio.Future[Any]
    ) -> None:
        self.priority = priority
        self.number = number
        self.run = run
        self.answer = answer

    def __lt__(self, other: _Job) -> bool:
        return (self.priority, self.number) < (other.priority, other.number)


class Worker:
    """Runs jobs one after the other, those of the lowest number for `priority` first.

    A job has to bear being started again: it is stopped, in `watch`, when a more urgent one comes.
    """

    def __init__(self) -> None:
        # What the running job said last: what is read, how many are done, how many there are.
        self.step: tuple[str, int, int] | None = None
        self._condition = threading.Condition()
        self._jobs: list[_Job] = []
        self._numbers = itertools.count()
        self._current: _Job | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None

    def submit(self, priority: int, run: Callable[[], Result]) -> asyncio.Future[Result]:
        """Called on the loop, where the answer arrives. Cancelling the answer ends the job."""
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        with self._condition:
            if self._stopping:
                answer.cancel()
                return answer
            heapq.heappush(self._jobs, _Job(priority, next(self._numbers), run, answer))
            self._condition.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="projects", daemon=True)
            self._thread.start()
        return answer

    def watch(self, what: str, done: int, total: int) -> None:
        """For the running job to say how far it is. Raises an `Interruption` where it is to stop."""
        job = self._current
        if self._stopping or job is None or job.answer.cancelled():
            raise Ended
        self.step = (what, done, total)
        with self._condition:
            if self._jobs and self._jobs[0].priority < job.priority:
                raise Postponed

    def stop(self) -> None:
        """Ends the thread, at once where the running job watches."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join(_LEAVING_SECONDS)

    def _work(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._jobs or self._stopping)
                if self._stopping:
                    return
                job = self._current = heapq.heappop(self._jobs)
            self.step = None
            if not job.answer.cancelled():
                self._run(job)

    def _run(self, job: _Job) -> None:
        try:
            result = job.run()
        except Postponed:
            with self._condition:
                heapq.heappush(self._jobs, job)
        except Ended:
            _deliver(job, job.answer.cancel)
        except BaseException as error:
            _deliver(job, job.answer.set_exception, error)
        else:
            _deliver(job, job.answer.set_result, result)


def _deliver(job: _Job, answer: Callable[..., Any], *arguments: Any) -> None:
    def settle() -> None:
        if not job.answer.done():
            answer(*arguments)

    # The loop is closed: the process is about to end.
    with suppress(RuntimeError):
        job.answer.get_loop().call_soon_threadsafe(settle)
