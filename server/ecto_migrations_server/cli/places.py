"""Places in files other than the one under analysis."""

from __future__ import annotations

import os

from ecto_migrations_analysis.syntax.source import Source


class Places:
    """Reads each file once. A file that is gone counts as empty, and every place in it as its start."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}

    def source(self, path: str) -> Source:
        if path not in self._sources:
            try:
                with open(path, "rb") as file:
                    self._sources[path] = Source(file.read(), path)
            except OSError:
                self._sources[path] = Source(b"", path)
        return self._sources[path]

    @staticmethod
    def shown(path: str) -> str:
        """The path from the current folder where it lies below it, else as it is."""
        below = os.path.join(os.getcwd(), "")
        return path[len(below) :] if path.startswith(below) else path
