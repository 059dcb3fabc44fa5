"""The server's state during one connection."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ecto_migrations_analysis.analysis import Analysis
from lsprotocol import types
from pygls.exceptions import FeatureNotificationError, JsonRpcException, PyglsError
from pygls.lsp.server import LanguageServer

from .client import Client
from .documents import Document, Documents
from .files import WorkspaceFiles
from .index import NOTHING, Index
from .progress import Progress
from .protocol import Protocol
from .reading import Reader
from .refresh import Refresher
from .settings import Settings
from .sources import Sources
from .worker import Worker

if TYPE_CHECKING:
    from .rehearsal import Job

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
        # What the user has been told about them, and what is shown in settings files, by path.
        self.told: set[str] = set()
        self.settings_shown: dict[str, list[types.Diagnostic]] = {}
        # The folders that are open in the editor.
        self.roots: tuple[str, ...] = ()
        self.documents = Documents()
        self.sources = Sources(self.documents)
        self.worker = Worker()
        self.reader = Reader(self.documents, self.sources, self.worker)
        self.index = Index(self.documents, self.reader, self.worker)
        self.reading_progress = Progress(self)
        self.files = WorkspaceFiles(self.documents)
        # The diagnostics that the editor has, and the version they are of, by the document's key.
        self.shown: dict[str, tuple[int, list[types.Diagnostic]]] = {}
        # What is being rehearsed, by the document's key; where a rehearsal has contradicted the analysis of a
        # text, and of which; and how the commands with a progress are stopped, by its token.
        self.rehearsals: dict[str, Job] = {}
        self.contradictions: dict[str, tuple[str, list[types.Diagnostic]]] = {}
        self.stops: dict[types.ProgressToken, Callable[[], object]] = {}
        # What else it shows in the text: set where the server is put together, as the features import this.
        self.lenses: Refresher[list[types.CodeLens]]
        self.hints: Refresher[list[types.InlayHint]]

    @property
    def was_shut_down(self) -> bool:
        protocol = self.protocol
        return isinstance(protocol, Protocol) and protocol.was_shut_down

    def configure(self, settings: Settings) -> None:
        self.settings = self.reader.settings = settings
        self.documents.adjust = settings.adjust
        self.index.read_again()

    def migration(self, uri: str) -> Document | None:
        """The open document, if it is a migration."""
        document = self.documents.get(uri)
        return document if document is not None and document.is_migration else None

    def analysis(self, document: Document) -> Analysis:
        """The analysis of this version of the document by what is known of its project now."""
        # Not imported at the start: `initialize` is answered before the parser and the rules are loaded.
        from ecto_migrations_analysis.engine import analyze

        project = self.index.context(document) or NOTHING
        kept = document.analysed
        if kept is None or kept[0] is not project:
            start = time.thread_time()
            kept = document.analysed = (project, analyze(document.source, project))
            document.seconds = time.thread_time() - start
        return kept[1]

    async def full_analysis(self, document: Document) -> Analysis:
        """The same, when all that has changed before is taken into account."""
        await self.index.ready(document)
        return self.analysis(document)

    def report_server_error(
        self, error: Exception, source: type[PyglsError] | type[JsonRpcException]
    ) -> None:
        """Logs a failing notification; what fails elsewhere, pygls logs and answers by itself.

        pygls would show a pop-up instead: one for each keystroke, where `didChange` is what fails.
        """
        if source is FeatureNotificationError:
            _log.error("%s: %s", error, getattr(error, "data", None))
