"""How a rehearsal is ended from another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from .errors import Cancelled


class Cancellation:
    """Asks a rehearsal to end. `cancel` may be called from any thread, at any time, more than once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = False
        # How to connect, and the sessions to end.
        self._sessions: tuple[Mapping[str, Any], tuple[int, ...]] | None = None

    def cancel(self) -> None:
        """Comes back at once; the rehearsal raises `Cancelled` when all that it started is gone."""
        with self._lock:
            if self._asked:
                return
            self._asked = True
            sessions = self._sessions
        if sessions is not None:
            threading.Thread(target=_end, args=sessions, daemon=True).start()

    def check(self) -> None:
        """Raises `Cancelled` where somebody asked for it."""
        if self._asked:
            raise Cancelled

    @contextmanager
    def ends(self, parameters: Mapping[str, Any], sessions: tuple[int, ...]) -> Iterator[None]:
        """While this lasts, a request ends these sessions of the server, and what they run with them.

        What they raise then, whatever it is, comes out as `Cancelled`.
        """
        with self._lock:
            self._sessions = (parameters, sessions)
        try:
            self.check()
            yield
        except Exception as error:
            if self._asked:
                raise Cancelled from error
            raise
        finally:
            with self._lock:
                self._sessions = None


def _end(parameters: Mapping[str, Any], sessions: tuple[int, ...]) -> None:
    """A statement that is cancelled could be followed by the next one; a session that is gone cannot."""
    import psycopg

    with suppress(psycopg.Error), psycopg.connect(**parameters, autocommit=True) as connection:
        for pid in sessions:
            connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
