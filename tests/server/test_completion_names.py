"""Tables, columns, types and options where they may stand, in text that somebody is typing."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from support.editor import Editor, apply_edits, position_at

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEAD = "defmodule Shop.Repo.Migrations.A do\n  use Ecto.Migration\n\n  def change do\n    "
TAIL = "\n  end\nend\n"
ALTER = "alter table(:orders) do\n      "


async def complete(
    editor: Editor, migrations: Path, marked: str, tail: str = TAIL
) -> tuple[str, list[types.CompletionItem]]:
    whole = HEAD + marked + tail
    caret = whole.index("|")
    text = whole[:caret] + whole[caret + 1 :]
    uri = await editor.open(migrations / "20260101000000_a.exs", text)
    items = await editor.completion(uri, position_at(text, caret))
    editor.close(uri)
    return text, items


def labels(items: list[types.CompletionItem]) -> list[str]:
    return [item.label for item in items]


def accepted(text: str, items: list[types.CompletionItem], label: str) -> str:
    item = next(item for item in items if item.label == label)
    assert isinstance(item.text_edit, types.TextEdit)
    return apply_edits(text, [item.text_edit])


@pytest.mark.parametrize(
    ("marked", "wanted", "label"),
    [
        ("create index(:|", "create index(:orders", "orders"),
        ('create index("or|', 'create index("orders"', "orders"),
        ('create index("or|")', 'create index("orders")', "orders"),
        ("alter table(|) do", "alter table(:orders) do", "orders"),
        (ALTER + "add :b, references(:or|)", ALTER + "add :b, references(:orders)", "orders"),
        (ALTER + "remove :le|", ALTER + "remove :legacy", "legacy"),
        (ALTER + "remove :le|g", ALTER + "remove :legacy", "legacy"),
        (ALTER + "add :é,\n      remove :le|", ALTER + "add :é,\n      remove :legacy", "legacy"),
        (
            ALTER + 'add :b, :text, default: "😋"; remove(:|)',
            ALTER + 'add :b, :text, default: "😋"; remove(:legacy)',
            "legacy",
        ),
        (ALTER + "modify |", ALTER + "modify :a", "a"),
        ("create index(:orders, [:a, :l|])", "create index(:orders, [:a, :legacy])", "legacy"),
        ("create index(:orders, [desc: :|])", "create index(:orders, [desc: :a])", "a"),
        ("create index :orders, [:|", "create index :orders, [:a", "a"),
        (
            "create index(:orders, [:a], include: [:|",
            "create index(:orders, [:a], include: [:legacy",
            "legacy",
        ),
        ("rename table(:orders), :|", "rename table(:orders), :legacy", "legacy"),
        (
            ALTER + "add :b, references(:orders, column: :|",
            ALTER + "add :b, references(:orders, column: :legacy",
            "legacy",
        ),
        (ALTER + "add :b, :utc|", ALTER + "add :b, :utc_datetime_usec", "utc_datetime_usec"),
        (ALTER + "add :b, {:array, :|}", ALTER + "add :b, {:array, :text}", "text"),
        (ALTER + "modify :a, :text, from: :|", ALTER + "modify :a, :text, from: :string", "string"),
        (ALTER + "add :b, :text, null: |", ALTER + "add :b, :text, null: false", "false"),
        (
            ALTER + "add :b, references(:orders, on_delete: :|)",
            ALTER + "add :b, references(:orders, on_delete: :nilify_all)",
            "nilify_all",
        ),
        (ALTER + "add :b, :text, nu|", ALTER + "add :b, :text, null: false", "null"),
        (
            "create index(:orders, [:a], con|)",
            "create index(:orders, [:a], concurrently: true)",
            "concurrently",
        ),
        (
            "create constraint(:orders, :x, val|)",
            "create constraint(:orders, :x, validate: false)",
            "validate",
        ),
    ],
)
async def test_what_was_begun_is_completed_in_its_place(
    neovim: Editor, migrations: Path, marked: str, wanted: str, label: str
) -> None:
    text, items = await complete(neovim, migrations, marked)
    assert accepted(text, items, label) == HEAD + wanted + TAIL
    assert all(item.text_edit is not None for item in items)


async def test_columns_are_those_of_the_table_at_this_place(neovim: Editor, migrations: Path) -> None:
    _, items = await complete(
        neovim, migrations, "rename table(:orders), :a, to: :b\n    alter table(:orders) do\n      remove :|"
    )
    assert labels(items) == ["id", "b", "legacy"]
    _, items = await complete(neovim, migrations, "alter table(:nothing) do\n      remove :|")
    assert items == []


async def test_a_column_tells_its_history(vscode: Editor, migrations: Path) -> None:
    _, items = await complete(vscode, migrations, ALTER + "remove :|")
    item = next(item for item in items if item.label == "legacy")
    assert item.kind == types.CompletionItemKind.Field
    assert item.detail == "character varying(255)"
    assert isinstance(item.documentation, types.MarkupContent)
    assert "since 20250101000000_create_orders" in item.documentation.value


async def test_a_removed_column_s_own_type_comes_first(neovim: Editor, migrations: Path) -> None:
    _, items = await complete(neovim, migrations, ALTER + "remove :legacy, :|")
    first = min(items, key=lambda item: item.sort_text or "")
    assert (first.label, first.detail) == ("string", "varchar(255), or of another `size`: its present type")


async def test_options_come_once_and_with_their_documentation(neovim: Editor, migrations: Path) -> None:
    _, items = await complete(neovim, migrations, ALTER + "add :b, :text, null: false, |")
    assert "default" in labels(items) and "null" not in labels(items)
    assert all(item.documentation for item in items)
    _, items = await complete(neovim, migrations, "create unique_index(:orders, [:a], |")
    assert "unique" not in labels(items) and "nulls_distinct" in labels(items)


async def test_a_client_without_snippets_gets_plain_text(emacs: Editor, migrations: Path) -> None:
    text, items = await complete(emacs, migrations, "create index(:orders, [:a], wh|)")
    assert accepted(text, items, "where") == HEAD + "create index(:orders, [:a], where: )" + TAIL
    assert all(item.insert_text_format == types.InsertTextFormat.PlainText for item in items)


@pytest.mark.parametrize(
    "marked",
    [
        ALTER + "add :|",
        "# index(:|",
        'execute "alter table :|',
        "x = foo(:|",
        'execute """\n    remove :|',
        "create constraint(:orders, :|",
        "Shop.add(:a, :|",
    ],
)
async def test_nothing_where_nothing_of_ours_belongs(neovim: Editor, migrations: Path, marked: str) -> None:
    _, items = await complete(neovim, migrations, marked, tail="\n")
    assert items == []
