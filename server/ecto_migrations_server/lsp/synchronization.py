"""textDocument/didOpen, didChange, didSave, didClose: what is open, and what follows from a change."""

from __future__ import annotations

from lsprotocol import types

from . import diagnostics
from .session import Session


def did_open(ls: Session, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    diagnostics.changed(ls, ls.documents.put(item.uri, item.version, item.text))


def did_change(ls: Session, params: types.DidChangeTextDocumentParams) -> None:
    identifier = params.text_document
    # With full synchronisation a change is the whole text, and of several the last one counts.
    if params.content_changes:
        text = params.content_changes[-1].text
        document = ls.documents.put(identifier.uri, identifier.version, text)
        if document.is_migration:
            ls.projects.edited(document.path)
        diagnostics.changed(ls, document)


def did_save(ls: Session, params: types.DidSaveTextDocumentParams) -> None:
    """What was saved may be an earlier migration, a schema or the configuration: read the project again."""
    ls.projects.forget()
    diagnostics.refresh(ls)


def did_close(ls: Session, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    ls.documents.remove(uri)
    # What was not saved does not count any more.
    ls.projects.edited(None)
    diagnostics.closed(ls, uri)
