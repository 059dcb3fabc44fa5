"""Measured sizes in the editor: squiggles, hover, completion, and a file that changes on the disk."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from ecto_migrations_analysis.project.table_sizes import FILE_NAME
from lsprotocol import types
from support.editor import Editor, position_of, uri_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = """defmodule Shop.Repo.Migrations.A do
  use Ecto.Migration

  def change do
    create index(:orders, [:a])
    create table(:lines)
  end
end
"""


def measured(rows: int, size: int) -> str:
    tables = {"orders": {"rows": rows, "bytes": size}, "lines": {"rows": 5, "bytes": 5}}
    return json.dumps({"measured": date.today().isoformat(), "tables": tables})


def changed(editor: Editor, file: Path) -> None:
    event = types.FileEvent(uri_of(file), types.FileChangeType.Changed)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))


async def hover(editor: Editor, uri: str, name: str) -> str:
    found = await editor.hover(uri, position_of(TEXT, name))
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    return found.contents.value


async def test_they_count_and_are_read_again(neovim: Editor, migrations: Path) -> None:
    file = migrations.parents[2] / FILE_NAME
    uri = await neovim.open(migrations / "20260101000000_a.exs", TEXT)
    (unknown,) = await neovim.diagnostics(uri)
    assert unknown.severity == types.DiagnosticSeverity.Error

    file.write_text(measured(84_000_000, 12 * 1024**3))
    changed(neovim, file)
    assert "**orders** before this migration · about 84 million rows, 12 GB (measured " in await hover(
        neovim, uri, "orders"
    )
    (large,) = await neovim.diagnostics(uri)
    assert large.severity == types.DiagnosticSeverity.Error
    assert "orders has about 84 million rows, 12 GB." in large.message.splitlines()[0]
    # A table that the migration makes is another one than that of the file.
    assert "5 rows" not in await hover(neovim, uri, "lines")

    file.write_text(measured(31, 49152))
    changed(neovim, file)
    assert "about 31 rows, 48 kB" in await hover(neovim, uri, "orders")
    (small,) = await neovim.diagnostics(uri)
    assert small.severity == types.DiagnosticSeverity.Information
    neovim.close(uri)


async def test_completion_tells_them(neovim: Editor, migrations: Path) -> None:
    (migrations.parents[2] / FILE_NAME).write_text(measured(84_000_000, 12 * 1024**3))
    text = TEXT.replace("index(:orders, [:a])", "index(:o")
    uri = await neovim.open(migrations / "20260101000000_a.exs", text)
    items = await neovim.completion(uri, position_of(text, ":o", behind=True))
    (orders,) = [item for item in items if item.label == "orders"]
    assert orders.detail == "table, 3 columns, about 84 million rows, 12 GB"
    neovim.close(uri)


async def test_what_is_wrong_with_the_file_is_shown_in_it(neovim: Editor, migrations: Path) -> None:
    file = migrations.parents[2] / FILE_NAME
    file.write_text('{"measured": "2020-01-01",\n "tables": {"orders": {"rows": -1}}}')
    uri = await neovim.open(migrations / "20260101000000_a.exs", TEXT)
    await neovim.diagnostics(uri)
    shown = await neovim.publication(uri_of(file), 1)
    places = [(item.range.start.line, item.range.start.character, item.message) for item in shown.diagnostics]
    assert places[0][:2] == (0, 1) and places[0][2].startswith("Measured ")
    assert places[1] == (1, 12, "Expected a number of rows for `orders`")
    file.unlink()
    changed(neovim, file)
    assert not (await neovim.publication(uri_of(file), 2)).diagnostics
    neovim.close(uri)
