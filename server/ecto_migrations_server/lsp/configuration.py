"""Settings: initializationOptions, workspace/didChangeConfiguration, workspace/configuration."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from . import diagnostics, watching
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
    ls.configure(Settings.read(params.initialization_options))


async def initialized(ls: Session, params: types.InitializedParams) -> None:
    """Asks for the settings, and to be told when they change."""
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
        ls.configure(settings)
        diagnostics.refresh(ls)
