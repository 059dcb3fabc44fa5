"""What is said of data that a migration reads before it drops where it was."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.findings import Finding, Level
from ecto_migrations_analysis.rules.base import Case
from support.cases import findings_of

_SCHEMA = 'defmodule MyApp.Post do\n  use Ecto.Schema\n\n  schema "posts" do\n  end\nend'
_REMOVE = "alter table(:posts) do\n  remove :body\nend"
_UP = 'def up do\n{}\nend\n\ndef down, do: raise("no way back")'


def found(text: str, rule: str, lib: tuple[str, ...] = ()) -> Finding:
    (finding,) = (
        item for item in findings_of(Case(about="", text=_UP.format(text), lib=lib)) if item.rule == rule
    )
    return finding


@pytest.mark.parametrize(
    "before",
    [
        'execute "INSERT INTO texts (body) SELECT body FROM posts"',
        'execute "UPDATE posts SET summary = left(body, 100)"',
        'execute "UPDATE texts SET body = posts.body FROM posts WHERE posts.id = texts.id"',
        'execute "CREATE TABLE texts AS SELECT id, body FROM posts"',
        'execute "INSERT INTO texts (body) SELECT text FROM posts"\nrename table(:posts), :text, to: :body',
    ],
)
def test_a_column_that_was_read(before: str) -> None:
    finding = found(f"{before}\n{_REMOVE}", "remove-column", (_SCHEMA,))
    assert finding.message.startswith("Drops `posts.body`: what was not copied of its data is lost.")


@pytest.mark.parametrize(
    "before",
    [
        "",
        'execute "INSERT INTO texts (body) SELECT title FROM drafts"',
        'execute "UPDATE posts SET title = somebody"',
    ],
)
def test_a_column_that_nobody_read(before: str) -> None:
    finding = found(f"{before}\n{_REMOVE}", "remove-column", (_SCHEMA,))
    assert finding.message.startswith("Drops `posts.body`: its data is lost.")


def test_a_table_that_was_copied_may_still_be_used() -> None:
    finding = found('execute "CREATE TABLE kept AS SELECT * FROM posts"\ndrop table(:posts)', "drop-table")
    assert finding.level == Level.DANGER
    assert finding.message == (
        "Drops table `posts`: what was not copied of its data is lost, and running code that uses it fails."
    )


def test_a_table_that_was_renamed_and_copied() -> None:
    finding = found(
        "rename table(:posts), to: table(:old_posts)\ncreate table(:posts)\n"
        'execute "INSERT INTO posts SELECT * FROM old_posts"\ndrop table(:old_posts)',
        "drop-table",
    )
    assert finding.level == Level.RISK
    assert finding.message == "Drops table `old_posts`: what was not copied of its data is lost."


def test_a_table_that_was_only_renamed() -> None:
    finding = found("rename table(:posts), to: table(:old_posts)\ndrop table(:old_posts)", "drop-table")
    assert finding.level == Level.DANGER
    assert finding.message == "Drops table `old_posts`: its data is lost."
