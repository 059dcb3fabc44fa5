"""The templates where they may stand, for clients with and without snippets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ecto_migrations_snippets import templates
from lsprotocol import types
from support.editor import Editor, apply_edits, position_at

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRESH = """defmodule Shop.Repo.Migrations.IndexOrders do
  use Ecto.Migration

  def change do
    |
  end
end
"""
NAMES = [template.name for template in templates()]


async def complete(editor: Editor, path: Path | str, marked: str) -> tuple[str, list[types.CompletionItem]]:
    """The text without its caret mark `|`, and what is offered there."""
    caret = marked.index("|")
    text = marked[:caret] + marked[caret + 1 :]
    uri = await editor.open(path, text)
    items = await editor.completion(uri, position_at(text, caret))
    editor.close(uri)
    return text, items


def accepted(text: str, item: types.CompletionItem) -> str:
    """The text after an editor has inserted the item, tab stops replaced by their defaults."""
    assert isinstance(item.text_edit, types.TextEdit)
    new_text = item.text_edit.new_text
    if item.insert_text_format == types.InsertTextFormat.Snippet:
        defaults = dict(re.findall(r"\$\{(\d+):((?:\\.|[^}\\])*)\}", new_text))
        new_text = re.sub(r"\$\{(\d+)(?::(?:\\.|[^}\\])*)?\}", lambda match: defaults[match[1]], new_text)
        new_text = re.sub(r"\\([\\$}])", r"\1", new_text)
    edit = types.TextEdit(item.text_edit.range, new_text)
    return apply_edits(text, [edit, *(item.additional_text_edits or ())])


def named(items: list[types.CompletionItem], name: str) -> types.CompletionItem:
    return next(item for item in items if item.label == name)


async def test_the_templates_fill_an_empty_file(neovim: Editor, migrations: Path) -> None:
    path = migrations / "20260101000000_index_orders.exs"
    text, items = await complete(neovim, path, "|")
    assert [item.label for item in items] == NAMES
    assert all(item.insert_text_format == types.InsertTextFormat.Snippet for item in items)
    assert all(item.kind == types.CompletionItemKind.Snippet for item in items)
    result = accepted(text, named(items, "add-index-concurrently"))
    assert result.startswith("defmodule ") and result.endswith("end")
    assert "@disable_ddl_transaction true" in result
    assert "create index(:posts, [:status], concurrently: true)" in result


@pytest.mark.parametrize("typed", ["add-", "add-i", "add-index"])
async def test_names_are_completed_behind_their_hyphens(neovim: Editor, migrations: Path, typed: str) -> None:
    text, items = await complete(neovim, migrations / "20260101000000_index_orders.exs", f"{typed}|")
    result = accepted(text, named(items, "add-index-concurrently"))
    assert result.startswith("defmodule ") and result.endswith("end")


async def test_a_generated_file_is_replaced_and_keeps_its_module(neovim: Editor, migrations: Path) -> None:
    path = migrations / "20260101000000_index_orders.exs"
    text, items = await complete(neovim, path, FRESH)
    assert [item.label for item in items] == NAMES
    result = accepted(text, named(items, "add-index-concurrently"))
    assert result.count("defmodule") == 1
    assert result.startswith("defmodule Shop.Repo.Migrations.IndexOrders do\n  use Ecto.Migration\n")
    assert result.endswith("end\n") and "\n    \n" not in result


async def test_the_project_s_own_migration_module_is_kept(neovim: Editor, migrations: Path) -> None:
    path = migrations / "20260101000000_index_orders.exs"
    text, items = await complete(neovim, path, FRESH.replace("Ecto.Migration", "Shop.Migration"))
    assert "use Shop.Migration\n" in accepted(text, items[0])


async def test_a_comment_above_the_module_stays(neovim: Editor, migrations: Path) -> None:
    path = migrations / "20260101000000_index_orders.exs"
    text, items = await complete(neovim, path, "# credo:disable-for-this-file\n" + FRESH)
    result = accepted(text, named(items, "add-nullable-column"))
    assert result.startswith("# credo:disable-for-this-file\ndefmodule Shop.Repo.Migrations.IndexOrders do\n")


async def test_the_module_is_named_after_the_file(neovim: Editor, migrations: Path) -> None:
    """By the convention of `mix ecto.gen.migration`; a tab stop where nothing is known of the project."""
    _, items = await complete(neovim, migrations / "20260101000000_index_orders.exs", "|")
    assert isinstance(items[0].text_edit, types.TextEdit)
    first_line = items[0].text_edit.new_text.partition("\n")[0]
    assert re.fullmatch(r"defmodule \S+\.(IndexOrders|\$\{\d+:AddStatusToPosts\}) do", first_line)


BODY = """defmodule Shop.Repo.Migrations.IndexOrders do
  use Ecto.Migration

  def change do
    create index(:orders, [:state])
    |
  end
end
"""


async def test_in_change_only_the_body(neovim: Editor, migrations: Path) -> None:
    text, items = await complete(neovim, migrations / "20260101000000_a.exs", BODY.replace("|", "add|"))
    # The batched backfill needs functions of its own and cannot run in `change`.
    assert "backfill-in-batches" not in [item.label for item in items]
    result = accepted(text, named(items, "add-index-concurrently"))
    assert result == BODY.replace("|", "create index(:posts, [:status], concurrently: true)").replace(
        "  use Ecto.Migration\n",
        "  use Ecto.Migration\n\n  @disable_ddl_transaction true\n  @disable_migration_lock true\n",
    )


async def test_attributes_that_are_there_are_not_added_again(neovim: Editor, migrations: Path) -> None:
    marked = BODY.replace(
        "Ecto.Migration\n",
        "Ecto.Migration\n  @disable_ddl_transaction true\n  @disable_migration_lock true\n",
    )
    _, items = await complete(neovim, migrations / "20260101000000_a.exs", marked)
    assert named(items, "add-index-concurrently").additional_text_edits is None


async def test_in_alter_only_the_line(neovim: Editor, migrations: Path) -> None:
    marked = BODY.replace("|", "alter table(:orders) do\n      add|\n    end")
    text, items = await complete(neovim, migrations / "20260101000000_a.exs", marked)
    item = named(items, "add-nullable-column")
    assert accepted(text, item) == marked.replace("add|", "add :status, :string")
    assert item.additional_text_edits is None


@pytest.mark.parametrize(
    "marked",
    [
        BODY.replace("|", "x = |"),
        BODY.replace("|", "# add|"),
        BODY.replace("|", 'execute "\nadd|'),
        BODY.replace("|", 'execute """\n    add|'),
        BODY.replace("|", "create table(:orders) do\n      |"),
        BODY.replace("    |\n", "").replace("  def change", "  |\n  def change"),
        "defmodule A do\n  use Ecto.Migration\n  defp helper do\n    |\n  end\nend\n",
    ],
)
async def test_nowhere_else(neovim: Editor, migrations: Path, marked: str) -> None:
    _, items = await complete(neovim, migrations / "20260101000000_a.exs", marked)
    assert items == []


@pytest.mark.parametrize(
    "block",
    ['if System.get_env("X") do\n', "for table <- [:a, :b] do\n", "Enum.each([:a], fn table ->\n"],
)
async def test_unfinished_blocks_do_not_matter(neovim: Editor, migrations: Path, block: str) -> None:
    """While somebody types, `end` is missing."""
    marked = f"defmodule A do\n  use Ecto.Migration\n\n  def up do\n    {block}      |"
    _, items = await complete(neovim, migrations / "20260101000000_a.exs", marked)
    assert "add-nullable-column" in [item.label for item in items]


async def test_not_in_other_elixir_files(neovim: Editor, tmp_path: Path) -> None:
    _, items = await complete(neovim, tmp_path / "lib/shop.ex", "defmodule Shop do\n  def change do\n    |")
    assert items == []
    _, items = await complete(neovim, tmp_path / "priv/repo/migrations/.formatter.exs", "|")
    assert items == []


async def test_plain_text_for_a_client_without_snippets(emacs: Editor, migrations: Path) -> None:
    text, items = await complete(emacs, migrations / "20260101000000_a.exs", BODY)
    item = named(items, "add-nullable-column")
    assert item.insert_text_format == types.InsertTextFormat.PlainText
    assert isinstance(item.documentation, str)
    assert apply_edits(text, [item.text_edit]) == BODY.replace(  # type: ignore[list-item]
        "|", "alter table(:posts) do\n      add :status, :string\n    end"
    )


async def test_items_say_what_they_do(vscode: Editor, migrations: Path) -> None:
    _, items = await complete(vscode, migrations / "20260101000000_a.exs", "|")
    item = named(items, "add-index-concurrently")
    assert item.detail == "Add an index concurrently"
    assert isinstance(item.documentation, types.MarkupContent)
    assert "SHARE UPDATE EXCLUSIVE" in item.documentation.value
    assert "```elixir\ndefmodule " in item.documentation.value
    assert [item.sort_text for item in items] == sorted(item.sort_text or "" for item in items)


async def test_a_buffer_that_is_not_a_file(neovim: Editor) -> None:
    text, items = await complete(neovim, "untitled:Untitled-1", "use Ecto.Migration\n|")
    assert items == [] and text
    _, items = await complete(neovim, "untitled:Untitled-1", FRESH)
    assert [item.label for item in items] == NAMES
