"""Clients that announce nothing, and send what only a bare pipe can send."""

from __future__ import annotations

from support.editor import position_of
from support.wire import Wire

URI = "file:///shop/priv/repo/migrations/20260101000000_a.exs"
TEXT = """defmodule Shop.Repo.Migrations.AddState do
  use Ecto.Migration

  def change do
    alter table(:orders) do
      add :state, :string, null: false
    end
  end
end
"""


def test_half_a_surrogate_pair() -> None:
    """JSON can carry it, UTF-8 cannot: sent as an escape by hand."""
    text = TEXT.replace(":string,", ':string, comment: "\ud83d",')
    with Wire() as wire:
        wire.initialize()
        wire.open(URI, text)
        published = wire.notification("textDocument/publishDiagnostics")["params"]["diagnostics"]
        start = published[0]["range"]["start"]
        assert start == {"line": 5, "character": text.splitlines()[5].index("null: false")}
        assert wire.leave() == (0, b"")


def test_hover_in_plain_text() -> None:
    with Wire() as wire:
        wire.initialize({})
        wire.open(URI, TEXT)
        position = position_of(TEXT, "add :state")
        place = {"line": position.line, "character": position.character}
        answer = wire.request("textDocument/hover", {"textDocument": {"uri": URI}, "position": place})
        contents = answer["result"]["contents"]
        assert contents["kind"] == "plaintext"
        assert contents["value"].startswith("Adds orders.state (character varying(255), NOT NULL) · danger\n")
        assert "\n" + 'ALTER TABLE "orders" ADD COLUMN' in contents["value"]
        assert not {"*", "`", "\\"} & set(contents["value"])
        assert wire.leave() == (0, b"")
