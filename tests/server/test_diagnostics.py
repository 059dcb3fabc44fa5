"""Diagnostics as the user types, over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities
from support.editor import Editor, index_at, position_at

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOT_NULL = "add-column-not-null-without-default"
# Said of every lock of a table that is not new.
NO_TIMEOUT = "missing-lock-timeout"
DANGEROUS = """defmodule Shop.Repo.Migrations.AddState do
  use Ecto.Migration

  def change do
    alter table(:orders) do
      add :state, :string, null: false
    end
  end
end
"""
SAFE = DANGEROUS.replace(", null: false", "")


def marked(text: str, diagnostics: Sequence[types.Diagnostic]) -> list[str]:
    """The texts under the squiggles."""
    return [text[index_at(text, each.range.start) : index_at(text, each.range.end)] for each in diagnostics]


async def test_a_finding_where_its_cause_is(neovim: Editor, migrations: Path) -> None:
    uri = await neovim.open(migrations / "20260101000000_a.exs", DANGEROUS)
    (diagnostic,) = await neovim.diagnostics(uri)
    assert diagnostic.code == NOT_NULL
    assert diagnostic.source == "ecto-migrations"
    assert diagnostic.severity == types.DiagnosticSeverity.Error
    assert diagnostic.code_description is not None
    assert diagnostic.code_description.href.startswith("https://")
    assert diagnostic.code_description.href.endswith(NOT_NULL)
    first, *rest = diagnostic.message.splitlines()
    assert "orders" in first and "ACCESS EXCLUSIVE" in first
    assert rest, "the reason and the way out stand below the first line"
    assert marked(DANGEROUS, [diagnostic]) == ["null: false"]


async def test_findings_come_and_go_as_the_text_changes(neovim: Editor, migrations: Path) -> None:
    uri = await neovim.open(migrations / "20260101000000_a.exs", SAFE)
    assert [each.code for each in await neovim.diagnostics(uri)] == [NO_TIMEOUT]
    neovim.type(uri, DANGEROUS)
    assert [each.code for each in await neovim.diagnostics(uri)] == [NOT_NULL]
    # Of changes in quick succession, the last one is what is shown in the end.
    for text in (SAFE, "", DANGEROUS, SAFE):
        neovim.type(uri, text)
    assert [each.code for each in await neovim.diagnostics(uri)] == [NO_TIMEOUT]


async def test_closing_clears(neovim: Editor, migrations: Path) -> None:
    uri = await neovim.open(migrations / "20260101000000_a.exs", DANGEROUS)
    assert await neovim.diagnostics(uri)
    before = len(neovim.client.publications[uri])
    neovim.close(uri)
    assert list((await neovim.publication(uri, before + 1)).diagnostics) == []


async def test_nothing_is_said_about_other_files(neovim: Editor, tmp_path: Path) -> None:
    other = await neovim.open(tmp_path / "lib/shop.ex", "defmodule Shop do\nend\n")
    formatter = await neovim.open(tmp_path / "priv/repo/migrations/.formatter.exs", "[]\n")
    await neovim.settled()
    assert other not in neovim.client.publications
    assert formatter not in neovim.client.publications


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("priv/repo/migrations/20260101000000_a.exs", "plaintext"),
        ("apps/shop/priv/tenants/migrations/2024/20260101000000_a.exs", "elixir"),
        ("priv/repo/data_migrations/20260101000000_a.exs", "elixir"),
        ("lib/shop/upgrade.ex", "elixir"),
    ],
)
async def test_a_migration_is_known_by_path_or_by_text(
    neovim: Editor, tmp_path: Path, path: str, language: str
) -> None:
    uri = await neovim.open(tmp_path / path, DANGEROUS, language)
    assert [each.code for each in await neovim.diagnostics(uri)] == [NOT_NULL]


async def test_a_buffer_that_was_never_saved(neovim: Editor) -> None:
    uri = await neovim.open("untitled:Untitled-2", DANGEROUS)
    assert [each.code for each in await neovim.diagnostics(uri)] == [NOT_NULL]
    # It is a migration no longer: what was shown goes.
    neovim.type(uri, "defmodule A do\nend\n")
    assert list(await neovim.diagnostics(uri)) == []


async def test_data_comes_back_with_the_finding(neovim: Editor, migrations: Path) -> None:
    uri = await neovim.open(migrations / "20260101000000_a.exs", DANGEROUS)
    (diagnostic,) = await neovim.diagnostics(uri)
    assert diagnostic.data is not None
    data = neovim.client.protocol._converter.unstructure(diagnostic.data)
    assert "state" in str(data) and NOT_NULL in str(data)


async def test_what_is_typed_is_history_for_the_others(neovim: Editor, migrations: Path) -> None:
    later = DANGEROUS.replace(":orders", ":invoices")
    uri = await neovim.open(migrations / "20260101000000_a.exs", later)
    await neovim.diagnostics(uri)
    place = position_at(later, later.index("add :state"))

    async def hover() -> str:
        found = await neovim.hover(uri, place)
        assert found is not None and isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    assert "relation `invoices` does not exist" in await hover()
    earlier = await neovim.open(migrations / "20250101000000_create_orders.exs")
    neovim.type(earlier, neovim.buffers[earlier].replace(":orders", ":invoices"))
    # An unsaved edit of an earlier migration counts for what asks next.
    assert "does not exist" not in await hover()
    neovim.save(earlier)
    assert "does not exist" not in await hover()
    neovim.close(earlier)


# --- positions and bad input -------------------------------------------------------------------------------


WIDE = "# 😋 na\u00efve \U0001f469\u200d\U0001f4bb\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(DANGEROUS.replace("\n", "\r\n"), id="CRLF"),
        # A line end for the protocol, not for Elixir: the comment goes on.
        pytest.param(DANGEROUS.replace("  use", "  # a\rb\r c\n  use"), id="CR"),
        pytest.param("\ufeff" + DANGEROUS, id="byte order mark"),
        pytest.param(WIDE + DANGEROUS, id="emoji above"),
        pytest.param(DANGEROUS.replace("add :state,", "add :state, # 😋\n"), id="emoji on the line before"),
        pytest.param(
            DANGEROUS.replace(":string,", ':string, comment: "😋😋é",'), id="emoji before it on its line"
        ),
        pytest.param(
            DANGEROUS.replace("  use", "  # a\u2028b\u2029c\x0bd\x0ce\x1cf\x85g\n  use"), id="other line ends"
        ),
        pytest.param(
            DANGEROUS.replace(":string,", ':string, comment: "\u2028",'), id="U+2028 before it on its line"
        ),
        pytest.param(DANGEROUS.removesuffix("\n"), id="no end of line at the end"),
        pytest.param(DANGEROUS + "\n" * 1000, id="empty lines at the end"),
    ],
)
async def test_positions(neovim: Editor, migrations: Path, text: str) -> None:
    uri = await neovim.open(migrations / "20260101000000_a.exs", text)
    diagnostics = await neovim.diagnostics(uri)
    assert marked(text, diagnostics) == ["null: false"]
    assert diagnostics[0].range.start == position_at(text, text.index("null: false"))
    neovim.close(uri)


BROKEN = [
    "",
    "\n",
    "defmodule",
    "defmodule A do",
    "use Ecto.Migration\n" + "(" * 5000,
    "use Ecto.Migration\n" + "[{" * 5000 + '"',
    "use Ecto.Migration\n" + "do " * 5000,
    'use Ecto.Migration\nexecute """\n  SELECT',
    "use Ecto.Migration\n\x00\x01\x02\xff",
    DANGEROUS.replace(":string,", ':string, comment: "\x00'),
    "]]]] end end end )))) use Ecto.Migration",
]


@pytest.mark.parametrize("text", BROKEN)
async def test_text_that_is_no_migration_yet(neovim: Editor, migrations: Path, text: str) -> None:
    uri = await neovim.open(migrations / "20260101000000_a.exs", text)
    assert list(await neovim.diagnostics(uri)) == []
    end = position_at(text, len(text))
    assert await neovim.code_actions(uri, types.Range(end, end)) == []
    await neovim.hover(uri, end)
    await neovim.completion(uri, end)
    neovim.close(uri)


async def test_every_prefix_of_a_migration(neovim: Editor, migrations: Path) -> None:
    """As somebody types it: no crash, and no squiggle outside of the text."""
    uri = await neovim.open(migrations / "20260101000000_a.exs", "")
    crashes = len(neovim.client.log_messages)
    for length in range(1, len(DANGEROUS) + 1):
        neovim.type(uri, DANGEROUS[:length])
        for diagnostic in await neovim.diagnostics(uri):
            end = position_at(DANGEROUS[:length], length)
            assert (diagnostic.range.end.line, diagnostic.range.end.character) <= (end.line, end.character)
    assert [each.code for each in await neovim.diagnostics(uri)] == [NOT_NULL]
    assert neovim.client.log_messages[crashes:] == []


async def test_half_typed_code_elsewhere_leaves_the_rest_alone(neovim: Editor, migrations: Path) -> None:
    text = DANGEROUS.replace("  def change do\n", "  def change do\n    create index(:orders, [\n\n")
    uri = await neovim.open(migrations / "20260101000000_a.exs", text)
    for each in await neovim.diagnostics(uri):
        assert each.range.start.line != 4, "a finding inside a part that did not parse"


@pytest.mark.slow
async def test_a_file_of_a_megabyte(neovim: Editor, migrations: Path) -> None:
    filler = "".join(f'    execute "SELECT {n}" # {"😋" * 200}\n' for n in range(1_300))
    text = DANGEROUS.replace("  def change do\n", f"  def change do\n{filler}")
    assert len(text.encode()) > 1_000_000
    uri = await neovim.open(migrations / "20260101000000_a.exs", text)
    assert NOT_NULL in [each.code for each in await neovim.diagnostics(uri)]
    for number in range(20):
        neovim.type(uri, text + "\n" * number)
    found = [each for each in await neovim.diagnostics(uri) if each.code == NOT_NULL]
    assert marked(text, found) == ["null: false"]
    # Twenty keystrokes are not twenty analyses of it.
    assert len(neovim.client.publications[uri]) < 10
    neovim.close(uri)


# --- the other models --------------------------------------------------------------------------------------


async def test_pulled_where_the_client_can_be_told_to_pull_again(migrations: Path) -> None:
    capabilities = client_capabilities("visual-studio-code")
    assert capabilities.text_document is not None and capabilities.workspace is not None
    capabilities.text_document.diagnostic = types.DiagnosticClientCapabilities()
    capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    editor = await Editor.connect(capabilities)
    provider = editor.server.diagnostic_provider
    assert isinstance(provider, types.DiagnosticOptions) and provider.identifier == "ecto-migrations"
    uri = await editor.open(migrations / "20260101000000_a.exs", DANGEROUS)
    report = await editor.client.text_document_diagnostic_async(
        types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
    )
    assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
    assert marked(DANGEROUS, report.items) == ["null: false"]
    await editor.known(uri)
    refreshes = editor.client.diagnostic_refresh_count
    # The client is told to ask again where there is something else to be said (tests/server/test_index.py).
    editor.save(uri)
    await editor.known(uri)
    assert editor.client.diagnostic_refresh_count == refreshes
    editor.close(uri)
    await editor.settled()
    # Never both: the editor would show everything twice.
    assert editor.client.publications == {}
    await editor.disconnect()


async def hovered(editor: Editor, uri: str) -> str:
    hover = await editor.hover(uri, types.Position(5, 8))
    assert hover is not None and isinstance(hover.contents, types.MarkupContent)
    return hover.contents.value


@pytest.mark.parametrize("way", ["options", "answer", "change"])
async def test_settings_take_effect(migrations: Path, way: str) -> None:
    """By initialization options, when asked for, and when they change."""
    settings = {"ectoMigrations": {"database_version": 17}}
    editor = await Editor.connect("neovim", settings if way == "options" else None)
    if way == "answer":
        editor.client.set_configuration(settings)
    path = migrations / "20260101000000_a.exs"
    uri = await editor.open(path, DANGEROUS)
    await editor.diagnostics(uri)
    if way != "options":
        change = settings if way == "change" else {}
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(change))
    # The server may have to ask first: what it says until then is no failure.
    shown = await hovered(editor, uri)
    while way != "options" and "PostgreSQL 17" not in shown:
        shown = await hovered(editor, uri)
    assert "PostgreSQL 17 (the editor's settings)" in shown
    await editor.disconnect()
