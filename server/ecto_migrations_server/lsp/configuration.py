"""Settings: initializationOptions, workspace/didChangeConfiguration, workspace/configuration."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

from . import convert, synchronization, watching
from .session import Session
from .settings import SECTION, Settings

_log = logging.getLogger(__name__)

_REGISTRATION = types.RegistrationParams(
    registrations=[
        types.Registration(
            id="ecto-migrations-configuration",
            method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
            register_options=types.DidChangeConfigurationRegistrationOptions(section=SECTION),
        )
    ]
)


def initialize(ls: Session, params: types.InitializeParams) -> None:
    """Before the capabilities are answered: what the client can do decides what is announced."""
    options = params.initialization_options
    ls.client = ls.client.with_options(options)
    ls.lenses.enabled, ls.hints.enabled = ls.client.refreshes_lenses, ls.client.refreshes_hints
    _configure(ls, Settings.read(options))
    uris = [folder.uri for folder in params.workspace_folders or ()] or [params.root_uri or ""]
    ls.roots = tuple(path for uri in uris if (path := to_fs_path(uri)))


async def initialized(ls: Session, params: types.InitializedParams) -> None:
    """Begins to read the open folders; asks for the settings, and to be told when they change."""
    if ls.roots:
        ls.index.start(ls.roots)
    if ls.client.registers_configuration:
        try:
            await ls.client_register_capability_async(_REGISTRATION)
        except JsonRpcException as error:
            _log.info("The client does not tell of changed settings: %s", error)
    await _ask(ls)
    await watching.register(ls)


async def did_change(ls: Session, params: types.DidChangeConfigurationParams) -> None:
    """Takes the settings that come along, else asks for them: VS Code sends none, Neovim all."""
    if isinstance(params.settings, Mapping) and SECTION in params.settings:
        _apply(ls, params.settings)
    else:
        await _ask(ls)


def did_change_folders(ls: Session, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Reads the folders that were added. What is open of one that was removed is still judged."""
    removed = {to_fs_path(folder.uri) for folder in params.event.removed}
    added = [path for folder in params.event.added if (path := to_fs_path(folder.uri))]
    ls.roots = (*(path for path in ls.roots if path not in removed), *added)
    if added:
        ls.index.start(added)


async def _ask(ls: Session) -> None:
    if not ls.client.answers_configuration:
        return
    wanted = types.ConfigurationParams(items=[types.ConfigurationItem(section=SECTION)])
    try:
        answer = await ls.workspace_configuration_async(wanted)
    except JsonRpcException as error:
        _log.info("The client does not tell its settings: %s", error)
        return
    # Null, or an empty object, where the client has no such settings: those of the initialization hold.
    if answer and answer[0]:
        _apply(ls, answer[0])


def _apply(ls: Session, value: object) -> None:
    settings = Settings.read(value)
    if settings != ls.settings:
        _configure(ls, settings)
    else:
        _tell(ls, settings)


def _configure(ls: Session, settings: Settings) -> None:
    ls.configure(settings)
    _tell(ls, settings)
    # They may name the folder that one of these lies in.
    for document in ls.documents:
        if not document.is_migration:
            again = ls.documents.put(document.uri, document.version, document.text)
            if again.is_migration:
                synchronization.put(ls, again)


def _tell(ls: Session, settings: Settings) -> None:
    """Shows what is wrong with them, each thing once: editors send the same settings again and again."""
    for problem in settings.problems:
        if problem not in ls.told:
            ls.told.add(problem)
            message = f"{convert.SOURCE}: {problem}"
            ls.window_show_message(types.ShowMessageParams(type=types.MessageType.Warning, message=message))
