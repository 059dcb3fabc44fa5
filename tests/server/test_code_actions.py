"""Code actions over the wire: offered, resolved, applied, written."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities
from support.editor import Editor, path_of, range_of, uri_of
from support.wire import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPLIT = "Split into 3 migrations"
NAME = "20260301101500_add_state_to_orders.exs"
TEXT = """defmodule Shop.Repo.Migrations.AddStateToOrders do
  use Ecto.Migration

  def change do
    alter table(:orders) do
      add :note, :text
      add :state, :string, null: false
    end
  end
end
"""
INDEX = """defmodule Shop.Repo.Migrations.IndexOrders do
  use Ecto.Migration

  def change do
    create index(:orders, [:a])
  end
end
"""
CAUSE = range_of(TEXT, "null: false")


async def opened(editor: Editor, migrations: Path, text: str = TEXT) -> str:
    (migrations / NAME).write_text(text)
    uri = await editor.open(migrations / NAME)
    await editor.diagnostics(uri)
    return uri


def split(actions: list[types.CodeAction]) -> types.CodeAction:
    (found,) = [action for action in actions if action.title.startswith(SPLIT)]
    return found


async def test_the_split_is_the_preferred_fix_of_its_finding(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations)
    diagnostics = await neovim.diagnostics(uri)
    actions = await neovim.code_actions(uri, CAUSE, diagnostics=diagnostics)
    action = split(actions)
    assert action.kind == types.CodeActionKind.QuickFix
    assert [each.code for each in action.diagnostics or ()] == ["add-column-not-null-without-default"]
    # It is asked for with every move of the caret: the edit is made when the user picks it.
    assert action.edit is None and action.data is not None
    assert len([each for each in actions if each.is_preferred]) == 1


async def test_nothing_is_offered_elsewhere(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations)
    assert await neovim.code_actions(uri, range_of(TEXT, "use Ecto.Migration")) == []
    other = await neovim.open("file:///shop/lib/shop.ex", "defmodule Shop do\nend\n")
    assert await neovim.code_actions(other, types.Range(types.Position(0, 0), types.Position(1, 0))) == []


@pytest.mark.parametrize(
    ("only", "offered"),
    [
        ([types.CodeActionKind.QuickFix], True),
        ([types.CodeActionKind.Refactor], False),
        ([types.CodeActionKind.Source], False),
        (["quick"], False),
        ([""], True),
    ],
)
async def test_only_what_is_asked_for(
    neovim: Editor, migrations: Path, only: list[types.CodeActionKind | str], offered: bool
) -> None:
    uri = await opened(neovim, migrations)
    titles = [action.title for action in await neovim.code_actions(uri, CAUSE, only)]
    assert any(title.startswith(SPLIT) for title in titles) is offered


async def test_a_split_in_neovim(neovim: Editor, migrations: Path) -> None:
    await split_and_write(neovim, migrations)


async def test_a_split_in_vscode(vscode: Editor, migrations: Path) -> None:
    await split_and_write(vscode, migrations)


async def split_and_write(editor: Editor, migrations: Path) -> None:
    """The whole way: menu, edit, files on disk, and what is said about those."""
    uri = await opened(editor, migrations)
    action = await editor.pick(split(await editor.code_actions(uri, CAUSE)))
    assert action.edit is not None
    created = editor.apply(action.edit)
    editor.save_all(migrations)
    assert [path.parent for path in created] == [migrations, migrations]
    names = [NAME, *(path.name for path in created)]
    assert names == sorted(names) and len({name.partition("_")[0] for name in names}) == 3
    texts = [(migrations / name).read_text() for name in names]
    for number, text in enumerate(texts, start=1):
        assert text.startswith(f"# Step {number} of 3") and text.endswith("\nend\n")
    modules = [text.partition("defmodule ")[2].partition(" do")[0] for text in texts]
    assert len(set(modules)) == 3
    assert all(module.startswith("Shop.Repo.Migrations.") for module in modules)
    assert "add :note, :text" in texts[0] and "null: false" not in texts[0]
    # None of the three has anything dangerous in it.
    for path in (migrations / NAME, *created):
        severe = [
            each.code
            for each in await editor.diagnostics(uri_of(path))
            if each.severity == types.DiagnosticSeverity.Error
        ]
        assert severe == []


async def test_names_are_taken_by_files_and_by_unsaved_buffers(neovim: Editor, migrations: Path) -> None:
    """Names are chosen when the edit is made: what takes them may have come after the menu."""
    uri = await opened(neovim, migrations)
    action = split(await neovim.code_actions(uri, CAUSE))
    first = await neovim.pick(action)
    assert first.edit is not None
    wanted = [
        path_of(operation.uri)
        for operation in first.edit.document_changes or ()
        if isinstance(operation, types.CreateFile)
    ]
    wanted[0].write_text("# precious\n")
    unsaved = await neovim.open(uri_of(wanted[1]), "# precious, not on disk\n")
    action.edit = None
    second = await neovim.pick(action)
    assert second.edit is not None
    # `apply` refuses to create what exists or is open.
    created = neovim.apply(second.edit)
    assert not set(created) & set(wanted) and len(created) == 2
    assert wanted[0].read_text() == "# precious\n"
    assert neovim.buffers[unsaved] == "# precious, not on disk\n"
    versions = [path.name.partition("_")[0] for path in [*wanted, *created]]
    assert len(set(versions)) == 4, "two migrations with one version: Ecto refuses to run them"
    neovim.close(unsaved)


async def test_a_text_that_has_changed_is_not_edited(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations)
    action = split(await neovim.code_actions(uri, CAUSE))
    neovim.type(uri, TEXT.replace(":state", ":status"))
    shown = len(neovim.client.messages)
    assert (await neovim.pick(action)).edit is None
    (message,) = neovim.client.messages[shown:]
    assert message.type == types.MessageType.Warning and "has changed" in message.message
    neovim.close(uri)
    assert (await neovim.pick(action)).edit is None
    assert "no longer open" in neovim.client.messages[-1].message
    action.data = None
    assert (await neovim.pick(action)).edit is None


async def test_a_fix_in_place(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations, INDEX)
    (action,) = [
        each
        for each in await neovim.code_actions(uri, range_of(INDEX, "create index(:orders, [:a])"))
        if "concurrently" in each.title
    ]
    picked = await neovim.pick(action)
    assert picked.edit is not None and neovim.apply(picked.edit) == []
    text = neovim.buffers[uri]
    assert "concurrently: true" in text and "@disable_ddl_transaction true" in text
    assert list(await neovim.diagnostics(uri)) == []


# --- clients that can do less ------------------------------------------------------------------------------


async def test_no_split_for_a_client_that_creates_no_files(emacs: Editor, migrations: Path) -> None:
    uri = await opened(emacs, migrations)
    assert not [each.title for each in await emacs.code_actions(uri, CAUSE) if each.title.startswith(SPLIT)]


async def test_the_edit_at_once_for_a_client_that_does_not_resolve(emacs: Editor, migrations: Path) -> None:
    uri = await opened(emacs, migrations, INDEX)
    place = range_of(INDEX, "create index(:orders, [:a])")
    actions = await emacs.code_actions(uri, place)
    assert actions and all(each.edit is not None and each.data is None for each in actions)
    (action,) = [each for each in actions if "concurrently" in each.title]
    assert action.edit is not None and action.edit.document_changes is not None
    emacs.apply(action.edit)
    assert "concurrently: true" in emacs.buffers[uri]


async def test_plain_changes_for_a_client_without_versions(migrations: Path) -> None:
    capabilities = client_capabilities("emacs")
    assert capabilities.workspace is not None
    capabilities.workspace.workspace_edit = None
    editor = await Editor.connect(capabilities)
    uri = await opened(editor, migrations, INDEX)
    place = range_of(INDEX, "create index(:orders, [:a])")
    (action,) = [each for each in await editor.code_actions(uri, place) if "concurrently" in each.title]
    assert action.edit is not None and action.edit.document_changes is None
    editor.apply(action.edit)
    assert "concurrently: true" in editor.buffers[uri]
    await editor.disconnect()


async def test_commands_only_is_too_old(migrations: Path) -> None:
    editor = await Editor.connect(types.ClientCapabilities())
    uri = await opened(editor, migrations)
    assert await editor.code_actions(uri, CAUSE) == []
    await editor.disconnect()


async def test_a_client_that_writes_new_files_is_told_of_them(migrations: Path) -> None:
    options = {"clientCommands": ["ectoMigrations.filesCreated"]}
    editor = await Editor.connect("neovim", options)
    uri = await opened(editor, migrations)
    actions = await editor.code_actions(uri, CAUSE)
    action = await editor.pick(split(actions))
    assert action.edit is not None and action.command is not None
    assert action.command.command == "ectoMigrations.filesCreated"
    (uris,) = action.command.arguments or ()
    assert [path_of(created) for created in uris] == editor.apply(action.edit)
    in_place = [await editor.pick(each) for each in actions if not each.title.startswith("Split")]
    assert in_place and all(each.command is None for each in in_place)
    await editor.disconnect()


async def test_also_where_it_does_not_ask_a_second_time(migrations: Path) -> None:
    """Read from the wire: lsprotocol takes an action that has a command for a bare command."""
    capabilities = {
        "workspace": {"workspaceEdit": {"resourceOperations": ["create"]}},
        "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}},
    }
    (migrations / NAME).write_text(TEXT)
    uri = uri_of(migrations / NAME)
    with Wire() as wire:
        wire.initialize(
            capabilities, initializationOptions={"clientCommands": ["ectoMigrations.filesCreated"]}
        )
        wire.open(uri, TEXT)
        place = {"line": CAUSE.start.line, "character": CAUSE.start.character}
        answer = wire.request(
            "textDocument/codeAction",
            {
                "textDocument": {"uri": uri},
                "range": {"start": place, "end": place},
                "context": {"diagnostics": []},
            },
        )
        (action,) = [each for each in answer["result"] if each["title"].startswith(SPLIT)]
        created = [each["uri"] for each in action["edit"]["documentChanges"] if each.get("kind") == "create"]
        assert action["command"]["arguments"] == [created] and len(created) == 2
        assert all("command" not in each for each in answer["result"] if "Split" not in each["title"])
        wire.leave()


async def test_others_are_not(neovim: Editor, migrations: Path) -> None:
    uri = await opened(neovim, migrations)
    action = await neovim.pick(split(await neovim.code_actions(uri, CAUSE)))
    assert action.edit is not None and action.command is None
    neovim.close(uri)
