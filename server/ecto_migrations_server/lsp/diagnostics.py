"""Diagnostics: pushed as the user types, or answered where the client asks (textDocument/diagnostic)."""

from __future__ import annotations

import logging
from urllib.parse import unquote

from lsprotocol import types

from . import convert
from .documents import Document
from .session import Session

_log = logging.getLogger(__name__)

# A text that takes longer than this (a file of several hundred kilobytes) is analysed by the worker, when
# typing pauses. A usual migration takes a few milliseconds and never waits.
_PROMPT_SECONDS = 0.05

PULL_OPTIONS = types.DiagnosticOptions(
    identifier=convert.SOURCE, inter_file_dependencies=True, workspace_diagnostics=False
)


def changed(ls: Session, document: Document) -> None:
    """The document has this text from now on."""
    if ls.contradictions.get(document.key, (document.text,))[0] != document.text:
        del ls.contradictions[document.key]
    if ls.client.pulls_diagnostics:
        return
    if not document.is_migration:
        if document.key in ls.shown:
            _publish(ls, document, [])
    elif ls.index.context(document) is not None and document.seconds < _PROMPT_SECONDS:
        _publish(ls, document, _pushed(ls, document))


def arrived(ls: Session, document: Document) -> bool:
    """Something else is known of the project around the document, or its analysis was made elsewhere.

    False where the analysis is still to come.
    """
    made = document.analysed is not None and document.analysed[0] is ls.index.context(document)
    if not made and document.seconds >= _PROMPT_SECONDS:
        return False  # of a text that is no longer there; the worker is at it
    diagnostics = _pushed(ls, document)
    shown = ls.shown.get(document.key)
    if not ls.client.pulls_diagnostics:
        if shown != (document.version, diagnostics):
            _publish(ls, document, diagnostics)
    elif shown is not None and shown[1] != diagnostics:
        ls.workspace_diagnostic_refresh(None)
    return True


def closed(ls: Session, uri: str) -> None:
    """Clears what the editor shows for a document that is no longer open."""
    ls.contradictions.pop(unquote(uri), None)
    shown = ls.shown.pop(unquote(uri), None)
    if shown is not None and not ls.client.pulls_diagnostics:
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=[]))


async def pull(ls: Session, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    """From what is known, as soon as anything is; when more is known, the client is told to ask again."""
    document = ls.migration(params.text_document.uri)
    items: list[types.Diagnostic] = []
    if document is not None:
        await ls.index.anything(document)
        items = _diagnostics(ls, document)
        ls.shown[document.key] = (document.version, items)
    return types.RelatedFullDocumentDiagnosticReport(items=items)


def _publish(ls: Session, document: Document, diagnostics: list[types.Diagnostic]) -> None:
    ls.shown[document.key] = (document.version, diagnostics)
    ls.text_document_publish_diagnostics(
        types.PublishDiagnosticsParams(uri=document.uri, version=document.version, diagnostics=diagnostics)
    )


def _diagnostics(ls: Session, document: Document) -> list[types.Diagnostic]:
    found = [
        convert.diagnostic(finding, document, ls.client, ls.sources.known)
        for finding in ls.analysis(document).findings
    ]
    text, contradictions = ls.contradictions.get(document.key, ("", []))
    return [*found, *contradictions] if text == document.text else found


def _pushed(ls: Session, document: Document) -> list[types.Diagnostic]:
    try:
        return _diagnostics(ls, document)
    except Exception:
        # What the editor shows is of an older text and would stay where it no longer fits.
        _log.exception("The analysis of %s failed", document.uri)
        return []
