"""What is known of the mix project around an open file, kept until something is saved."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping

from ecto_migrations_analysis.project.context import DatabaseVersion, ProjectContext
from ecto_migrations_analysis.syntax.source import Source

from .documents import Documents
from .settings import Settings

_log = logging.getLogger(__name__)


class Projects:
    """Project contexts by path. Reading one looks at every file of the history: not at each keystroke.

    By path and not by folder, because the schema that a migration meets is that of the earlier ones.
    """

    def __init__(
        self, read: Callable[[str, Mapping[str, bytes]], ProjectContext], documents: Documents
    ) -> None:
        """`read` gets a path and the texts of open buffers by path, which count instead of the files."""
        self._read = read
        self._documents = documents
        self._contexts: dict[str | None, ProjectContext] = {}
        self._sources: dict[str, Source] = {}
        self._settings = Settings()

    def configure(self, settings: Settings) -> None:
        self._settings = settings
        self.forget()

    def forget(self) -> None:
        """Something on disk has changed: read again what is asked for next."""
        self._contexts.clear()
        self._sources.clear()

    def edited(self, path: str | None) -> None:
        """An open text has changed: the other documents meet what it says now.

        Its own context stays: a keystroke looks at no other file.
        """
        self._contexts = {known: kept for known, kept in self._contexts.items() if known == path}

    def context(self, path: str | None) -> ProjectContext:
        """The same object until `forget` or `configure`; an empty one for what is not a file."""
        if path not in self._contexts:
            self._contexts[path] = self._configured(self._context(path))
        return self._contexts[path]

    def source(self, path: str) -> Source:
        """The text of a file, open or as it was when first asked for; empty where it is gone."""
        for document in self._documents:
            if document.path == path:
                return document.source
        if path not in self._sources:
            try:
                with open(path, "rb") as file:
                    self._sources[path] = Source(file.read(), path)
            except OSError:
                self._sources[path] = Source(b"", path)
        return self._sources[path]

    def _context(self, path: str | None) -> ProjectContext:
        if path is None:
            return ProjectContext()
        try:
            buffers = {other.path: other.source.data for other in self._documents if other.path is not None}
            return self._read(path, buffers)
        except Exception:
            # The file itself can still be analysed; this is logged once, not for each keystroke.
            _log.exception("The project around %s could not be read", path)
            return ProjectContext()

    def _configured(self, context: ProjectContext) -> ProjectContext:
        if self._settings.database_version is None:
            return context
        version = DatabaseVersion(major=self._settings.database_version, source="the editor's settings")
        return dataclasses.replace(context, version=version)
