"""The page of a rehearsal, which is also read where no Markdown is shown (Neovim's scratch buffer)."""

from __future__ import annotations

from io import StringIO

import pytest
from ecto_migrations_server.cli.formats import rehearsal_markdown
from ecto_migrations_server.rehearse.model import Rehearsal


@pytest.mark.parametrize(
    ("gap", "shown"),
    [
        ("lib/a_b.ex: account_users_id", "- lib/a_b.ex: account_users_id"),
        ("_a_ and __b__", r"- \_a\_ and \_\_b\_\_"),
        ("*a* [b](c) <d> `e` f|g #h", r"- \*a\* \[b\](c) \<d\> \`e\` f\|g \#h"),
        ("a\\b", r"- a\\b"),
    ],
)
def test_nothing_in_a_sentence_is_markup(gap: str, shown: str) -> None:
    output = StringIO()
    found = Rehearsal(module="A", server="18", major=18, claimed_for="PostgreSQL 18", gaps=[gap])
    rehearsal_markdown.write("a.exs", found, True, output)
    assert shown in output.getvalue().splitlines()
