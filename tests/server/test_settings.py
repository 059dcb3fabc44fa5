"""Settings in the editor: of the project's files, of the editor itself, and what is wrong with them."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from ecto_migrations_analysis.project.globs import PathPattern
from ecto_migrations_analysis.project.settings import Settings as ProjectSettings
from ecto_migrations_server.lsp.settings import Settings
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from lsprotocol import types
from support.editor import PATIENCE, Editor, uri_of

TEXT = """defmodule Shop.Repo.Migrations.IndexOrders do
  use Ecto.Migration

  def change do
    create index(:orders, [:a])
    rename table(:orders), :legacy, to: :old
  end
end
"""
NAME = "20260101000000_index_orders.exs"
BOTH = ["index-not-concurrent", "rename-column"]


def codes(diagnostics: object, rules: list[str]) -> list[object]:
    """What some rules say; others have something to say too."""
    assert isinstance(diagnostics, list | tuple)
    return sorted(item.code for item in diagnostics if item.code in rules)


async def shows(editor: Editor, uri: str, expected: list[str], rules: list[str] = BOTH) -> None:
    """Returns when the editor has these; a busy server first shows what it knows without the project."""

    def arrived() -> bool:
        published = editor.client.publications.get(uri)
        return bool(published) and codes(published[-1].diagnostics, rules) == expected

    async with editor.client.published:
        await asyncio.wait_for(editor.client.published.wait_for(arrived), PATIENCE)


def said(diagnostics: object) -> list[tuple[int, int, int, str]]:
    assert isinstance(diagnostics, list | tuple)
    return [
        (item.range.start.line, item.range.start.character, item.range.end.character, item.message)
        for item in diagnostics
    ]


# --- what is read of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "stated"),
    [
        ({"ignore": ["rename-table"]}, {"ignore": ("rename-table",)}),
        ({"ectoMigrations": {"lock_timeout": "1s"}}, {"lock_timeout": "1s"}),
        (
            {"start_after": 5, "levels": {"drop-table": "off"}},
            {"start_after": 5, "levels": (("drop-table", "off"),)},
        ),
        ({"migration_paths": ["db"]}, {"migration_paths": (PathPattern(None, "db"),)}),
        # As VS Code sends what nobody has set, and what its extension keeps there.
        ({"select": [], "levels": {}, "database": None, "lock_timeout": "", "tables": {}}, {}),
        ({"server": {"path": ""}, "trace": {"server": "off"}, "statusBar": True}, {}),
    ],
)
def test_the_keys_are_those_of_the_file(
    value: object, stated: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    assert dict(Settings.read(value).stated) == stated
    assert caplog.records == []


def test_wrong_ones_are_named_with_their_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        settings = Settings.read({"databse": 1, "levels": {"drop-table": "low"}, "start_after": 7})
    assert dict(settings.stated) == {"start_after": 7}
    assert settings.problems == (
        "ectoMigrations.databse: unknown key `databse`; did you mean `database`?",
        "ectoMigrations.levels.drop-table: expected one of danger, risk, info, off, got 'low'",
    )
    assert [record.getMessage() for record in caplog.records] == list(settings.problems)


@pytest.mark.parametrize(
    ("value", "lens", "hints"),
    [
        (None, True, False),
        ({"database_version": 16}, True, False),
        ({"inlayHints": True}, True, True),
        ({"ectoMigrations": {"codeLens": False, "inlayHints": True}}, False, True),
        ({"codeLens": None, "inlayHints": None}, True, False),
    ],
)
def test_what_is_shown_in_the_text(value: object, lens: bool, hints: bool) -> None:
    settings = Settings.read(value)
    assert (settings.code_lens, settings.inlay_hints) == (lens, hints)
    assert settings.problems == () and "codeLens" not in dict(settings.stated)


def test_what_is_shown_is_yes_or_no() -> None:
    settings = Settings.read({"codeLens": "off", "inlayHints": 1, "start_after": 5})
    assert (settings.code_lens, settings.inlay_hints) == (True, False)
    assert dict(settings.stated) == {"start_after": 5}
    assert settings.problems == (
        "ectoMigrations.codeLens: expected true or false, got 'off'",
        "ectoMigrations.inlayHints: expected true or false, got 1",
    )


def test_commands_of_the_client_are_no_settings() -> None:
    assert Settings.read({"clientCommands": ["ectoMigrations.showReport"]}).problems == ()


def test_they_win_over_the_files_key_by_key() -> None:
    project = ProjectSettings(start_after=1, lock_timeout="2s")
    adjusted = Settings.read({"start_after": 5}).adjust(project)
    assert (adjusted.start_after, adjusted.lock_timeout) == (5, "2s")
    assert adjusted.origin("start_after") == "the editor's settings"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["ectoMigrations", "select", "levels", "tables", "small", "database_version", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings_of_hypothesis(deadline=None)
@given(JSON)
def test_nothing_that_an_editor_sends_raises(value: object) -> None:
    settings = Settings.read(value)
    assert isinstance(settings.adjust(ProjectSettings()), ProjectSettings)
    assert settings == Settings.read(value)


# --- a real server -----------------------------------------------------------------------------------------


@pytest.mark.asyncio(loop_scope="module")
async def test_a_settings_file_counts_and_is_shown_although_it_is_not_open(
    neovim: Editor, migrations: Path
) -> None:
    file = migrations.parents[2] / ".ecto-migrations.toml"
    file.write_text('# ü\nignore = ["rename-column", "rename-tabel"]\n')
    uri = await neovim.open(migrations / NAME, TEXT)
    await shows(neovim, uri, ["index-not-concurrent"])
    shown = await neovim.publication(uri_of(file), 1)
    assert said(shown.diagnostics) == [(1, 27, 41, "Unknown rule `rename-tabel` (`rename-table`?)")]
    assert shown.diagnostics[0].severity == types.DiagnosticSeverity.Warning

    # Somebody mends it outside of the editor.
    file.write_text('ignore = ["index-not-concurrent"]\n')
    change = types.FileEvent(uri_of(file), types.FileChangeType.Changed)
    neovim.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
    assert not (await neovim.publication(uri_of(file), 2)).diagnostics
    await shows(neovim, uri, ["rename-column"])

    # A file that is gone has no problems, and sets nothing.
    file.write_text("x = \n")
    neovim.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
    assert "Is no TOML" in (await neovim.publication(uri_of(file), 3)).diagnostics[0].message
    file.unlink()
    neovim.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
    assert not (await neovim.publication(uri_of(file), 4)).diagnostics
    await shows(neovim, uri, BOTH)
    neovim.close(uri)


@pytest.mark.asyncio(loop_scope="module")
async def test_an_open_settings_file_is_judged_and_counts_as_it_is_typed(
    neovim: Editor, migrations: Path
) -> None:
    uri = await neovim.open(migrations / NAME, TEXT)
    await shows(neovim, uri, BOTH)
    file = migrations.parents[2] / ".ecto-migrations.toml"
    toml = await neovim.open(file, "", language="toml")
    assert not await neovim.diagnostics(toml)
    neovim.type(toml, "ignore = [1]\n")
    assert said(await neovim.diagnostics(toml)) == [(0, 10, 11, "Expected one of rules, got 1")]
    neovim.type(toml, 'ignore = ["indexes"]\n')
    assert not await neovim.diagnostics(toml)
    await shows(neovim, uri, ["rename-column"])
    # What was not saved does not count any more.
    neovim.close(toml)
    await shows(neovim, uri, BOTH)
    neovim.close(uri)


@pytest.mark.asyncio
async def test_the_editors_settings_count_and_wrong_ones_are_told_once(migrations: Path) -> None:
    wrong = {"ectoMigrations": {"ignore": ["rename-column"], "databse": "x"}}
    editor = await Editor.connect("neovim", wrong)
    uri = await editor.open(migrations / NAME, TEXT)
    await shows(editor, uri, ["index-not-concurrent"])
    for _ in range(2):
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(wrong))
    await editor.settled()
    told = [message.message for message in editor.client.messages]
    assert told == [
        "ecto-migrations: ectoMigrations.databse: unknown key `databse`; did you mean `database`?"
    ]
    right = {"ectoMigrations": {"select": ["rename-column"], "levels": {"rename-column": "info"}}}
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(right))
    await shows(editor, uri, ["rename-column"])
    shown = editor.client.publications[uri][-1].diagnostics
    # Nothing else is selected.
    assert [(item.code, item.severity) for item in shown] == [
        ("rename-column", types.DiagnosticSeverity.Information)
    ]
    await editor.disconnect()


@pytest.mark.asyncio
async def test_folders_of_migrations_that_settings_name(migrations: Path) -> None:
    root = migrations.parents[2]
    text = TEXT.replace("use Ecto.Migration", "use Shop.Migration")
    editor = await Editor.connect("neovim", {"ectoMigrations": {"migration_paths": ["db/own"]}})
    (root / "db/own").mkdir(parents=True)
    (root / "db/stated").mkdir()
    (root / "db/other").mkdir()
    (root / ".ecto-migrations.toml").write_text('lock_timeout = "750ms"\nmigration_paths = ["db/stated"]\n')
    own = await editor.open(root / "db/own" / NAME, text)
    await shows(editor, own, BOTH)
    other = await editor.open(root / "db/other" / NAME, text)
    await editor.settled()
    assert other not in editor.client.publications
    # The folder is named while the file is open.
    named = {"ectoMigrations": {"migration_paths": ["db/other"]}}
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(named))
    await shows(editor, other, BOTH)
    await editor.disconnect()
    editor = await Editor.connect("neovim")
    stated = await editor.open(root / "db/stated" / NAME, text)
    # In the history of the main folder: the table is known.
    await shows(editor, stated, BOTH)
    # Templates have the project's timeout.
    empty = await editor.open(root / "db/stated/20260102000000_add.exs", "")
    items = await editor.completion(empty, types.Position(0, 0))
    texts = [item.insert_text or getattr(item.text_edit, "new_text", "") for item in items]
    assert any("lock_timeout = '750ms'" in text for text in texts)
    await editor.disconnect()


@pytest.mark.asyncio(loop_scope="module")
async def test_the_comment_that_silences_nothing_is_removed(neovim: Editor, migrations: Path) -> None:
    comment = "    # ecto-migrations:disable-for-next-line set-not-null-scan -- x\n"
    text = TEXT.replace("    create", f"{comment}    create")
    uri = await neovim.open(migrations / NAME, text)
    await shows(neovim, uri, ["unused-suppression"], ["unused-suppression"])
    shown = neovim.client.publications[uri][-1].diagnostics
    found = [item for item in shown if item.code == "unused-suppression"]
    assert len(found) == 1
    actions = await neovim.code_actions(uri, found[0].range, diagnostics=found)
    action = next(item for item in actions if item.title == "Remove the comment that silences nothing")
    assert action.is_preferred and list(action.diagnostics or ()) == found
    picked = await neovim.pick(action)
    assert picked.edit is not None
    neovim.apply(picked.edit)
    assert neovim.buffers[uri] == TEXT
    neovim.close(uri)
