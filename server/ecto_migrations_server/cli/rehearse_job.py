"""A rehearsal for the language server, as a process of its own: `python -m …cli.rehearse_job`.

One line of JSON comes in: `path`, how it is `shown`, and what holds instead of the files: the editor's
`settings` and `buffers` (texts by path). Lines of JSON go out: `step` and `percent`, at the end `result`,
`problem` (with `missing` where that is a package) or `cancelled`. The end of the input asks for the end:
nothing is left behind where the language server is killed either.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..rehearse.cancellation import Cancellation
    from ..rehearse.model import Rehearsal
    from ..rehearse.request import Request


def main() -> int:
    """Answers one request."""
    from ..rehearse.cancellation import Cancellation
    from ..rehearse.errors import Cancelled, Missing, NoRehearsal
    from ..rehearse.request import rehearse_file

    gc.enable()
    asked = json.loads(_line())
    cancellation = Cancellation()
    signal.signal(signal.SIGTERM, lambda *_: cancellation.cancel())
    threading.Thread(target=_cancel_at_the_end, args=(cancellation,), daemon=True).start()
    try:
        request = _request(asked)
        data = _text(request)
        found = rehearse_file(request, _say_step, cancellation)
    except Cancelled:
        _say({"cancelled": True})
    except NoRehearsal as error:
        _say({"problem": str(error), "missing": isinstance(error, Missing)})
    else:
        _remember(request, data, found)
        _say({"result": _result(asked["shown"], found)})
    return 0


def _line() -> bytes:
    """The first line of the input; nothing that follows is taken into a buffer."""
    read = b""
    while not read.endswith(b"\n"):
        piece = os.read(sys.stdin.fileno(), 1)
        if not piece:
            raise SystemExit(1)
        read += piece
    return read


def _cancel_at_the_end(cancellation: Cancellation) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    cancellation.cancel()


def _request(asked: dict[str, Any]) -> Request:
    from ecto_migrations_analysis.project.discovery import Workspace
    from ecto_migrations_analysis.project.settings import Settings
    from ecto_migrations_analysis.project.settings_file import stated_over
    from ecto_migrations_analysis.project.settings_keys import read_values
    from ecto_migrations_analysis.syntax.source import Source

    from ..rehearse.request import Request

    buffers = {path: text.encode() for path, text in asked["buffers"].items()}
    stated = read_values(asked["settings"], None).values

    def adjust(settings: Settings) -> Settings:
        return stated_over(settings, stated, "the editor's settings") if stated else settings

    path = asked["path"]
    project = Workspace(settled=True, adjust=adjust).context_for(path, buffers)
    source = Source(buffers[path], path) if path in buffers else None
    return Request(path=path, source=source, project=project, buffers=buffers, folder=project.root)


def _text(request: Request) -> bytes | None:
    """The text that is rehearsed, before anything can change it."""
    if request.source is not None:
        return request.source.data
    try:
        with open(request.path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _remember(request: Request, data: bytes | None, found: Rehearsal) -> None:
    """For the report of exactly this text."""
    from contextlib import suppress

    from .. import verification
    from ..rehearse.record import record

    if data is not None:
        with suppress(OSError):
            verification.remember([record(request.path, data, found)], verification.record_of(request.path))


def _result(shown: str, found: Rehearsal) -> dict[str, Any]:
    from io import StringIO

    from ..rehearse import words
    from .formats import rehearsal_markdown

    page = StringIO()
    rehearsal_markdown.write(shown, found, True, page)
    return {
        "markdown": page.getvalue(),
        "verdict": found.verdict,
        "server": found.server,
        "differences": [
            {"direction": direction, "line": seen.line, "text": text}
            for direction, seen, text in found.differences
        ],
        # Where a part of the history was not run, the rollback may have met another schema than its own.
        "left": [] if any(item.doubtful for item in found.passes) else words.catalog(found),
    }


def _say_step(text: str, percent: int) -> None:
    _say({"step": text, "percent": percent})


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    sys.exit(main())
