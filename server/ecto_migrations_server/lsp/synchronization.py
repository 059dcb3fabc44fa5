"""textDocument/didOpen, didChange, didSave, didClose: what is open, and what follows from a change."""

from __future__ import annotations

from lsprotocol import types

from . import diagnostics, settings_diagnostics
from .documents import Document
from .session import Session


def did_open(ls: Session, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    put(ls, ls.documents.put(item.uri, item.version, item.text))


def did_change(ls: Session, params: types.DidChangeTextDocumentParams) -> None:
    identifier = params.text_document
    # With full synchronisation a change is the whole text, and of several the last one counts.
    if params.content_changes:
        text = params.content_changes[-1].text
        put(ls, ls.documents.put(identifier.uri, identifier.version, text))


def did_save(ls: Session, params: types.DidSaveTextDocumentParams) -> None:
    """What was saved may be an earlier migration, a schema or the configuration: look at the files again.

    Also where the client watches them: it may tell much later.
    """
    ls.index.read_again()


def did_close(ls: Session, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    document = ls.documents.remove(uri)
    if document is not None:
        ls.index.closed(document)
        ls.lenses.closed(document)
        ls.hints.closed(document)
        if settings_diagnostics.is_settings(document.path):
            settings_diagnostics.closed(ls, document)
    diagnostics.closed(ls, uri)


def put(ls: Session, document: Document) -> None:
    """The document was opened, or has another text."""
    ls.index.put(document)
    diagnostics.changed(ls, document)
    if settings_diagnostics.is_settings(document.path):
        settings_diagnostics.changed(ls, document)
