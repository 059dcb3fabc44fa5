"""What stands in the text beside it: code lenses, inlay hints, document links."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pytest_lsp import client_capabilities
from support.editor import Editor, position_of, range_of, uri_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "20260101000000_change.exs"
TEXT = """defmodule Shop.Repo.Migrations.Change do
  use Ecto.Migration

  def change do
    alter table(:orders) do
      add :state, :string
      add :bill_id, references(:bills)
    end

    create table(:notes) do
      add :text, :text
    end

    create index(:orders, [:a])  # soon
  end
end
"""
CREATE_BILLS = """defmodule Shop.Repo.Migrations.CreateBills do
  use Ecto.Migration
  def change, do: create(table(:bills))
end
"""
LENS = types.WORKSPACE_CODE_LENS_REFRESH
HINT = types.WORKSPACE_INLAY_HINT_REFRESH


def capabilities() -> types.ClientCapabilities:
    """Those of a client that asks again when it is told to."""
    given = copy.deepcopy(client_capabilities("visual-studio-code"))
    assert given.workspace is not None
    given.workspace.code_lens = types.CodeLensWorkspaceClientCapabilities(refresh_support=True)
    given.workspace.inlay_hint = types.InlayHintWorkspaceClientCapabilities(refresh_support=True)
    # The settings are told here, not asked for.
    given.workspace.configuration = False
    return given


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor() -> AsyncIterator[Editor]:
    """Can open the report, and wants hints."""
    options = {"clientCommands": ["ectoMigrations.showReport"], "inlayHints": True}
    editor = await Editor.connect(capabilities(), options)
    yield editor
    await editor.disconnect()


@pytest_asyncio.fixture(loop_scope="module")
async def plain() -> AsyncIterator[Editor]:
    """Says nothing of itself but what its capabilities say."""
    editor = await Editor.connect(capabilities())
    yield editor
    await editor.disconnect()


@pytest.fixture(autouse=True)
def bills(migrations: Path) -> None:
    (migrations / "20250102000000_create_bills.exs").write_text(CREATE_BILLS)


def configure(editor: Editor, settings: dict[str, Any]) -> None:
    editor.client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams(settings={"ectoMigrations": settings})
    )


async def titles(editor: Editor, uri: str) -> list[str]:
    return [lens.command.title for lens in await editor.lenses(uri) if lens.command is not None]


# --- code lenses -------------------------------------------------------------------------------------------


async def test_the_lens_stands_over_the_module_and_opens_the_report(editor: Editor, migrations: Path) -> None:
    uri = await editor.open(migrations / NAME, TEXT)
    [lens] = await editor.lenses(uri)
    assert lens.range == range_of(TEXT, "Shop.Repo.Migrations.Change")
    assert lens.command is not None
    assert lens.command.title == (
        "dangerous — orders: ACCESS EXCLUSIVE, full scan; "
        "bills: SHARE ROW EXCLUSIVE, while orders is scanned — reversible"
    )
    assert lens.command.command == "ectoMigrations.showReport"
    assert list(lens.command.arguments or ()) == [uri]
    editor.close(uri)


async def test_a_client_that_cannot_open_it_gets_a_text(plain: Editor, migrations: Path) -> None:
    uri = await plain.open(migrations / NAME, TEXT)
    [lens] = await plain.lenses(uri)
    assert lens.command is not None
    assert lens.command.title.startswith("dangerous — ") and lens.command.command == ""
    assert lens.command.arguments is None


async def test_the_lens_follows_the_text(editor: Editor, migrations: Path) -> None:
    uri = await editor.open(migrations / NAME, TEXT)
    editor.type(uri, TEXT.replace("create index(:orders, [:a])  # soon", 'execute "DROP VIEW seen"'))
    assert (await titles(editor, uri))[0].endswith(" — cannot be rolled back")
    editor.type(uri, TEXT[: TEXT.index("    alter")] + "  end\nend\n")
    assert await titles(editor, uri) == ["safe — nothing is sent to the database — reversible"]
    editor.close(uri)


@pytest.mark.parametrize("text", ["", "defmodule A do\nend\n", "defmodule"])
async def test_no_lens_without_a_migration(editor: Editor, migrations: Path, text: str) -> None:
    uri = await editor.open(migrations / NAME, text)
    assert await editor.lenses(uri) == []
    assert await editor.hints(uri) == []
    editor.close(uri)


async def test_other_documents_have_nothing(editor: Editor, migrations: Path) -> None:
    path = migrations.parents[2] / "lib/shop.ex"
    uri = await editor.open(path, "# ecto-migrations:disable-for-this-file drop-table\n")
    assert await editor.lenses(uri) == []
    assert await editor.hints(uri) == []
    assert await editor.links(uri) == []
    editor.close(uri)


async def test_a_database_that_is_not_modelled_has_no_lens(editor: Editor, migrations: Path) -> None:
    config = migrations.parents[2] / "config/config.exs"
    config.parent.mkdir()
    config.write_text("import Config\nconfig :shop, ecto_repos: [Shop.Repo]\n")
    repo = migrations.parents[2] / "lib/repo.ex"
    repo.parent.mkdir()
    repo.write_text(
        "defmodule Shop.Repo do\n  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Tds\nend\n"
    )
    uri = await editor.open(migrations / NAME, TEXT)
    assert await editor.lenses(uri) == []
    editor.close(uri)


# --- inlay hints -------------------------------------------------------------------------------------------


async def test_hints_are_off_until_a_setting_says_so(plain: Editor, migrations: Path) -> None:
    uri = await plain.open(migrations / NAME, TEXT)
    assert await plain.hints(uri) == []
    configure(plain, {"inlayHints": True})
    await plain.refreshed(HINT)
    assert len(await plain.hints(uri)) == 2
    configure(plain, {"inlayHints": False})
    await plain.refreshed(HINT, 2)
    assert await plain.hints(uri) == []


async def test_a_hint_stands_behind_the_operation(editor: Editor, migrations: Path) -> None:
    uri = await editor.open(migrations / NAME, TEXT)
    altered, indexed = await editor.hints(uri)
    assert altered.position == position_of(TEXT, "alter table(:orders) do", behind=True)
    assert altered.label == (
        "orders: ACCESS EXCLUSIVE, full scan; bills: SHARE ROW EXCLUSIVE, while orders is scanned"
    )
    assert indexed.position == position_of(TEXT, "[:a])", behind=True)
    assert indexed.label == "orders: SHARE, full scan"
    assert indexed.tooltip == "SHARE on orders while the whole of orders is scanned: writes wait."
    assert await editor.hints(uri, range_of(TEXT, "create table(:notes) do")) == []
    assert await editor.hints(uri, range_of(TEXT, "create index(:orders, [:a])")) == [indexed]
    editor.close(uri)


async def test_a_way_back_that_is_written_has_hints_too(editor: Editor, migrations: Path) -> None:
    text = """defmodule Shop.Repo.Migrations.Change do
  use Ecto.Migration

  def up do
    for column <- [:a, :legacy], do: create(index(:orders, [column]))
  end

  def down, do: drop(table(:orders))
end
"""
    uri = await editor.open(migrations / NAME, text)
    labels = [hint.label for hint in await editor.hints(uri)]
    assert labels == ["orders: SHARE, full scan", "orders: ACCESS EXCLUSIVE, an instant"]
    editor.close(uri)


async def test_what_is_not_known_is_said(editor: Editor, migrations: Path) -> None:
    text = TEXT.replace("create index(:orders, [:a])", "execute(Shop.Sql.statement())")
    uri = await editor.open(migrations / NAME, text)
    assert [hint.label for hint in await editor.hints(uri)][-1] == "locks not known"
    assert "more not known" in (await titles(editor, uri))[0]
    editor.close(uri)


# --- asking again ------------------------------------------------------------------------------------------


async def test_the_client_is_told_when_the_history_changes(plain: Editor, migrations: Path) -> None:
    configure(plain, {"inlayHints": True})
    uri = await plain.open(migrations / NAME, TEXT)
    assert len(await plain.hints(uri)) == 2
    before = await titles(plain, uri)
    assert before[0].startswith("dangerous — orders: ACCESS EXCLUSIVE")
    created = migrations / "20250101000000_create_orders.exs"
    other = await plain.open(created)
    await plain.known(other)
    asked = len(plain.client.refreshes)
    # A comment changes nothing for anybody.
    plain.type(other, "# Orders\n" + created.read_text())
    await plain.known(uri)
    assert len(plain.client.refreshes) == asked
    # Without `a`, the index cannot be built.
    plain.type(other, created.read_text().replace("orders", "bills"))
    await plain.refreshed(LENS)
    assert await titles(plain, uri) != before


async def test_a_lens_that_is_switched_off_goes_at_once(plain: Editor, migrations: Path) -> None:
    uri = await plain.open(migrations / NAME, TEXT)
    assert len(await plain.lenses(uri)) == 1
    configure(plain, {"codeLens": False})
    await plain.refreshed(LENS)
    assert await plain.lenses(uri) == []
    configure(plain, {})
    await plain.refreshed(LENS, 2)
    assert len(await plain.lenses(uri)) == 1


async def test_a_client_that_cannot_be_told_is_not(neovim: Editor, migrations: Path) -> None:
    uri = await neovim.open(migrations / NAME, TEXT)
    assert len(await neovim.lenses(uri)) == 1
    configure(neovim, {"codeLens": False})
    await neovim.known(uri)
    await asyncio.sleep(0.2)
    assert LENS not in neovim.client.refreshes
    assert await neovim.lenses(uri) == []
    configure(neovim, {})
    neovim.close(uri)


# --- document links ----------------------------------------------------------------------------------------


async def test_rules_in_comments_lead_to_their_pages(editor: Editor, migrations: Path) -> None:
    text = (
        '@text "é😋" # ecto-migrations:disable-for-this-line drop-table\n'
        "# ecto-migrations:disable-for-this-file remove-column, no-such-rule, rename-table -- as drop-index\n"
        "# drop-index is only mentioned\n"
        '@text "# ecto-migrations:disable-for-this-file set-not-null-scan"\n'
    )
    uri = await editor.open(migrations / NAME, text)
    links = await editor.links(uri)
    rules = ("drop-table", "remove-column", "rename-table")
    assert [link.range for link in links] == [range_of(text, rule) for rule in rules]
    for link, rule in zip(links, rules, strict=True):
        assert link.target is not None and link.target.rpartition("/")[2].startswith(rule)
    editor.close(uri)


# --- folders -----------------------------------------------------------------------------------------------


async def test_a_folder_that_is_added_later_is_judged_by_its_own_history(
    plain: Editor, migrations: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("other")
    (root / "mix.exs").write_text("defmodule Other.MixProject do\n  use Mix.Project\nend\n")
    folder = root / "priv/repo/migrations"
    folder.mkdir(parents=True)
    (folder / "20250101000000_a.exs").write_text(
        "defmodule Other.A do\n  use Ecto.Migration\n  def change, do: create(table(:bills))\nend\n"
    )
    plain.client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(
            types.WorkspaceFoldersChangeEvent(
                added=[types.WorkspaceFolder(uri_of(root), "other")], removed=[]
            )
        )
    )
    here = await plain.open(migrations / NAME, TEXT)
    there = await plain.open(folder / NAME, TEXT)
    assert "cannot" not in (await titles(plain, here))[0]
    # There is no `orders` there: nothing that is locked is known.
    assert await titles(plain, there) != await titles(plain, here)
