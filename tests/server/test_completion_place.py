"""Where the caret stands, told from text that somebody is typing."""

from __future__ import annotations

import pytest
from ecto_migrations_server.lsp.completion_place import locate
from hypothesis import given, settings
from hypothesis import strategies as st

HEAD = "defmodule A do\n  use Ecto.Migration\n\n"


@pytest.mark.parametrize(
    ("before", "where"),
    [
        ("", "file"),
        ("\n\n", "file"),
        ("# a comment\n", "file"),
        (HEAD + "  def change do\n    create index(:a, [:b])\n    ", "callback"),
        (HEAD + "  def change() do\n    x = 1\n    ", "callback"),
        (HEAD + '  def down do\n    execute("end")\n    ', "callback"),
        (HEAD + "  def change do\n    alter table(:a) do\n      ", "alter"),
        (HEAD + "  def change do\n    alter(table(:a), do: add(:a, :b))\n    ", "callback"),
        (HEAD + "  def change do\n    alter table(:a,\n      prefix: :b) do\n      ", "alter"),
        (HEAD + "  def change do\n    alter table(:a) do\n      if x? do\n        ", "alter"),
        (HEAD + "  def change do\n    alter table(:a) do\n      add :end, :do\n      ", "alter"),
        (HEAD + "  def change do\n    create table(:a) do\n      ", None),
        (HEAD + "  def change do\n    create table(:a) do\n    end\n    ", "callback"),
        (HEAD + "  def up do\n    execute ~s(end end)\n    execute '''\n    end\n    '''\n    ", "callback"),
        (HEAD + '  def up do\n    for x <- [?", ?#] do\n      ', "callback"),
        (HEAD + '  def up do\n    execute fn -> repo().query!("x") end\n    ', "callback"),
        (HEAD + '  def up do\n    x = "', None),
        (HEAD + "  def up do\n    x = ~S[\n    ", None),
        (HEAD + '  def up do\n    x = """\n    ', None),
        (HEAD + "  def up do\n    # ", None),
        (HEAD + "  def up do\n    x = ", None),
        (HEAD + "  def after_begin do\n    ", None),
        (HEAD + "  defp change do\n    ", None),
        (HEAD, None),
        (HEAD + "  def change do\n    x = 1\n  end\n  ", None),
    ],
)
def test_places(before: str, where: str | None) -> None:
    for word in ("", "add"):
        caret = locate(before + word, len(before) + len(word))
        assert (caret.where if caret else None) == where
        if caret is not None:
            assert (caret.word, caret.before) == (word, len(before))


def test_a_fresh_file_has_names() -> None:
    caret = locate(
        "defmodule A.B do\n  use A.Migration\n\n  def up do\n\n  end\n\n  def down do\n  end\nend\n", 49
    )
    assert caret is not None and caret.fresh is not None
    assert (caret.fresh.module, caret.fresh.use) == ("A.B", "A.Migration")


_PIECES = st.sampled_from(
    [
        "do",
        " end",
        "\n",
        " ",
        "fn ->",
        '"',
        '"""',
        "'''",
        "~s(",
        '~S"""',
        ")",
        "# ",
        "?",
        "\\",
        ":a",
        "alter ",
        "def change ",
        "😋",
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(_PIECES).map("".join), st.integers(0, 200))
def test_any_text_has_an_answer(text: str, place: int) -> None:
    caret = locate(text, min(place, len(text)))
    if caret is not None:
        assert text[caret.before : caret.before + len(caret.word)] == caret.word
