"""Editors connected to a real server over stdio, one server for a module and client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pytest_lsp import ClientServerConfig
from support.editor import COMMAND, Editor, RecordingClient, recording_client

CONFIG = ClientServerConfig(server_command=COMMAND, client_factory=recording_client)


async def _editor(preset: str) -> AsyncIterator[Editor]:
    client = await CONFIG.start()
    assert isinstance(client, RecordingClient)
    editor = Editor(client)
    await editor.start(preset)
    yield editor
    await client.shutdown_session()
    assert client._server is not None and client._server.returncode == 0
    await client.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def neovim() -> AsyncIterator[Editor]:
    async for editor in _editor("neovim"):
        yield editor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vscode() -> AsyncIterator[Editor]:
    async for editor in _editor("visual-studio-code"):
        yield editor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def emacs() -> AsyncIterator[Editor]:
    """Announces neither resource operations nor `codeAction/resolve` nor snippets."""
    async for editor in _editor("emacs"):
        yield editor


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """The migrations folder of a project of its own."""
    (tmp_path / "mix.exs").write_text("defmodule Shop.MixProject do\n  use Mix.Project\nend\n")
    folder = tmp_path / "priv/repo/migrations"
    folder.mkdir(parents=True)
    return folder
