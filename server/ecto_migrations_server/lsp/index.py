"""What is known of the project around each open migration, and when it is found out anew.

A document is judged by the last that is known; nothing on the loop waits for files. The worker finds out what
is new and brings it: at once where somebody asks, else when typing pauses.

What is known of a document has a number, that of the last change that it takes into account. A change of one
text concerns all others (they meet what it does), and its own document less urgently.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from ecto_migrations_analysis.project.context import PastMigration, ProjectContext

from .documents import Document, Documents
from .knowledge import Knowledge, outline
from .reading import Reader
from .worker import Worker

_log = logging.getLogger(__name__)
Result = TypeVar("Result")

# In the order of urgency.
_SURROUNDINGS, _ANALYSIS, _DOCUMENT, _AHEAD = range(4)

# A document that is opened waits so long for the history, so that it does not show at first what the history
# then takes back; and so long for anything at all.
_SOON_SECONDS = 0.3
_LATE_SECONDS = 1.5
# Typing has paused.
_PAUSE_SECONDS = 0.3

NOTHING = ProjectContext()


@dataclass(eq=False)
class _Entry:
    """An open migration. `made` is the number of the change that `context` takes into account; -1: none."""

    document: Document
    context: ProjectContext | None = None
    surroundings: ProjectContext | None = None
    made: int = -1
    # Waits no longer for the history.
    impatient: bool = False
    job: asyncio.Future[_Found] | None = None
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    # There is a context, or it is known that there will be none.
    settled: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class _Found:
    change: int
    document: Document
    knowledge: Knowledge


class Index:
    """Belongs to the loop; the worker runs only what is submitted to it."""

    def __init__(self, documents: Documents, reader: Reader, worker: Worker) -> None:
        self._documents = documents
        self._reader = reader
        self._worker = worker
        self._entries: dict[str, _Entry] = {}
        # The number of the last change, of the last one that concerns every document, and by path.
        self._change = 0
        self._everything = 0
        self._edits: dict[str, int] = {}
        self._pause: asyncio.TimerHandle | None = None
        # The user has stopped it: it begins again with the next change.
        self._stopped = False
        self._running: set[asyncio.Future[Any]] = set()
        # Called when something else is known of a document, and when work begins after a rest.
        self.on_arrival: Callable[[Document], None] = _ignore
        self.on_work: Callable[[], None] = lambda: None
        # Nothing is being read.
        self.at_rest = asyncio.Event()

    @property
    def stopped(self) -> bool:
        return self._stopped

    # --- what is known -------------------------------------------------------------------------------------

    def context(self, document: Document) -> ProjectContext | None:
        """What the document is to be judged by now; None where that is still to come."""
        entry = self._entries.get(document.key)
        return entry.context if entry is not None else None

    async def anything(self, document: Document) -> None:
        """Waits until there is a context: the whole one where that comes soon."""
        entry = self._entries.get(document.key)
        if entry is not None:
            await entry.settled.wait()

    async def ready(self, document: Document, seconds: float | None = None) -> bool:
        """Waits until every change so far is taken into account: False where it was stopped or failed.

        With `seconds`, until anything is known at all, and no longer than that.
        """
        entry = self._entries.get(document.key)
        if entry is None:
            return False
        needed = 0 if seconds is not None else self._needed(entry)
        end = asyncio.get_running_loop().time() + seconds if seconds is not None else None
        while entry.made < needed and self._entries.get(document.key) is entry and not self._stopped:
            self._find_out(entry)
            assert entry.job is not None
            left = end - asyncio.get_running_loop().time() if end is not None else None
            if left is not None and left <= 0:
                break
            # Leaves the job alone where this request is cancelled.
            await asyncio.wait([entry.job], timeout=left)
        return entry.made >= needed

    async def past(self, path: str | None, then: Callable[[tuple[PastMigration, ...]], Result]) -> Result:
        """Every migration around the file, for `then`, which may read files too."""
        answer = self._submit(_DOCUMENT, lambda: then(self._reader.past(path) if path else ()))
        return await answer

    # --- what changes --------------------------------------------------------------------------------------

    def start(self, roots: Iterable[str]) -> None:
        """Reads the projects of these folders ahead."""
        answer = self._submit(_AHEAD, partial(self._reader.read_ahead, tuple(roots)))
        answer.add_done_callback(_log_failure)

    def put(self, document: Document) -> None:
        """The document was opened or has another text."""
        if document.path is not None:
            self._change += 1
            self._edits[document.path] = self._change
        self._stopped = False
        entry = self._entries.get(document.key)
        if not document.is_migration:
            self._leave(document.key)
        elif entry is None:
            self._enter(document)
        else:
            entry.document = document
        self._find_out_soon()

    def closed(self, document: Document) -> None:
        """What was not saved does not count any more."""
        if document.path is not None:
            self._edits.pop(document.path, None)
        self._leave(document.key)
        self._concerns_all()
        self._find_out_soon()

    def read_again(self) -> None:
        """Files have changed, or the settings."""
        self._concerns_all()
        self._find_out_now()

    def stop(self) -> None:
        """The user does not want to wait: what is not known by now is not said, until the next change."""
        self._stopped = True
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        for answer in tuple(self._running):
            answer.cancel()
        for entry in self._entries.values():
            if entry.made < self._needed(entry):
                known = entry.surroundings or entry.context
                self._accept(entry, outline(known) if known is not None else NOTHING)

    def close(self) -> None:
        """The client is leaving: nothing is found out any more."""
        for key in tuple(self._entries):
            self._leave(key)
        self.stop()

    def _concerns_all(self) -> None:
        self._change += 1
        self._everything = self._change
        self._stopped = False

    def _needed(self, entry: _Entry) -> int:
        """The last change that the document has to take into account; its own text is not among them."""
        others = [change for path, change in self._edits.items() if _concerns(entry, path)]
        return max(self._everything, *others, 0)

    def _due(self, entry: _Entry) -> int:
        """The last change that matters to the document at all: what follows its migration meets its text."""
        return max(self._needed(entry), self._edits.get(entry.document.path or "", 0))

    # --- finding out ---------------------------------------------------------------------------------------

    def _enter(self, document: Document) -> None:
        entry = self._entries[document.key] = _Entry(document)
        if document.path is None:
            entry.context = self._reader.configured(NOTHING)
            entry.settled.set()
            return
        answer = self._submit(_SURROUNDINGS, partial(self._reader.surroundings, document.path))
        answer.add_done_callback(partial(self._surroundings_found, entry))
        self._find_out(entry)
        loop = asyncio.get_running_loop()
        entry.timers = [
            loop.call_later(_SOON_SECONDS, self._wait_no_longer, entry),
            loop.call_later(_LATE_SECONDS, self._go_without, entry),
        ]

    def _leave(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            entry.settled.set()
            for timer in entry.timers:
                timer.cancel()
            if entry.job is not None:
                entry.job.cancel()

    def _surroundings_found(self, entry: _Entry, answer: asyncio.Future[ProjectContext]) -> None:
        if answer.cancelled():
            return
        if (error := answer.exception()) is not None:
            _log.error("The project around %s could not be read", entry.document.path, exc_info=error)
            return
        entry.surroundings = answer.result()
        if entry.impatient and entry.made < 0:
            self._accept(entry, entry.surroundings)

    def _wait_no_longer(self, entry: _Entry) -> None:
        entry.impatient = True
        if entry.made < 0 and entry.surroundings is not None:
            self._accept(entry, entry.surroundings)

    def _go_without(self, entry: _Entry) -> None:
        if entry.context is None:
            self._accept(entry, self._reader.configured(NOTHING))

    def _find_out_soon(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._pause = asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._find_out_now)

    def _find_out_now(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        for entry in self._entries.values():
            analysed = entry.document.analysed
            if entry.context is not None and (analysed is None or analysed[0] is not entry.context):
                self._analyse(entry, entry.context)
            if entry.made < self._due(entry):
                self._find_out(entry)

    def _find_out(self, entry: _Entry) -> None:
        """Where it is being found out already, that is taken into account when it is there."""
        if entry.job is None:
            entry.job = self._submit(_DOCUMENT, partial(self._look, entry))
            entry.job.add_done_callback(partial(self._found, entry))

    def _look(self, entry: _Entry) -> _Found:
        """In the worker. The number is read before the texts: a change in between is looked at again."""
        change, document = self._change, entry.document
        return _Found(change, document, self._reader.knowledge(document, entry.context))

    def _found(self, entry: _Entry, answer: asyncio.Future[_Found]) -> None:
        entry.job = None
        if self._entries.get(entry.document.key) is not entry or self._stopped:
            return
        if answer.cancelled():
            # Stopped, and a change came since.
            self._find_out(entry)
            return
        found = answer.result()
        entry.made = found.change
        if found.knowledge.error:
            # Once for each change, not for each keystroke.
            path, error = found.document.path, found.knowledge.error
            _log.error("The project around %s could not be read\n%s", path, error)
        entry.surroundings = outline(found.knowledge.context)
        self._take_over(entry, found)
        self._accept(entry, found.knowledge.context)
        if entry.made < self._due(entry) and self._pause is None:
            self._find_out(entry)

    def _analyse(self, entry: _Entry, context: ProjectContext) -> None:
        """A text that takes long is analysed by the worker, before it goes on with what it is reading."""
        change, document = self._change, entry.document
        answer = self._submit(
            _ANALYSIS, lambda: _Found(change, document, self._reader.analysis(document, context))
        )
        answer.add_done_callback(partial(self._analysed, entry))

    def _analysed(self, entry: _Entry, answer: asyncio.Future[_Found]) -> None:
        if not answer.cancelled():
            self._take_over(entry, answer.result())
            self.on_arrival(entry.document)

    def _take_over(self, entry: _Entry, found: _Found) -> None:
        if found.knowledge.analysis is not None:
            found.document.analysed = (found.knowledge.context, found.knowledge.analysis)
            entry.document.seconds = found.knowledge.seconds

    def _accept(self, entry: _Entry, context: ProjectContext) -> None:
        entry.context = context
        entry.settled.set()
        self.on_arrival(entry.document)

    def _submit(self, priority: int, run: Callable[[], Result]) -> asyncio.Future[Result]:
        answer = self._worker.submit(priority, run)
        if not self._running:
            self.at_rest.clear()
            self.on_work()
        self._running.add(answer)
        answer.add_done_callback(self._done)
        return answer

    def _done(self, answer: asyncio.Future[Any]) -> None:
        self._running.discard(answer)
        if not self._running:
            self.at_rest.set()


def _concerns(entry: _Entry, path: str) -> bool:
    """Whether the document may have to do with another one: they are not of different projects."""
    root = entry.context.root if entry.context is not None else None
    if root is not None and os.path.basename(os.path.dirname(root)) == "apps":
        root = os.path.dirname(os.path.dirname(root))
    return path != entry.document.path and (root is None or path.startswith(root + os.sep))


def _ignore(document: Document) -> None:
    """Nobody listens yet."""


def _log_failure(answer: asyncio.Future[None]) -> None:
    if not answer.cancelled() and (error := answer.exception()) is not None:
        _log.error("The projects of the open folders could not be read", exc_info=error)
