"""What the worker does: reads the project around a document, and judges the document by it."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Iterable
from dataclasses import replace as with_changes
from functools import cached_property
from glob import glob
from typing import TYPE_CHECKING

from ecto_migrations_analysis.project.context import DatabaseVersion, PastMigration, ProjectContext
from ecto_migrations_analysis.records import replace

from .documents import Document, Documents
from .knowledge import Knowledge, complete, outline, seal
from .settings import ORIGIN, Settings
from .sources import Sources
from .worker import Worker

if TYPE_CHECKING:
    from ecto_migrations_analysis.project.discovery import Workspace


# Where a project's migrations are, from a folder that is open in the editor.
_FOLDERS = ("priv/*/migrations", "apps/*/priv/*/migrations")
_MOST_FOLDERS = 8


class Reader:
    """Everything here runs in the worker's thread, but for `settings`, which the loop replaces."""

    def __init__(self, documents: Documents, sources: Sources, worker: Worker) -> None:
        self.settings = Settings()
        self._documents = documents
        self._sources = sources
        self._watch = worker.watch

    def surroundings(self, path: str) -> ProjectContext:
        """The repo and its database, from a few files: enough not to judge by those of another."""
        return self.configured(self._workspace.surroundings(path, self.unsaved()))

    def knowledge(self, document: Document, before: ProjectContext | None) -> Knowledge:
        """The project around a document, which has just been read; `before` is what was known of it."""
        error = ""
        try:
            context = self._context(document.path, before)
        except Exception:
            # The document itself can still be judged.
            error = traceback.format_exc()
            context = outline(before or self.configured(ProjectContext()))
        return with_changes(self.analysis(document, context), error=error)

    def analysis(self, document: Document, context: ProjectContext) -> Knowledge:
        """The document by a context that is known. From here on the context reads nothing."""
        # Not imported at the start: `initialize` is answered before the parser and the rules are loaded.
        from ecto_migrations_analysis.engine import analyze

        start = time.thread_time()
        try:
            analysis = analyze(document.source, context)
        except Exception:
            # It fails again, and is logged, where the document is to be shown.
            analysis = None
        seconds = time.thread_time() - start
        seal(context)
        for finding in analysis.findings if analysis is not None else ():
            for related in finding.related:
                self._sources.current(related.place.path)
        return Knowledge(context=context, analysis=analysis, seconds=seconds)

    def past(self, path: str) -> tuple[PastMigration, ...]:
        """Every migration around the file, in order."""
        read = self._workspace.context_for(path, self.unsaved(), self._watch).history
        return read() if read is not None else ()

    def read_ahead(self, roots: Iterable[str]) -> None:
        """Reads the projects of these folders, so that the first document finds them known."""
        folders = [
            folder
            for root in roots
            for pattern in _FOLDERS
            for folder in sorted(glob(os.path.join(os.path.abspath(root), pattern)))
        ]
        for folder in folders[:_MOST_FOLDERS]:
            path = os.path.join(folder, "99999999999999_next.exs")
            complete(self._workspace.context_for(path, self.unsaved(), self._watch), None)

    def configured(self, context: ProjectContext) -> ProjectContext:
        """The editor's settings hold before what the project says."""
        settings, version = self.settings.adjust(context.settings), context.version
        if self.settings.database_version is not None:
            version = DatabaseVersion(major=self.settings.database_version, source=ORIGIN)
        return replace(context, settings=settings, version=version)

    def _context(self, path: str | None, before: ProjectContext | None) -> ProjectContext:
        if path is None:
            return self.configured(ProjectContext())
        found = self._workspace.context_for(path, self.unsaved(), self._watch)
        return complete(self.configured(found), before)

    @cached_property
    def _workspace(self) -> Workspace:
        from ecto_migrations_analysis.project.discovery import Workspace

        return Workspace(adjust=lambda settings: self.settings.adjust(settings))

    def unsaved(self) -> dict[str, bytes]:
        """The texts of open documents that are not what the disk has.

        The others are left to their files: a document that is only opened changes nothing for the history.
        """
        found = {}
        for document in self._documents:
            if document.path is not None and document.source.data != _on_disk(document.path):
                found[document.path] = document.source.data
        return found


def _on_disk(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
