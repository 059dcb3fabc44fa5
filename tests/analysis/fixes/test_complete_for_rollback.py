"""`remove` and `modify` completed from the history: the rollback then works, on a real server."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.syntax.source import Source
from support.fixing import analysis_of, fix, migration, offered
from support.migrating import catalog, migrate, rollback
from support.postgres import Database

Connection = psycopg.Connection[Any]

CREATE = """create table(:users)

create table(:posts) do
  add :title, :string
  add :body, :text, null: false, default: "it's"
  add :price, :decimal, precision: 10, scale: 2, default: 0.5
  add :short, :string, size: 40
  add :tags, {:array, :string}, null: false, default: []
  add :at, :utc_datetime, default: fragment("now()")
  add :seen, :utc_datetime_usec
  add :token, :binary_id
  add :data, :map
  add :raw, :binary
  add :done, :boolean, null: false, default: false
  add :user_id, references(:users, on_delete: :delete_all), null: false
  add :editor_id, references(:users, name: "posts_editor", on_delete: :nilify_all)
end
"""


def project() -> ProjectContext:
    """The schema that the migration `CREATE` leaves."""
    up = analyze(Source.from_text(migration(CREATE))).migrations[0].up
    assert up is not None
    return ProjectContext(schema=up.steps[-1].after)


def alter(line: str) -> str:
    return migration(f"alter table(:posts) do\n  {line}\nend")


CASES = {
    "remove :title": "remove :title, :string",
    "remove(:body)": 'remove(:body, :text, null: false, default: "it\'s")',
    "remove :price": "remove :price, :decimal, precision: 10, scale: 2, default: 0.5",
    "remove :short": "remove :short, :string, size: 40",
    "remove :at": 'remove :at, :naive_datetime, default: fragment("now()")',
    "remove :seen": "remove :seen, :naive_datetime_usec",
    "remove :token": "remove :token, :uuid",
    "remove :done": "remove :done, :boolean, null: false, default: false",
    "remove :user_id": "remove :user_id, references(:users, on_delete: :delete_all), null: false",
    "remove :editor_id": 'remove :editor_id, references(:users, name: "posts_editor",'
    " on_delete: :nilify_all)",
    "modify :title, :text": "modify :title, :text, from: :string",
    "modify :title, :string, null: false": "modify :title, :string, null: false, from: {:string, null: true}",
    "modify :body, :text, null: true": "modify :body, :text, null: true, from: {:text, null: false}",
    'modify :body, :text, default: "x"': 'modify :body, :text, default: "x", from: {:text, default: "it\'s"}',
    'modify :title, :text, default: "x"': 'modify :title, :text, default: "x", from: {:string, default: nil}',
    "modify :short, :text": "modify :short, :text, from: {:string, size: 40}",
    "modify :raw, :binary, null: false": "modify :raw, :binary, null: false, from: {:binary, null: true}",
    "modify :title, :string, size: 300": "modify :title, :string, size: 300, from: {:string, []}",
    "modify(:price, :decimal)": "modify(:price, :decimal, from: {:decimal, precision: 10, scale: 2})",
}


def state(connection: Connection) -> object:
    """The catalog, in which a default NULL is none: PostgreSQL keeps `NULL::character varying` where the type
    has a length limit."""
    found: dict[str, list[tuple[Any, ...]]] = catalog(connection)
    found["columns"] = [
        tuple(None if value == "NULL::character varying" else value for value in row)
        for row in found["columns"]
    ]
    return found


@pytest.mark.parametrize("line", CASES)
def test_the_rollback_restores_what_was_there(line: str, database: Database) -> None:
    text, known = alter(line), project()
    assert "irreversible-change" in {finding.rule for finding in analysis_of(text, known).findings}
    fixed = fix(text, "complete-for-rollback", known).text
    # The formatter's width may break a long line; the words are the same.
    assert " ".join(fixed.split()) == " ".join(alter(CASES[line]).split())
    assert "irreversible-change" not in {finding.rule for finding in analysis_of(fixed, known).findings}
    with database.connect() as connection:
        migrate(connection, migration(CREATE))
        before = state(connection)
        migrate(connection, fixed)
        assert state(connection) != before
        rollback(connection, fixed)
        assert state(connection) == before
        migrate(connection, fixed)


def test_the_title_says_what_is_filled_in() -> None:
    (offer,) = offered(alter("modify :title, :string, null: false"), "complete-for-rollback", project())
    assert offer.title == "Complete for rollback: modify …, from: {:string, null: true}"
    assert offer.kind == "quickfix" and offer.preferred and offer.rules == ("irreversible-change",)
    (offer,) = offered(alter("remove :title"), "complete-for-rollback", project())
    assert offer.title == "Complete for rollback: remove :title, :string"


def test_of_several_lines_one_fix_completes_all() -> None:
    """Ecto would stop at the next one: completing one alone does not answer the finding."""
    text = alter("remove :title\n  remove :short\n  modify :raw, :text")
    first, *others = offered(text, "complete-for-rollback", project())
    assert (first.kind, first.title) == ("quickfix", "Complete for rollback: all 3 columns")
    assert [offer.kind for offer in others] == ["refactor.rewrite"] * 3
    assert fix(text, "complete-for-rollback", project(), subject=":all").text == alter(
        "remove :title, :string\n  remove :short, :string, size: 40\n  modify :raw, :text, from: :binary"
    )


def test_no_answer_to_the_finding_where_something_else_cannot_be_reversed() -> None:
    text = migration('alter table(:posts) do\n  remove :title\nend\n\nexecute "SELECT 1"')
    (offer,) = offered(text, "complete-for-rollback", project())
    assert offer.kind == "refactor.rewrite" and not offer.rules


@pytest.mark.parametrize(
    "line",
    [
        "remove :id",
        "remove :unknown",
        "remove :title, :string",
        "remove_if_exists :title",
        "modify :title, :text, from: :string",
        "modify :title, :text, @options",
        "modify :user_id, references(:users)",
        "if direction() == :up, do: remove(:title)\n  remove :title",
    ],
)
def test_nothing_where_it_is_complete_or_not_known(line: str) -> None:
    assert offered(alter(line), "complete-for-rollback", project()) == []


def test_nothing_where_nothing_is_known_of_the_table() -> None:
    assert offered(alter("remove :title"), "complete-for-rollback") == []


def test_nothing_in_up() -> None:
    text = migration("alter table(:posts) do\n  remove :title\nend", callback="up")
    assert offered(text, "complete-for-rollback", project()) == []


INDEXED = """create table(:posts) do
  add :slug, :string
  add :title, :string
end

create unique_index(:posts, [:slug])
create index(:posts, [:title, :slug], name: "by_title", where: "slug IS NOT NULL")
"""


def indexed(more: str = "") -> ProjectContext:
    up = analyze(Source.from_text(migration(INDEXED + more))).migrations[0].up
    assert up is not None
    return ProjectContext(schema=up.steps[-1].after)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (
            "complete-for-rollback",
            migration(
                "drop unique_index(:posts, [:slug])\n"
                'drop index(:posts, [:title, :slug], name: :by_title, where: "slug IS NOT NULL")\n\n'
                "alter table(:posts) do\n  remove :slug, :string\nend"
            ),
        ),
        ("up-down", None),
    ],
)
def test_indexes_that_go_with_a_column_come_back(
    strategy: str, expected: str | None, database: Database
) -> None:
    """DROP COLUMN drops them; a `remove` that is reversed makes the column alone again."""
    fixed = fix(alter("remove :slug"), strategy, indexed()).text
    assert expected is None or fixed == expected
    with database.connect() as connection:
        migrate(connection, migration(INDEXED))
        before = state(connection)
        migrate(connection, fixed)
        rollback(connection, fixed)
        assert state(connection) == before
        migrate(connection, fixed)


def test_an_index_of_two_columns_that_both_go_is_dropped_once() -> None:
    first, *_ = offered(alter("remove :title\n  remove :slug"), "complete-for-rollback", indexed())
    text = fix(
        alter("remove :title\n  remove :slug"), "complete-for-rollback", indexed(), subject=":all"
    ).text
    assert first.title == "Complete for rollback: all 2 columns" and text.count("by_title") == 1


@pytest.mark.parametrize(
    "more",
    [
        'create constraint(:posts, :slug_given, check: "slug <> title")\n',
        'execute "ALTER TABLE posts ADD UNIQUE (slug)"\n',
        'create index(:posts, ["lower(slug)"])\n',
    ],
)
def test_nothing_where_what_goes_with_it_cannot_be_said(more: str) -> None:
    assert not offered(alter("remove :slug"), "complete-for-rollback", indexed(more))
