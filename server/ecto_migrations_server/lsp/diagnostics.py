"""Diagnostics: pushed as the user types, or answered where the client asks (textDocument/diagnostic)."""

from __future__ import annotations

import asyncio
import logging

from lsprotocol import types

from . import convert
from .documents import Document
from .session import Session

_log = logging.getLogger(__name__)

# A text that takes longer than this (a file of several hundred kilobytes) is analysed when typing pauses,
# by a multiple of what it took the last time. A usual migration takes a few milliseconds and never waits.
_PROMPT_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0

PULL_OPTIONS = types.DiagnosticOptions(
    identifier=convert.SOURCE, inter_file_dependencies=True, workspace_diagnostics=False
)


def changed(ls: Session, document: Document) -> None:
    """The document has this text from now on."""
    if ls.client.pulls_diagnostics:
        return
    if (timer := ls.timers.pop(document.uri, None)) is not None:
        timer.cancel()
    took = ls.analysis_seconds.get(document.uri, 0.0)
    if took < _PROMPT_SECONDS:
        _publish(ls, document)
    else:
        pause = min(2 * took, _LONGEST_PAUSE_SECONDS)
        loop = asyncio.get_running_loop()
        ls.timers[document.uri] = loop.call_later(pause, _publish_if_current, ls, document)


def closed(ls: Session, uri: str) -> None:
    """Clears what the editor shows for a document that is no longer open."""
    if (timer := ls.timers.pop(uri, None)) is not None:
        timer.cancel()
    ls.analysis_seconds.pop(uri, None)
    if not ls.client.pulls_diagnostics and uri in ls.published:
        ls.published.discard(uri)
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=[]))


def refresh(ls: Session) -> None:
    """Something other than the open texts has changed: the project or the settings."""
    if ls.client.pulls_diagnostics:
        ls.workspace_diagnostic_refresh(None)
        return
    for document in ls.documents:
        if document.is_migration:
            changed(ls, document)


def pull(ls: Session, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    document = ls.migration(params.text_document.uri)
    return types.RelatedFullDocumentDiagnosticReport(
        items=_diagnostics(ls, document) if document is not None else []
    )


def _publish_if_current(ls: Session, document: Document) -> None:
    ls.timers.pop(document.uri, None)
    if ls.documents.get(document.uri) is document:
        _publish(ls, document)


def _publish(ls: Session, document: Document) -> None:
    if not document.is_migration and document.uri not in ls.published:
        return
    try:
        diagnostics = _diagnostics(ls, document) if document.is_migration else []
    except Exception:
        # What the editor shows is of an older text and would stay where it no longer fits.
        _log.exception("The analysis of %s failed", document.uri)
        diagnostics = []
    ls.published.add(document.uri)
    ls.text_document_publish_diagnostics(
        types.PublishDiagnosticsParams(uri=document.uri, version=document.version, diagnostics=diagnostics)
    )


def _diagnostics(ls: Session, document: Document) -> list[types.Diagnostic]:
    return [
        convert.diagnostic(finding, document, ls.client, ls.projects.source)
        for finding in ls.analysis(document).findings
    ]
