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


async def test_a_file_that_is_renamed_or_made_elsewhere_counts_at_its_new_place(
    vscode: Editor, migrations: Path
) -> None:
    uri = await vscode.open(migrations / "20260101000000_a.exs", TEXT)
    assert "| legacy |" in await shown(vscode, uri)
    created = migrations / "20250101000000_create_orders.exs"
    # To a version after the one that is open.
    later = created.rename(migrations / "20270101000000_create_orders.exs")
    changes = [(created, types.FileChangeType.Deleted), (later, types.FileChangeType.Created)]
    vscode.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams([types.FileEvent(uri_of(path), kind) for path, kind in changes])
    )
    assert "no migration before this place creates it" in await shown(vscode, uri)
    another = migrations / "20250601000000_create_orders.exs"
    another.write_text(later.read_text().replace(":legacy", ":made_here"))
    vscode.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams([types.FileEvent(uri_of(another), types.FileChangeType.Created)])
    )
    assert "| made_here |" in await shown(vscode, uri)
    vscode.close(uri)


async def test_the_editor_moves_an_open_migration(neovim: Editor, migrations: Path) -> None:
    """An editor closes the old name and opens the new one; the file is judged at its new place."""
    later = migrations / "20260101000000_a.exs"
    uri = await neovim.open(later, TEXT)
    assert "| legacy |" in await shown(neovim, uri)
    earlier = migrations / "20240101000000_a.exs"
    earlier.write_text(TEXT)
    neovim.close(uri)
    moved = await neovim.open(earlier)
    assert "no migration before this place creates it" in await shown(neovim, moved)
    neovim.close(moved)


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
