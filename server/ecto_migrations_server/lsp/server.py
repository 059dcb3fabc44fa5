"""Wires the features to the server. Each of them is a module of its own."""

from __future__ import annotations

from functools import partial

from lsprotocol import types

from ..version import version
from . import (
    code_actions,
    code_lens,
    commands,
    completion,
    configuration,
    diagnostics,
    document_links,
    hover,
    inlay_hints,
    navigation,
    progress,
    rehearsal,
    settings_diagnostics,
    synchronization,
    watching,
)
from .client import Client
from .documents import Document
from .logs import send_logs_to
from .refresh import Refresher
from .session import Session

NAME = "ecto-migrations"


def create_server() -> Session:
    """A server with all its features, not yet connected to anything."""
    server = Session(NAME, version())
    send_logs_to(server)
    server.lenses = Refresher(
        partial(code_lens.lenses, server), partial(server.workspace_code_lens_refresh, None)
    )
    server.hints = Refresher(
        partial(inlay_hints.hints, server), partial(server.workspace_inlay_hint_refresh, None)
    )
    server.index.on_arrival = partial(_arrived, server)
    server.index.on_work = server.reading_progress.begin
    feature = server.feature

    @feature(types.INITIALIZE)
    def initialize(ls: Session, params: types.InitializeParams) -> None:
        ls.client = Client.of(params.capabilities)
        if ls.client.pulls_diagnostics:
            feature(types.TEXT_DOCUMENT_DIAGNOSTIC, diagnostics.PULL_OPTIONS)(diagnostics.pull)
        configuration.initialize(ls, params)

    feature(types.INITIALIZED)(configuration.initialized)
    feature(types.SHUTDOWN)(shutdown)
    feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)(progress.cancel)
    feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(configuration.did_change)
    feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(watching.did_change_watched_files)
    feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(configuration.did_change_folders)
    feature(types.TEXT_DOCUMENT_DID_OPEN)(synchronization.did_open)
    feature(types.TEXT_DOCUMENT_DID_CHANGE)(synchronization.did_change)
    feature(types.TEXT_DOCUMENT_DID_SAVE)(synchronization.did_save)
    feature(types.TEXT_DOCUMENT_DID_CLOSE)(synchronization.did_close)
    feature(types.TEXT_DOCUMENT_CODE_ACTION, code_actions.OPTIONS)(code_actions.code_actions)
    feature(types.CODE_ACTION_RESOLVE)(code_actions.resolve)
    feature(types.TEXT_DOCUMENT_COMPLETION, completion.OPTIONS)(completion.completion)
    feature(types.TEXT_DOCUMENT_HOVER)(hover.hover)
    feature(types.TEXT_DOCUMENT_DEFINITION)(navigation.definition)
    feature(types.TEXT_DOCUMENT_REFERENCES)(navigation.references)
    feature(types.TEXT_DOCUMENT_CODE_LENS, code_lens.OPTIONS)(code_lens.code_lens)
    feature(types.TEXT_DOCUMENT_INLAY_HINT, inlay_hints.OPTIONS)(inlay_hints.inlay_hints)
    feature(types.TEXT_DOCUMENT_DOCUMENT_LINK, document_links.OPTIONS)(document_links.document_links)
    commands.register(server)
    return server


def _arrived(ls: Session, document: Document) -> None:
    """Something else is known of the project around a document."""
    if diagnostics.arrived(ls, document):
        ls.lenses.arrived(document)
        ls.hints.arrived(document)
    settings_diagnostics.arrived(ls, document)


def shutdown(ls: Session, params: None) -> None:
    """What is being read or rehearsed is of no use any more."""
    ls.index.close()
    rehearsal.stop_all(ls)
