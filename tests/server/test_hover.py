"""What an operation does, in the words of the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from support.editor import Editor, position_of, range_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = """defmodule Shop.Repo.Migrations.Change do
  use Ecto.Migration

  # Changes
  def change do
    alter table(:orders) do
      add :note, :text
      add :state, :string, null: false
      remove :legacy
    end

    rename table(:orders), :a, to: :b
  end
end
"""


async def hover(editor: Editor, migrations: Path, text: str, needle: str) -> types.Hover | None:
    uri = await editor.open(migrations / "20260101000000_a.exs", text)
    found = await editor.hover(uri, position_of(text, needle))
    editor.close(uri)
    return found


def value(found: types.Hover | None) -> str:
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    return found.contents.value


async def test_an_added_column(neovim: Editor, migrations: Path) -> None:
    found = await hover(neovim, migrations, TEXT, "add :state")
    assert found is not None
    assert found.range == range_of(TEXT, "add :state, :string, null: false")
    lines = value(found).splitlines()
    assert lines[0] == "**Adds `orders.state` (character varying(255), NOT NULL)** · danger"
    assert "`ACCESS EXCLUSIVE` on `orders`" in value(found)
    assert '```sql\nALTER TABLE "orders" ADD COLUMN "note" text,\n  ADD COLUMN "state"' in value(found)
    assert lines[-1].startswith("PostgreSQL ") and "in the migration's transaction" in lines[-1]


async def test_the_whole_statement_where_the_caret_is_on_none_of_its_parts(
    neovim: Editor, migrations: Path
) -> None:
    found = await hover(neovim, migrations, TEXT, "alter table")
    assert value(found).startswith("**Adds `orders.note` (text) and 2 more** · danger\n")
    assert found is not None and found.range is not None
    assert (found.range.start.line, found.range.end.line) == (5, 9)


async def test_the_way_back(neovim: Editor, migrations: Path) -> None:
    assert "**Rollback** not possible: " in value(await hover(neovim, migrations, TEXT, "remove :legacy"))
    reversible = TEXT.replace("      remove :legacy\n", "")
    renamed = value(await hover(neovim, migrations, reversible, "rename table"))
    assert renamed.startswith("**Renames `orders.a` to `b`**")
    assert '**Rollback**\n```sql\nALTER TABLE "orders" RENAME "b" TO "a"\n```' in renamed


async def test_modify_is_called_by_what_it_changes(neovim: Editor, migrations: Path) -> None:
    """`modify` states the type each time; where that is the old one, it is not the news."""
    text = TEXT.replace("remove :legacy", "modify :legacy, :string, null: false")
    found = value(await hover(neovim, migrations, text, "modify :legacy"))
    assert found.startswith("**Sets NOT NULL on `orders.legacy`** · danger\n")
    text = TEXT.replace("remove :legacy", "modify :legacy, :text")
    found = value(await hover(neovim, migrations, text, "modify :legacy"))
    assert found.startswith("**Changes the type of `orders.legacy` from character varying(255) to text**")


async def test_a_column_of_a_new_table(neovim: Editor, migrations: Path) -> None:
    text = TEXT.replace("alter table(:orders)", "create table(:invoices)").replace(
        "remove", "add :c, :date #"
    )
    found = await hover(neovim, migrations, text, "add :note")
    assert value(found).startswith("**Adds `invoices.note` (text)**\n")
    # Each column has a line of its own.
    assert '```sql\nCREATE TABLE "invoices" (\n  "id" bigserial,\n  "note" text,\n' in value(found)
    whole = value(await hover(neovim, migrations, text, "table(:invoices)"))
    assert whole.startswith("**Creates the table `invoices`**")


async def test_a_call_of_a_helper_shows_what_it_runs(neovim: Editor, migrations: Path) -> None:
    text = TEXT.replace("    rename table(:orders), :a, to: :b\n  end", "    renamed()\n  end").replace(
        "  # Changes", "  defp renamed do\n    rename table(:orders), :a, to: :b\n  end\n"
    )
    for needle in ("    renamed()", "rename table"):
        place = needle.strip()
        assert value(await hover(neovim, migrations, text, place)).startswith("**Renames `orders.a` to `b`**")


async def test_outside_a_transaction(neovim: Editor, migrations: Path) -> None:
    text = (
        "defmodule A do\n  use Ecto.Migration\n  @disable_ddl_transaction true\n"
        "  @disable_migration_lock true\n  def change do\n"
        "    create index(:orders, [:a], concurrently: true)\n  end\nend\n"
    )
    shown = value(await hover(neovim, migrations, text, "create index"))
    assert shown.startswith("**Builds the index `orders_a_index` on `orders` concurrently**")
    assert "`SHARE UPDATE EXCLUSIVE` on `orders`" in shown and "neither reads nor writes wait" in shown
    assert shown.endswith("outside a transaction")


async def test_nothing_where_nothing_happens(neovim: Editor, migrations: Path) -> None:
    for needle in ("# Changes", "use Ecto", "def change", "defmodule"):
        assert await hover(neovim, migrations, TEXT, needle) is None
    assert await hover(neovim, Path("/shop/lib"), "x = 1\n", "x") is None


@pytest.mark.parametrize("place", ["drop-column, ", "# ecto-migrations:disable-for-this-line "])
async def test_a_rule_in_a_comment(neovim: Editor, migrations: Path, place: str) -> None:
    comment = f"{place if place.startswith('#') else '# see ' + place}set-not-null-scan -- see below"
    text = TEXT.replace("# Changes", comment)
    found = await hover(neovim, migrations, text, "not-null-scan")
    assert found is not None
    assert found.range == range_of(text, "set-not-null-scan")
    lines = value(found).splitlines()
    assert lines[0].endswith("** · danger")
    assert "## What happens" in lines
    assert lines[-1].startswith("[set-not-null-scan](https://")


@pytest.mark.parametrize("needle", ["see below", "set-nothing", "# why"])
async def test_no_rule_in_a_comment(neovim: Editor, migrations: Path, needle: str) -> None:
    text = TEXT.replace("# Changes", "# why set-nothing set-not-null-scan -- see below")
    assert await hover(neovim, migrations, text, needle) is None
