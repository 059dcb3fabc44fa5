"""Which tables a foreign key that is replaced is said to lock."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.rules.base import Case
from support.cases import findings_of

_POSTS = "create table(:authors)\n\ncreate table(:posts) do\n  add :author_id, references(:authors)\nend"
_MODIFY = (
    "alter table(:posts) do\n  modify :author_id, references(:authors, on_delete: :delete_all){more}\nend"
)
_BOTH = "under ACCESS EXCLUSIVE on `posts` and `authors`: reads and writes wait."


def message(text: str, before: str = _POSTS, rule: str = "modify-foreign-key") -> str:
    (found,) = (
        finding.message
        for finding in findings_of(Case(about="", text=text, before=(before,)))
        if finding.rule == rule
    )
    return found


@pytest.mark.parametrize(
    "text",
    [
        _MODIFY.format(more=", from: references(:authors)"),
        "drop constraint(:posts, :posts_author_id_fkey)\n\n" + _MODIFY.format(more=""),
    ],
    ids=["in the same statement", "by an earlier statement of the transaction"],
)
def test_dropping_the_old_constraint_locks_the_other_table(text: str) -> None:
    assert message(text).endswith(_BOTH)


def test_a_first_constraint_locks_only_its_own_table_exclusively() -> None:
    found = message(
        _MODIFY.format(more=", from: :bigint"),
        _POSTS.replace("author_id, references(:authors)", "author_id, :bigint"),
    )
    assert found.endswith("under ACCESS EXCLUSIVE on `posts`: reads and writes wait.")


def test_an_earlier_statement_that_has_committed_holds_no_lock() -> None:
    text = (
        "@disable_ddl_transaction true\n\ndef up do\ndrop constraint(:posts, :posts_author_id_fkey)\n\n"
        + _MODIFY.format(more="")
        + "\nend"
    )
    assert message(text).endswith("under ACCESS EXCLUSIVE on `posts`: reads and writes wait.")


@pytest.mark.parametrize("prefix", ["", ', prefix: "public"'])
def test_a_key_added_under_access_exclusive_makes_reads_wait(prefix: str) -> None:
    text = f"alter table(:posts{prefix}) do\n  add :editor_id, references(:authors{prefix})\nend"
    found = message(text, rule="foreign-key-validated")
    assert "under ACCESS EXCLUSIVE: reads and writes of " in found


@pytest.mark.parametrize("prefix", ["", ', prefix: "public"'])
def test_restating_the_type_of_a_column_without_a_key_locks_no_other_table(prefix: str) -> None:
    text = f'alter table(:posts{prefix}) do\n  modify :title, :string, default: "", from: :string\nend'
    before = "create table(:posts) do\n  add :title, :string\nend"
    assert "ACCESS EXCLUSIVE" not in message(text, before, "modify-restates-type")
