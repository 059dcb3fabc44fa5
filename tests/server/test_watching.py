"""Files that change outside of the editor, and open buffers that are part of the history."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from support.editor import Editor, position_of, uri_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = """defmodule Shop.Repo.Migrations.A do
  use Ecto.Migration

  def change do
    alter table(:orders), do: add(:b, :text)
  end
end
"""


async def shown(editor: Editor, uri: str) -> str:
    found = await editor.hover(uri, position_of(TEXT, "orders"))
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    return found.contents.value


async def test_a_change_on_disk_is_seen_when_the_client_tells(vscode: Editor, migrations: Path) -> None:
    uri = await vscode.open(migrations / "20260101000000_a.exs", TEXT)
    assert "| legacy |" in await shown(vscode, uri)
    created = migrations / "20250101000000_create_orders.exs"
    created.write_text(created.read_text().replace(":legacy", ":renamed_here"))
    vscode.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams([types.FileEvent(uri_of(created), types.FileChangeType.Changed)])
    )
    assert "| renamed_here |" in await shown(vscode, uri)
    created.unlink()
    vscode.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams([types.FileEvent(uri_of(created), types.FileChangeType.Deleted)])
    )
    assert "no migration before this place creates it" in await shown(vscode, uri)


async def test_an_unsaved_edit_of_an_earlier_migration_counts(neovim: Editor, migrations: Path) -> None:
    uri = await neovim.open(migrations / "20260101000000_a.exs", TEXT)
    created = migrations / "20250101000000_create_orders.exs"
    other = await neovim.open(created)
    assert "| legacy |" in await shown(neovim, uri)
    neovim.type(other, created.read_text().replace(":legacy", ":not_saved"))
    assert "| not_saved |" in await shown(neovim, uri)
    neovim.close(other)


async def test_watching_is_asked_for_where_the_client_can(vscode: Editor, migrations: Path) -> None:
    await vscode.settled()
    watched = [item for item in vscode.client.registrations if "WatchedFiles" in item.method]
    assert len(watched) == 1
