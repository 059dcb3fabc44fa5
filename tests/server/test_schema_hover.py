"""A table and a column as they stand at a migration."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from support.editor import Editor, position_at, position_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATUS = """defmodule Shop.Repo.Migrations.Status do
  use Ecto.Migration

  def change do
    alter table(:orders) do
      add :status, :string, default: "draft", null: false
    end

    create unique_index(:orders, [:a], where: "legacy IS NULL")
    create constraint(:orders, :short, check: "length(a) < 9", validate: false)
  end
end
"""
TEXT = """defmodule Shop.Repo.Migrations.Change do
  use Ecto.Migration

  def change do
    alter table(:orders) do
      modify :status, :text
      add :note, :text
    end

    create index("orders", [:a, desc: :legacy])
    create table(:lines) do
      add :order_id, references(:orders)
    end
    execute "UPDATE orders SET legacy = 'é'", ""
    alter table(:ordres), do: add(:b, :text)
  end
end
"""


async def hover(editor: Editor, migrations: Path, needle: str, text: str = TEXT) -> types.Hover | None:
    (migrations / "20250601000000_status.exs").write_text(STATUS)
    lib = migrations.parents[2] / "lib"
    lib.mkdir(exist_ok=True)
    (lib / "order.ex").write_text(
        'defmodule Shop.Order do\n  use Ecto.Schema\n\n  schema "orders" do\n'
        "    field :state, :string, source: :status\n  end\nend\n"
    )
    uri = await editor.open(migrations / "20260101000000_a.exs", text)
    before, caret, after = needle.partition("|")
    assert caret and text.count(before + after) == 1
    found = await editor.hover(uri, position_at(text, text.index(before + after) + len(before)))
    editor.close(uri)
    return found


def value(found: types.Hover | None) -> str:
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    return found.contents.value


async def test_a_table_before_the_migration(neovim: Editor, migrations: Path) -> None:
    found = await hover(neovim, migrations, "alter table(:ord|ers)")
    assert found is not None and found.range is not None
    start = position_of(TEXT, "orders) do\n      modify")
    assert found.range == types.Range(start, types.Position(start.line, start.character + len("orders")))
    assert value(found).splitlines() == [
        "**orders** before this migration",
        "",
        "| column | type | null | default | since |",
        "|---|---|---|---|---|",
        "| id | bigint | no | sequence | 20250101000000_create_orders |",
        "| a | character varying(255) | yes |  | 20250101000000_create_orders |",
        "| legacy | character varying(255) | yes |  | 20250101000000_create_orders |",
        "| status | character varying(255) | no | 'draft' | 20250601000000_status |",
        "",
        "indexes: `orders_a_index (a)` unique where `legacy IS NULL`"
        " · constraints: `short CHECK (length(a) < 9)`, NOT VALID · schema: `Shop.Order`",
    ]


async def test_the_same_table_later_in_the_migration(neovim: Editor, migrations: Path) -> None:
    found = value(await hover(neovim, migrations, 'index("or|ders"'))
    assert found.startswith("**orders** at this place in this migration\n")
    assert "| note | text | yes |  | this migration |" in found
    assert "| status | text | no | 'draft' | 20250601000000_status |" in found
    assert "referenced by: `lines`" not in found


async def test_a_table_that_the_migration_makes(neovim: Editor, migrations: Path) -> None:
    found = value(await hover(neovim, migrations, "create table(:|lines)"))
    assert found.startswith("**lines** as this migration makes it\n")
    assert "| order_id | bigint | yes |  | this migration |" in found
    assert "`lines_order_id_fkey FOREIGN KEY (order_id) → orders (id)`, validated" in found


async def test_a_table_in_references_and_in_sql(neovim: Editor, migrations: Path) -> None:
    for needle in ("references(:or|ders)", "UPDATE order|s SET"):
        found = value(await hover(neovim, migrations, needle))
        assert found.startswith("**orders** at this place in this migration\n")


async def test_a_column_with_its_history(neovim: Editor, migrations: Path) -> None:
    assert value(await hover(neovim, migrations, "modify :st|atus")).splitlines() == [
        "**orders.status** before this migration",
        "",
        "`character varying(255)` · NOT NULL · default `'draft'`  ",
        "since 20250601000000_status  ",
        "schema field: `Shop.Order.state`",
    ]


async def test_columns_of_an_index_and_in_sql(neovim: Editor, migrations: Path) -> None:
    found = value(await hover(neovim, migrations, "desc: :leg|acy"))
    assert found.startswith("**orders.legacy** ") and "since 20250101000000_create_orders" in found
    assert "SET |legacy".replace("|", "") in TEXT
    found = value(await hover(neovim, migrations, "SET |legacy"))
    assert "indexes: `orders_a_legacy_index (a, legacy DESC)`" in found


async def test_a_new_column_is_told_by_what_its_line_does(neovim: Editor, migrations: Path) -> None:
    assert value(await hover(neovim, migrations, "add :no|te")).startswith("**Adds `orders.note` (text)**")


async def test_a_table_that_does_not_exist(neovim: Editor, migrations: Path) -> None:
    found = value(await hover(neovim, migrations, "table(:ord|res)"))
    assert found == "**ordres** · no migration before this place creates it"


async def test_the_words_around_a_name_stay_with_the_operation(neovim: Editor, migrations: Path) -> None:
    assert "**Rollback**" in value(await hover(neovim, migrations, "mod|ify :status"))
