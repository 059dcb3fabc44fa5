"""workspace/didChangeWatchedFiles: what others do to the project's files, such as a change of branch.

A client that does not watch (Neovim on Linux) says so by its capabilities: then the files are looked at again
on each save.
"""

from __future__ import annotations

import logging

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from .session import Session

_log = logging.getLogger(__name__)

# Migrations and what they read, schema modules, and what tells of repos, versions, the dumped schema and the
# sizes of tables.
PATTERNS = (
    "**/priv/**/*.{exs,sql}",
    "**/lib/**/*.ex",
    "**/config/*.exs",
    "**/mix.{exs,lock}",
    "**/{compose,docker-compose}*.{yml,yaml}",
    "**/{.tool-versions,.ecto-migrations.toml,*.tables.json}",
)
_REGISTRATION = types.RegistrationParams(
    registrations=[
        types.Registration(
            id="ecto-migrations-files",
            method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            register_options=types.DidChangeWatchedFilesRegistrationOptions(
                watchers=[types.FileSystemWatcher(glob_pattern=pattern) for pattern in PATTERNS]
            ),
        )
    ]
)


async def register(ls: Session) -> None:
    """Asks the client to watch, where it can be asked."""
    if not ls.client.registers_watchers:
        return
    try:
        await ls.client_register_capability_async(_REGISTRATION)
    except JsonRpcException as error:
        _log.info("The client does not watch files: %s", error)


def did_change_watched_files(ls: Session, params: types.DidChangeWatchedFilesParams) -> None:
    """Some file has changed: the history is replayed from that file on."""
    ls.index.read_again()
