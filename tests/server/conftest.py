"""Editors connected to a real server over stdio, one server for a module and client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from support.editor import Editor


async def _editor(preset: str) -> AsyncIterator[Editor]:
    editor = await Editor.connect(preset)
    yield editor
    await editor.disconnect()


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


CREATE_ORDERS = """defmodule Shop.Repo.Migrations.CreateOrders do
  use Ecto.Migration

  def change do
    create table(:orders) do
      add :a, :string
      add :legacy, :string
    end
  end
end
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """The migrations folder of a project of its own, whose history has made a table `orders`."""
    (tmp_path / "mix.exs").write_text("defmodule Shop.MixProject do\n  use Mix.Project\nend\n")
    folder = tmp_path / "priv/repo/migrations"
    folder.mkdir(parents=True)
    (folder / "20250101000000_create_orders.exs").write_text(CREATE_ORDERS)
    return folder
