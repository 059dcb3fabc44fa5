"""The server's state during one connection."""

from __future__ import annotations

import logging
import time
from asyncio import TimerHandle
from collections.abc import Mapping

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.project.context import ProjectContext
from lsprotocol import types
from pygls.exceptions import FeatureNotificationError, JsonRpcException, PyglsError
from pygls.lsp.server import LanguageServer

from .client import Client
from .documents import Document, Documents
from .files import WorkspaceFiles
from .projects import Projects
from .protocol import Protocol
from .settings import Settings

_log = logging.getLogger(__name__)


class Session(LanguageServer):
    """A language server with what it knows of the client, its settings, and the open documents.

    Parameters of the handlers that get it are named `ls`: pygls goes by the name.
    """

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            name,
            version,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
        )
        self.client = Client()
        self.settings = Settings()
        self.documents = Documents()
        self.projects = Projects(_read_project, self.documents)
        self.files = WorkspaceFiles(self.documents)
        # By URI: diagnostics that are due, those that the editor shows, what the last analysis took.
        self.timers: dict[str, TimerHandle] = {}
        self.published: set[str] = set()
        self.analysis_seconds: dict[str, float] = {}

    @property
    def was_shut_down(self) -> bool:
        protocol = self.protocol
        return isinstance(protocol, Protocol) and protocol.was_shut_down

    def configure(self, settings: Settings) -> None:
        self.settings = settings
        self.projects.configure(settings)

    def migration(self, uri: str) -> Document | None:
        """The open document, if it is a migration."""
        document = self.documents.get(uri)
        return document if document is not None and document.is_migration else None

    def analysis(self, document: Document) -> Analysis:
        """The analysis of this version of the document in its project, made when first asked for."""
        # Not imported at the start: `initialize` is answered before the parser and the rules are loaded.
        from ecto_migrations_analysis.engine import analyze

        project = self.projects.context(document.path)
        kept = document.analysed
        if kept is None or kept[0] is not project:
            start = time.perf_counter()
            kept = document.analysed = (project, analyze(document.source, project))
            self.analysis_seconds[document.uri] = time.perf_counter() - start
        return kept[1]

    def report_server_error(
        self, error: Exception, source: type[PyglsError] | type[JsonRpcException]
    ) -> None:
        """Logs a failing notification; what fails elsewhere, pygls logs and answers by itself.

        pygls would show a pop-up instead: one for each keystroke, where `didChange` is what fails.
        """
        if source is FeatureNotificationError:
            _log.error("%s: %s", error, getattr(error, "data", None))


def _read_project(path: str, buffers: Mapping[str, bytes]) -> ProjectContext:
    from ecto_migrations_analysis.project.discovery import context_for

    return context_for(path, buffers)
