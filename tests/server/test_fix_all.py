"""`source.fixAll.ecto-migrations` over the wire."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from support.editor import Editor, range_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

KIND = "source.fixAll.ecto-migrations"
NAME = "20260301101500_index_orders.exs"
TEXT = """defmodule Shop.Repo.Migrations.IndexOrders do
  use Ecto.Migration

  def change do
    create index(:orders, [:a])
  end
end
"""
FIXED = """defmodule Shop.Repo.Migrations.IndexOrders do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def change do
    create index(:orders, [:a], concurrently: true)
  end
end
"""


async def opened(editor: Editor, migrations: Path, text: str) -> str:
    (migrations / NAME).write_text(text)
    uri = await editor.open(migrations / NAME)
    await editor.diagnostics(uri)
    return uri


@pytest.mark.parametrize(
    ("only", "count"),
    [
        ([KIND], 1),
        (["source.fixAll"], 1),
        ([types.CodeActionKind.Source], 1),
        ([types.CodeActionKind.QuickFix], 0),
        (["source.fixAll.eslint"], 0),
        (None, 0),
    ],
)
async def test_offered_to_who_asks_for_it(
    neovim: Editor, migrations: Path, only: list[types.CodeActionKind | str] | None, count: int
) -> None:
    uri = await opened(neovim, migrations, TEXT)
    everywhere = range_of(TEXT, "use Ecto.Migration")
    actions = await neovim.code_actions(uri, everywhere, only)
    assert len([action for action in actions if action.kind == KIND]) == count


async def test_the_edit_is_all_that_needs_no_decision(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations, TEXT)
    (action,) = await neovim.code_actions(uri, range_of(TEXT, "use Ecto.Migration"), [KIND])
    assert action.edit is None and action.title == "Fix everything that needs no decision"
    picked = await neovim.pick(action)
    assert picked.edit is not None
    neovim.apply(picked.edit)
    assert neovim.buffers[uri] == FIXED


async def test_nothing_to_do(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations, FIXED)
    assert await neovim.code_actions(uri, range_of(FIXED, "use Ecto.Migration"), [KIND]) == []
