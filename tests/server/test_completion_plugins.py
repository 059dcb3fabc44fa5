"""What completion plugins for Neovim ask of a server: blink.cmp and nvim-cmp (with cmp-nvim-lsp).

Both were tried in Neovim 0.11 with this server as well (blink.cmp 1.8, nvim-cmp of March 2026); here stand
the capabilities that they announce, and what they do with the answer: they filter by the text that the edit
would replace, and leave the rest to `vim.snippet`.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import client_capabilities
from support.editor import Editor, index_at, position_at

pytestmark = pytest.mark.asyncio(loop_scope="module")

_ITEM = {
    "snippetSupport": True,
    "deprecatedSupport": True,
    "tagSupport": {"valueSet": [1]},
    "insertReplaceSupport": True,
    "insertTextModeSupport": {"valueSet": [1]},
    "labelDetailsSupport": True,
}
_DEFAULTS = {"itemDefaults": ["commitCharacters", "editRange", "insertTextFormat", "insertTextMode", "data"]}
PLUGINS: dict[str, dict[str, Any]] = {
    "blink.cmp": {
        "completionItem": {
            **_ITEM,
            "commitCharactersSupport": False,
            "documentationFormat": ["markdown", "plaintext"],
            "preselectSupport": False,
            "resolveSupport": {
                "properties": ["documentation", "detail", "additionalTextEdits", "command", "data"]
            },
        },
        "completionList": _DEFAULTS,
        "contextSupport": True,
        "insertTextMode": 1,
    },
    "nvim-cmp": {
        "dynamicRegistration": False,
        "completionItem": {
            **_ITEM,
            "commitCharactersSupport": True,
            "preselectSupport": True,
            "resolveSupport": {
                "properties": [
                    *("documentation", "additionalTextEdits", "insertTextFormat", "insertTextMode"),
                    "command",
                ]
            },
        },
        "completionList": _DEFAULTS,
        "contextSupport": True,
        "insertTextMode": 1,
    },
}
BODY = """defmodule Shop.Repo.Migrations.Change do
  use Ecto.Migration

  def change do
    {}
  end
end
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLUGINS)
async def editor(request: pytest.FixtureRequest) -> AsyncIterator[Editor]:
    capabilities = copy.deepcopy(client_capabilities("neovim"))
    assert capabilities.text_document is not None
    capabilities.text_document.completion = default_converter().structure(
        PLUGINS[request.param], types.CompletionClientCapabilities
    )
    editor = await Editor.connect(capabilities)
    yield editor
    await editor.disconnect()


def matches(typed: str, text: str) -> bool:
    """The characters in their order, as every fuzzy filter has it at the least."""
    rest = iter(text.lower())
    return all(character in rest for character in typed.lower())


@pytest.mark.parametrize(
    ("marked", "wanted", "after"),
    [
        pytest.param("add-index-c|", "add-index-concurrently", "create index(", id="template"),
        pytest.param(BODY.format("add-not|"), "add-not-null-column", "add :", id="template in a module"),
        pytest.param(BODY.format("create index(:or|)"), "orders", "create index(:orders)", id="table"),
        pytest.param(
            BODY.format("create index(:orders, [:le|])"), "legacy", "(:orders, [:legacy])", id="column"
        ),
        pytest.param(
            BODY.format("create index(:orders, [:a], conc|)"),
            "concurrently",
            "[:a], concurrently: true)",
            id="option",
        ),
        pytest.param(
            BODY.format("alter table(:orders) do\n      add :b, :str|\n    end"),
            "string",
            "add :b, :string\n",
            id="type",
        ),
    ],
)
async def test_it_passes_their_filter_and_is_inserted_as_it_stands(
    marked: str, wanted: str, after: str, editor: Editor, migrations: Path
) -> None:
    caret = marked.index("|")
    text = marked[:caret] + marked[caret + 1 :]
    uri = await editor.open(migrations / "20260101000000_change.exs", text)
    items = await editor.completion(uri, position_at(text, caret))
    for item in items:
        # One line, around the caret: what nvim-cmp filters by, and where both insert.
        assert isinstance(item.text_edit, types.TextEdit)
        place = item.text_edit.range
        start, end = index_at(text, place.start), index_at(text, place.end)
        assert place.start.line == place.end.line and start <= caret <= end
    item = next(item for item in items if item.label == wanted)
    assert isinstance(item.text_edit, types.TextEdit)
    start, end = index_at(text, item.text_edit.range.start), index_at(text, item.text_edit.range.end)
    assert matches(text[start:caret], item.filter_text or item.label)
    assert after in text[:start] + item.text_edit.new_text + text[end:]
    is_snippet = item.insert_text_format == types.InsertTextFormat.Snippet
    assert is_snippet == ("${" in item.text_edit.new_text)
    editor.close(uri)
