"""From a table or column to the migration that made it, and to everything that names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from support.editor import Editor, path_of, position_at

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODULE = (
    "defmodule Shop.Repo.Migrations.M{} do\n  use Ecto.Migration\n\n  def change do\n    {}\n  end\nend\n"
)
FILES = {
    "20250201000000_index.exs": MODULE.format(2, "create index(:orders, [:a, :legacy])"),
    "20250301000000_rename.exs": MODULE.format(3, "rename table(:orders), to: table(:purchases)"),
    "20250401000000_rename_a.exs": MODULE.format(4, "rename table(:purchases), :a, to: :b"),
    "20250501000000_sql.exs": MODULE.format(5, 'execute "UPDATE purchases SET b = \'é\'", ""'),
    "20250601000000_other.exs": MODULE.format(6, "create table(:orders) do\n      add :b, :text\n    end"),
    "20270101000000_later.exs": MODULE.format(7, "alter table(:purchases), do: modify(:b, :text)"),
}
TEXT = MODULE.format(
    9,
    "alter table(:purchases) do\n      modify :b, :string\n    end\n"
    "    create table(:own)\n    drop table(:own)",
)
SCHEMA = """defmodule Shop.Purchase do
  use Ecto.Schema

  schema "purchases" do
    field :b, :string
  end
end
"""


async def opened(editor: Editor, migrations: Path) -> str:
    for name, text in FILES.items():
        (migrations / name).write_text(text)
    lib = migrations.parents[2] / "lib"
    lib.mkdir(exist_ok=True)
    (lib / "purchase.ex").write_text(SCHEMA)
    return await editor.open(migrations / "20260101000000_a.exs", TEXT)


def place(location: types.Location, text: str | None = None) -> tuple[str, int, str]:
    """The file, its line from 1, and the text in the range."""
    path = path_of(location.uri)
    lines = (text if text is not None else path.read_text()).splitlines()
    start, end = location.range.start, location.range.end
    return path.name, start.line + 1, lines[start.line][start.character : end.character]


async def test_a_table_leads_to_its_creation(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations)
    found = await neovim.definition(uri, position_at(TEXT, TEXT.index("purchases") + 3))
    assert found is not None
    assert place(found) == ("20250101000000_create_orders.exs", 5, "orders")


async def test_a_column_leads_to_where_it_was_added_under_its_first_name(
    neovim: Editor, migrations: Path
) -> None:
    uri = await opened(neovim, migrations)
    found = await neovim.definition(uri, position_at(TEXT, TEXT.index("modify :b") + len("modify :")))
    assert found is not None
    assert place(found) == ("20250101000000_create_orders.exs", 6, "a")


async def test_a_table_of_the_same_file(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations)
    found = await neovim.definition(uri, position_at(TEXT, TEXT.rindex("own")))
    assert found is not None and found.uri == uri
    assert place(found, TEXT) == ("20260101000000_a.exs", 8, "own")


async def test_nothing_elsewhere(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations)
    for needle in ("defmodule", "alter", ":string"):
        assert await neovim.definition(uri, position_at(TEXT, TEXT.index(needle) + 2)) is None


async def test_references_of_a_column(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations)
    at = position_at(TEXT, TEXT.index("modify :b") + len("modify :"))
    found = [place(each, TEXT if each.uri == uri else None) for each in await neovim.references(uri, at)]
    assert found == [
        ("20250101000000_create_orders.exs", 6, "a"),
        ("20250201000000_index.exs", 5, "a"),
        ("20250401000000_rename_a.exs", 5, "a"),
        ("20250401000000_rename_a.exs", 5, "b"),
        ("20250501000000_sql.exs", 5, "b"),
        ("20260101000000_a.exs", 6, "b"),
        ("20270101000000_later.exs", 5, "b"),
        ("purchase.ex", 5, "field :b, :string"),
    ]
    without = await neovim.references(uri, at, declaration=False)
    assert len(without) == len(found) - 1


async def test_references_of_a_table_are_those_of_this_one_only(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations)
    found = await neovim.references(uri, position_at(TEXT, TEXT.index("purchases")))
    names = [place(each, TEXT if each.uri == uri else None)[0] for each in found]
    # The later table `orders` is another one.
    assert "20250601000000_other.exs" not in names
    assert names[0] == "20250101000000_create_orders.exs" and names[-1] == "purchase.ex"
    assert "20250201000000_index.exs" in names and "20270101000000_later.exs" in names


async def test_an_unsaved_edit_above_moves_the_place(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations)
    created = migrations / "20250101000000_create_orders.exs"
    moved = "# first\n" + created.read_text()
    other = await neovim.open(created, moved)
    neovim.save(other)
    found = await neovim.definition(uri, position_at(TEXT, TEXT.index("purchases")))
    assert found is not None
    assert place(found, moved) == ("20250101000000_create_orders.exs", 6, "orders")
    neovim.close(other)
