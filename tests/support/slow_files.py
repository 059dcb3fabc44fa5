"""A file system that answers when the test says so."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

from .wire import PATIENCE


class SlowFile:
    """A file that keeps everybody who opens it waiting until it is released: a named pipe at first."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        # By another name the pipe can still be written to when the file has taken its place.
        self._pipe = path.with_name(f".{path.name}.pipe")
        os.mkfifo(path)
        os.link(path, self._pipe)

    def release(self) -> None:
        """Who waits gets the text (the test waits for somebody to be there), and who comes later too."""
        waited_for = self._opened()
        regular = self._path.with_name(f".{self._path.name}.regular")
        regular.write_text(self._text)
        os.replace(regular, self._path)
        with os.fdopen(waited_for, "w") as pipe:
            pipe.write(self._text)
        self._pipe.unlink()

    def _opened(self) -> int:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                # ENXIO: nobody reads yet.
                if error.errno != errno.ENXIO or time.monotonic() > end:
                    raise
            time.sleep(0.01)
