"""The command that rehearses a migration, and what it leaves in the text: where the analysis was wrong.

The rehearsal is a process of its own (cli/rehearse_job.py). It ends when its input ends: by the user's wish,
or with this process, however that comes to its end.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ecto_migrations_analysis.syntax.span import Span
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled

from . import convert, diagnostics, progress
from .documents import Document
from .session import Session

CODE = "rehearsal"
_JOB = "ecto_migrations_server.cli.rehearse_job"
# From the wish to end to the end by force. A server that is asked to end has 20 seconds itself.
_PATIENCE_SECONDS = 30.0
# Between two looks whether one that was cancelled is gone.
_PAUSE_SECONDS = 0.05

Step = Callable[[str, int], None]


class Job:
    """One rehearsal's process. Everything here is called on the loop, but for `_work`."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._request = request
        self.is_cancelled = False
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def start(self, step: Step) -> asyncio.Future[dict[str, Any]]:
        """What the process answers: `result`, `problem` or `cancelled`."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[dict[str, Any]] = loop.create_future()

        def settle(found: dict[str, Any] | Exception) -> None:
            if answer.done():
                return
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        def say(text: str, percent: int) -> None:
            loop.call_soon_threadsafe(step, text, percent)

        def work() -> None:
            found: dict[str, Any] | Exception
            try:
                found = self._work(say)
            except Exception as error:
                found = error
            # Where the loop is closed, this process is about to end.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, found)

        threading.Thread(target=work, name="rehearsal", daemon=True).start()
        return answer

    def cancel(self) -> None:
        """Comes back at once; the answer comes when the process and all that it started are gone."""
        with self._lock:
            self.is_cancelled = True
            process = self._process
        if process is not None:
            _close(process)
            with suppress(RuntimeError):
                asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, process.kill)

    def _work(self, step: Step) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        with tempfile.TemporaryFile() as errors:
            try:
                # Safe path: a json.py in the current folder is nobody's business.
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", _JOB],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    start_new_session=True,
                )
            except OSError as error:
                return {"problem": f"Python cannot be started: {error.strerror or error}"}
            with self._lock:
                self._process = process
            assert process.stdin is not None and process.stdout is not None
            with suppress(OSError, ValueError):
                process.stdin.write(json.dumps(self._request).encode() + b"\n")
                process.stdin.flush()
            if self.is_cancelled:
                _close(process)
            for line in process.stdout:
                said = json.loads(line)
                if "step" in said:
                    step(said["step"], said["percent"])
                else:
                    answer = said
            process.stdout.close()
            process.wait()
            _close(process)
            if not answer and not self.is_cancelled:
                errors.seek(0)
                lines = errors.read().decode(errors="replace").strip().splitlines()
                answer = {"problem": f"the rehearsal ended: {lines[-1] if lines else 'it says no reason'}"}
        return {"cancelled": True} if self.is_cancelled else answer


def _close(process: subprocess.Popen[bytes]) -> None:
    """Ends its input. What could not be written any more is of no use to a process that is gone."""
    assert process.stdin is not None
    with suppress(OSError, ValueError):
        process.stdin.close()


async def rehearse(ls: Session, uri: Any) -> dict[str, Any] | None:
    """`title`, `markdown` and `verdict` of the rehearsal of an open document.

    Raises JsonRpcException, with a sentence for the user, where it cannot be rehearsed or was cancelled.
    """
    document = ls.migration(str(uri))
    if document is None:
        return None
    if document.path is None:
        raise _refused("the file has to be saved once: its name tells which migrations come before it")
    analysis = await ls.full_analysis(document)
    root = analysis.project.root or os.path.dirname(document.path)
    shown = os.path.relpath(document.path, root).replace(os.sep, "/")
    while (before := ls.rehearsals.get(document.key)) is not None:
        if not before.is_cancelled:
            raise _refused("this migration is being rehearsed already")
        await asyncio.sleep(_PAUSE_SECONDS)
    texts = {**ls.reader.unsaved(), document.path: document.source.data}
    job = ls.rehearsals[document.key] = Job(
        {
            "path": document.path,
            "shown": shown,
            "settings": dict(ls.settings.given),
            "buffers": {path: data.decode() for path, data in texts.items()},
        }
    )
    try:
        async with progress.shown(ls, f"Rehearsing {os.path.basename(shown)}", job.cancel) as step:
            try:
                answer = await job.start(step)
            except asyncio.CancelledError:
                job.cancel()
                raise
    finally:
        del ls.rehearsals[document.key]
    if "cancelled" in answer:
        raise JsonRpcRequestCancelled(message="the rehearsal was cancelled; nothing of it is left")
    if "problem" in answer:
        raise _refused(answer["problem"], missing=bool(answer.get("missing")))
    result: dict[str, Any] = answer["result"]
    _keep(ls, document, result)
    names = [migration.migration.module for migration in analysis.migrations]
    title = names[0].rpartition(".")[2] if names else os.path.basename(shown)
    return {"title": f"Rehearsal: {title}", "markdown": result["markdown"], "verdict": result["verdict"]}


def stop_all(ls: Session) -> None:
    """Nobody waits for them any more."""
    for job in ls.rehearsals.values():
        job.cancel()


def _keep(ls: Session, document: Document, result: Mapping[str, Any]) -> None:
    """Shows, until the text changes, where it was not as the analysis says."""
    now = ls.documents.get(document.uri)
    if now is None or now.text != document.text:
        return
    ls.contradictions[now.key] = (now.text, _contradictions(ls, now, result))
    diagnostics.arrived(ls, now)


def _contradictions(ls: Session, document: Document, result: Mapping[str, Any]) -> list[types.Diagnostic]:
    server = f"Rehearsed on PostgreSQL {result['server']}"
    found = [
        (_line(document, item["line"]), f"{server}, {item['direction']}: {item['text']}")
        for item in result["differences"]
    ]
    analysis = ls.analysis(document)
    is_known = any(finding.rule == "down-not-inverse" for finding in analysis.findings)
    if result["left"] and not is_known and analysis.migrations:
        place = convert.text_range(document.source, analysis.migrations[0].migration.name_span)
        found += [(place, f"{server}, after the rollback: {text}") for text in result["left"]]
    return [
        types.Diagnostic(
            range=place,
            severity=types.DiagnosticSeverity.Warning,
            source=convert.SOURCE,
            code=CODE,
            message=message,
        )
        for place, message in found
    ]


def _line(document: Document, number: int) -> types.Range:
    """A line (from 1), without the blanks around it."""
    lines = document.source.lines
    span = Span(lines.line_start(number - 1), lines.line_end(number - 1))
    text = document.source.data[span.start : span.end]
    start = span.end - len(text.lstrip())
    return convert.text_range(document.source, Span(start, start + len(text.strip())))


def _refused(sentence: str, *, missing: bool = False) -> JsonRpcException:
    """`missing`: a package has to be installed first; a client may have a way for that."""
    data = {"missing": "rehearse"} if missing else None
    return JsonRpcException(message=sentence, code=types.LSPErrorCodes.RequestFailed, data=data)
