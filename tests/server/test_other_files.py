"""Code actions that change other files than the migration: a schema module, the migration's own name."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities
from support.editor import Editor, path_of, range_of, uri_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "20260301101500_change_orders.exs"
DROP = """defmodule Shop.Repo.Migrations.ChangeOrders do
  use Ecto.Migration

  def change do
    alter table(:orders) do
      remove :legacy, :string
    end
  end
end
"""
ORDER = """defmodule Shop.Order do
  use Ecto.Schema

  schema "orders" do
    field :a, :string
    field :legacy, :string
  end
end
"""
WITHOUT = ORDER.replace("    field :legacy, :string\n", "")
TWO_DEPLOYS = "Drop legacy in two deploys: take out"


@pytest.fixture
def order(migrations: Path) -> Path:
    """The schema module of `orders`."""
    lib = migrations.parents[2] / "lib"
    lib.mkdir()
    (lib / "order.ex").write_text(ORDER)
    return lib / "order.ex"


async def offered(editor: Editor, migrations: Path, text: str, place: str, title: str) -> types.CodeAction:
    (migrations / NAME).write_text(text)
    uri = await editor.open(migrations / NAME)
    await editor.diagnostics(uri)
    (action,) = [
        each for each in await editor.code_actions(uri, range_of(text, place)) if each.title.startswith(title)
    ]
    return action


def edit_of(edit: types.WorkspaceEdit, path: Path) -> types.TextDocumentEdit:
    (found,) = [
        operation
        for operation in edit.document_changes or ()
        if isinstance(operation, types.TextDocumentEdit) and path_of(operation.text_document.uri) == path
    ]
    return found


async def test_a_schema_module_that_is_not_open(neovim: Editor, migrations: Path, order: Path) -> None:
    action = await neovim.pick(await offered(neovim, migrations, DROP, "remove", TWO_DEPLOYS))
    assert action.edit is not None
    assert edit_of(action.edit, order).text_document.version is None
    neovim.apply(action.edit)
    assert neovim.buffers[uri_of(order)] == WITHOUT
    assert order.read_text() == ORDER, "written by nobody but the user"
    neovim.close(uri_of(order))


async def test_one_that_is_open_is_edited_as_it_is_typed(
    neovim: Editor, migrations: Path, order: Path
) -> None:
    uri = await neovim.open(order)
    typed = ORDER.replace("    field :a", "    # 😋 not saved\n    field :a")
    action = await offered(neovim, migrations, DROP, "remove", TWO_DEPLOYS)
    neovim.type(uri, typed)
    picked = await neovim.pick(action)
    assert picked.edit is not None
    assert edit_of(picked.edit, order).text_document.version == neovim.versions[uri] == 2
    neovim.apply(picked.edit)
    assert neovim.buffers[uri] == WITHOUT.replace("    field :a", "    # 😋 not saved\n    field :a")
    neovim.close(uri)


async def test_one_that_was_typed_in_since_is_not_edited(
    neovim: Editor, migrations: Path, order: Path
) -> None:
    uri = await neovim.open(order)
    picked = await neovim.pick(await offered(neovim, migrations, DROP, "remove", TWO_DEPLOYS))
    neovim.type(uri, ORDER.replace(":a", ":b"))
    assert picked.edit is not None
    with pytest.raises(AssertionError, match="stale"):
        neovim.apply(picked.edit)
    neovim.close(uri)


async def test_a_field_that_is_gone_by_then_is_left_alone(
    neovim: Editor, migrations: Path, order: Path
) -> None:
    uri = await neovim.open(order)
    action = await offered(neovim, migrations, DROP, "remove", TWO_DEPLOYS)
    neovim.type(uri, WITHOUT)
    picked = await neovim.pick(action)
    # What the schema has changed, so that the finding is another one, or the edit is of the migration alone.
    if picked.edit is not None:
        assert {
            path_of(operation.text_document.uri)
            for operation in picked.edit.document_changes or ()
            if isinstance(operation, types.TextDocumentEdit)
        } == {migrations / NAME}
    neovim.close(uri)


async def test_parts_elsewhere_say_what_they_are_for(vscode: Editor, migrations: Path, order: Path) -> None:
    action = await offered(vscode, migrations, DROP, "remove", TWO_DEPLOYS)
    picked = await vscode.pick(action)
    assert picked.edit is not None
    ((name, annotation),) = (picked.edit.change_annotations or {}).items()
    assert annotation.label == action.title and not annotation.needs_confirmation
    assert [
        each.annotation_id
        for each in edit_of(picked.edit, order).edits
        if isinstance(each, types.AnnotatedTextEdit)
    ] == [name]
    own = edit_of(picked.edit, migrations / NAME)
    assert all(isinstance(each, types.TextEdit) for each in own.edits)
    vscode.apply(picked.edit)
    assert vscode.buffers[uri_of(order)] == WITHOUT
    vscode.close(uri_of(order))


async def test_nothing_is_annotated_for_a_client_that_reads_no_annotations(
    migrations: Path, order: Path
) -> None:
    capabilities = client_capabilities("neovim")
    assert capabilities.workspace is not None and capabilities.workspace.workspace_edit is not None
    capabilities.workspace.workspace_edit.change_annotation_support = None
    editor = await Editor.connect(capabilities)
    picked = await editor.pick(await offered(editor, migrations, DROP, "remove", TWO_DEPLOYS))
    assert picked.edit is not None and picked.edit.change_annotations is None
    assert all(isinstance(each, types.TextEdit) for each in edit_of(picked.edit, order).edits)
    await editor.disconnect()


# --- the migration's own name ------------------------------------------------------------------------------

COPY = """defmodule Shop.Repo.Migrations.CreateItems do
  use Ecto.Migration

  def change do
    create table(:items)
  end
end
"""
TAKEN = "20250101000000_create_items.exs"


async def renaming(editor: Editor, migrations: Path) -> list[types.CodeAction]:
    """The offers for a migration whose version another one has."""
    (migrations / TAKEN).write_text(COPY)
    uri = await editor.open(migrations / TAKEN)
    await editor.diagnostics(uri)
    place = range_of(COPY, "Shop.Repo.Migrations.CreateItems")
    return [each for each in await editor.code_actions(uri, place) if each.title.startswith("Give the file")]


async def test_a_file_gets_a_name_that_is_free(vscode: Editor, migrations: Path) -> None:
    (action,) = await renaming(vscode, migrations)
    picked = await vscode.pick(action)
    assert picked.edit is not None
    (rename,) = picked.edit.document_changes or ()
    assert isinstance(rename, types.RenameFile)
    assert rename.options == types.RenameFileOptions(overwrite=False, ignore_if_exists=False)
    new = path_of(rename.new_uri)
    assert new.parent == migrations and new.name.endswith("_create_items.exs") and new.name != TAKEN
    vscode.apply(picked.edit)
    assert new.read_text() == COPY and not (migrations / TAKEN).exists()
    assert "duplicate-version" not in [each.code for each in await vscode.diagnostics(uri_of(new))]
    vscode.close(uri_of(new))


async def test_no_new_name_from_a_client_that_renames_no_files(emacs: Editor, migrations: Path) -> None:
    assert await renaming(emacs, migrations) == []


# --- a changeset -------------------------------------------------------------------------------------------

UNIQUE = """defmodule Shop.Repo.Migrations.ChangeOrders do
  use Ecto.Migration

  def change do
    create unique_index(:orders, [:a])
  end
end
"""
CHANGESET = ORDER.replace(
    "  end\nend\n",
    "  end\n\n  def changeset(order, attrs) do\n    order\n    |> cast(attrs, [:a])\n  end\nend\n",
).replace("use Ecto.Schema", "use Ecto.Schema\n  import Ecto.Changeset")


async def test_a_changeset(neovim: Editor, migrations: Path, order: Path) -> None:
    order.write_text(CHANGESET)
    uri = await neovim.open(order)
    action = await offered(neovim, migrations, UNIQUE, "unique_index", "Add unique_constraint(:a)")
    picked = await neovim.pick(action)
    assert picked.edit is not None
    neovim.apply(picked.edit)
    assert "    |> cast(attrs, [:a])\n    |> unique_constraint(:a)\n" in neovim.buffers[uri]
    assert neovim.buffers[uri_of(migrations / NAME)] == UNIQUE
    neovim.close(uri)


async def test_a_changeset_that_is_gone_by_then(neovim: Editor, migrations: Path, order: Path) -> None:
    order.write_text(CHANGESET)
    uri = await neovim.open(order)
    action = await offered(neovim, migrations, UNIQUE, "unique_index", "Add unique_constraint(:a)")
    neovim.type(uri, ORDER)
    assert (await neovim.pick(action)).edit is None
    assert "is no longer there" in neovim.client.messages[-1].message
    neovim.close(uri)
