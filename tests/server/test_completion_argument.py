"""Which argument the caret is in: on any text."""

from __future__ import annotations

import pytest
from ecto_migrations_server.lsp.completion_argument import locate_argument
from hypothesis import given, settings
from hypothesis import strategies as st

HEAD = "defmodule A do\n  def change do\n    "


@pytest.mark.parametrize(
    ("before", "name", "position", "key", "inside", "table"),
    [
        ("alter table(:posts) do\n  add :x,\n  remove :ti", "remove", 0, None, "", "posts"),
        ("alter table(:posts), do: remove(:t", "remove", 0, None, "", "posts"),
        ('alter table("posts", prefix: "x") do\n  timestamps(ty', "timestamps", 0, None, "", "posts"),
        ("alter table(:posts) do\n  if x do\n    remove :", "remove", 0, None, "", "posts"),
        ("alter table(:posts) do\n  modify :a, :text, from: {:s", "modify", 2, "from", "{", "posts"),
        ("create index(:posts, [:a, :b", "index", 1, None, "[", None),
        ("create index :posts, [desc: :", "index", 1, None, "[", None),
        ("rename table(:posts), :a, to: :x", "rename", 2, "to", "", None),
    ],
)
def test_calls(
    before: str, name: str, position: int, key: str | None, inside: str, table: str | None
) -> None:
    found = locate_argument(HEAD + before + " rest", len(HEAD + before))
    assert found is not None
    assert (found.call.name, found.call.position, found.call.key) == (name, position, key)
    assert (found.call.inside, found.table, found.callback) == (inside, table, "change")


PIECES = (
    *("alter ", "table(", ":a", '"', "'", '"""', "do\n", "end\n", "[", "]", "(", ")", "{", "}", ", ", "x: "),
    *(
        "fn ",
        "->",
        "add ",
        "remove ",
        "create index",
        "\n",
        "# ",
        "~w(",
        ":",
        "é",
        "😋",
        "do: ",
        "def change",
    ),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=25), st.integers(0, 80))
def test_no_text_breaks_it(pieces: list[str], at: int) -> None:
    text = "".join(pieces)
    caret = min(at, len(text))
    found = locate_argument(text, caret)
    if found is not None:
        assert found.start <= caret <= found.end <= len(text)
        assert text[found.start : caret] == found.typed
