"""Work-done progress: the client sees how far reading projects or a long command is, and may stop it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from .protocol import Protocol

if TYPE_CHECKING:
    from .session import Session

# Less than this, nobody notices. And not more messages than can be read.
_NOTICEABLE_SECONDS = 0.2
_REPORT_SECONDS = 0.1

# Migrations are read first, schema modules then: how far of the whole each of them begins and ends.
_SHARES = {"migrations": (0, 70), "schema modules": (70, 100)}


class Progress:
    """One at a time, from the beginning of the work until the worker rests."""

    def __init__(self, ls: Session) -> None:
        self._ls = ls
        self._task: asyncio.Task[None] | None = None
        self._token: str | None = None

    def begin(self) -> None:
        """There is work after a rest."""
        if self._ls.client.shows_progress and (self._task is None or self._task.done()):
            self._task = asyncio.ensure_future(self._run())

    def is_shown(self, token: types.ProgressToken) -> bool:
        return token == self._token

    async def _run(self) -> None:
        if await self._at_rest(_NOTICEABLE_SECONDS):
            return
        progress = self._ls.work_done_progress
        token = str(uuid4())
        # A client may refuse, and has none then.
        with suppress(JsonRpcException):
            await progress.create_async(token)
            self._token = token
            progress.begin(
                token, types.WorkDoneProgressBegin("Reading the project", cancellable=True, percentage=0)
            )
            try:
                await self._report(token)
            finally:
                self._token = None
                progress.tokens.pop(token, None)
                message = "stopped until the next change" if self._ls.index.stopped else None
                progress.end(token, types.WorkDoneProgressEnd(message=message))

    async def _report(self, token: str) -> None:
        percentage = 0
        last = None
        while not await self._at_rest(_REPORT_SECONDS):
            step = self._ls.worker.step
            if step is None or step == last:
                continue
            last = (what, done, total) = step
            start, end = _SHARES.get(what, (0, 100))
            # Of several documents the second begins at the first migration again.
            percentage = max(percentage, start + (end - start) * done // max(total, 1))
            self._ls.work_done_progress.report(
                token,
                types.WorkDoneProgressReport(
                    cancellable=True, message=f"{done} of {total} {what}", percentage=percentage
                ),
            )

    async def _at_rest(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._ls.index.at_rest.wait(), seconds)
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def shown(
    ls: Session, title: str, stop: Callable[[], object]
) -> AsyncIterator[Callable[[str, int], None]]:
    """While a long command runs: gives what says its step and how much is done, in percent.

    `stop` is called where the user has had enough: a click at the progress, or the request cancelled.
    """
    request = ls.protocol.msg_id
    assert request is not None and isinstance(ls.protocol, Protocol)
    ls.protocol.stops[request] = stop
    try:
        async with _bar(ls, title, stop) as report:
            yield report
    finally:
        del ls.protocol.stops[request]


@asynccontextmanager
async def _bar(
    ls: Session, title: str, stop: Callable[[], object]
) -> AsyncIterator[Callable[[str, int], None]]:
    progress, token = ls.work_done_progress, await _token(ls)
    if token is None:
        yield lambda message, percentage: None
        return
    ls.stops[token] = stop
    progress.begin(token, types.WorkDoneProgressBegin(title, cancellable=True, percentage=0))
    try:
        yield lambda message, percentage: progress.report(
            token,
            types.WorkDoneProgressReport(cancellable=True, message=message, percentage=percentage),
        )
    finally:
        del ls.stops[token]
        progress.tokens.pop(token, None)
        progress.end(token, types.WorkDoneProgressEnd())


async def _token(ls: Session) -> types.ProgressToken | None:
    """That of the client, which came with its request; else one of ours, where it shows any."""
    assert isinstance(ls.protocol, Protocol)
    given = ls.protocol.progress_of_request()
    if given is not None or not ls.client.shows_progress:
        return given
    token = str(uuid4())
    try:
        await ls.work_done_progress.create_async(token)
    except JsonRpcException:
        # The client refuses, and has none.
        return None
    return token


def cancel(ls: Session, params: types.WorkDoneProgressCancelParams) -> None:
    """window/workDoneProgress/cancel: a command ends.

    Of reading: what is not known yet is not said, until the next change.
    """
    if (stop := ls.stops.get(params.token)) is not None:
        stop()
    elif ls.reading_progress.is_shown(params.token):
        ls.index.stop()
