"""A migration in one line."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.report.summary import summary
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_analysis.syntax.source import Source

BEFORE = """
create table(:posts) do
  add :title, :string
  add :slug, :string
end
create table(:users)
create table(:tags)
create table(:notes)
"""


def said(body: str, *, head: str = "", before: str = BEFORE, database: str = "postgres") -> str | None:
    def migration(code: str, attributes: str = "") -> Source:
        text = f"defmodule M do\n  use Ecto.Migration\n  {attributes}\n  def change do\n{code}\n  end\nend\n"
        return Source(text.encode(), None)

    project = ProjectContext(schema=Schema(complete=True))
    history = analyze(migration(before), project).migrations[0]
    assert history.up is not None
    project = ProjectContext(schema=history.up.steps[-1].after, database=database)
    return summary(analyze(migration(body, head), project))


def test_work_under_a_lock_is_named() -> None:
    assert said("create index(:posts, [:slug])") == "dangerous — posts: SHARE, full scan — reversible"
    rewritten = said('execute "ALTER TABLE posts ADD COLUMN a uuid DEFAULT gen_random_uuid()", ""')
    assert rewritten == "dangerous — posts: ACCESS EXCLUSIVE, rewrite — reversible"
    moved = said('execute "UPDATE posts SET slug = title", ""')
    assert moved is not None and "posts: ROW EXCLUSIVE, rows are written" in moved


def test_a_lock_is_held_during_what_follows_in_the_transaction() -> None:
    body = "alter table(:users), do: add(:a, :text)\ncreate index(:posts, [:slug])"
    held = said(body)
    assert held is not None
    assert "users: ACCESS EXCLUSIVE, while posts is scanned; posts: SHARE, full scan" in held
    alone = said(body, head="@disable_ddl_transaction true")
    assert alone is not None
    assert "users: ACCESS EXCLUSIVE, an instant; posts: SHARE, full scan" in alone
    # The other way round nothing long follows.
    turned = said("create index(:posts, [:slug])\nalter table(:users), do: add(:a, :text)")
    assert turned is not None
    assert "users: ACCESS EXCLUSIVE, an instant; posts: SHARE, full scan" in turned


def test_of_one_table_the_strongest_lock() -> None:
    both = said("create index(:posts, [:slug])\nalter table(:posts), do: add(:a, :text)")
    assert both is not None and both.count("posts") == 1
    assert "posts: ACCESS EXCLUSIVE, an instant" in both


def test_two_tables_and_how_many_more() -> None:
    tables = ("posts", "users", "tags", "notes")
    all_of_them = said("\n".join(f"alter table(:{table}), do: add(:a, :text)" for table in tables))
    assert all_of_them is not None
    assert (
        "posts: ACCESS EXCLUSIVE, an instant; users: ACCESS EXCLUSIVE, an instant; 2 more tables"
        in all_of_them
    )
    three = said("\n".join(f"alter table(:{table}), do: add(:a, :text)" for table in tables[:3]))
    assert three is not None and "; 1 more table —" in three


def test_without_a_lock() -> None:
    assert said("create table(:plans)") == "safe — no table is locked — reversible"
    assert said("") == "safe — nothing is sent to the database — reversible"


def test_the_way_back() -> None:
    gone = said('drop table(:posts)\nexecute "SELECT 1"')
    assert gone is not None and gone.endswith(" — cannot be rolled back")


def test_what_is_not_known() -> None:
    unknown = said('execute(Sql.text(), "")')
    assert unknown is not None and "— locks not known —" in unknown
    some = said('execute(Sql.text(), "")\nalter table(:users), do: add(:a, :text)')
    assert some is not None and "users: ACCESS EXCLUSIVE, an instant; more not known" in some


@pytest.mark.parametrize("database", ["mssql", "sqlite3"])
def test_a_database_that_is_not_modelled(database: str) -> None:
    assert said("create index(:posts, [:slug])", database=database) is None
