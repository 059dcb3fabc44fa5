"""The texts of files that something points to: related places, definitions, references."""

from __future__ import annotations

import os

from ecto_migrations_analysis.syntax.source import Source

from .documents import Documents


class Sources:
    """Texts by path: those of open documents, else as they are on the disk."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._read: dict[str, tuple[tuple[int, int] | None, Source]] = {}

    def known(self, path: str) -> Source:
        """As `current` found it the last time; the disk is asked only for what never was."""
        if (source := self._open(path)) is not None:
            return source
        return self._read[path][1] if path in self._read else self.current(path)

    def current(self, path: str) -> Source:
        """The text as it is now; empty where the file is gone."""
        if (source := self._open(path)) is not None:
            return source
        try:
            status = os.stat(path)
            stamp = (status.st_mtime_ns, status.st_size)
            kept = self._read.get(path)
            if kept is not None and kept[0] == stamp:
                return kept[1]
            with open(path, "rb") as file:
                source = Source(file.read(), path)
        except OSError:
            stamp, source = None, Source(b"", path)
        self._read[path] = (stamp, source)
        return source

    def _open(self, path: str) -> Source | None:
        return next((document.source for document in self._documents if document.path == path), None)
