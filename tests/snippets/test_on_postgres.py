"""Every template with its defaults on a real PostgreSQL: up and down and up again, rows kept."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from ecto_migrations_snippets import Context, templates
from support.migrating import catalog, migrate, rollback
from support.postgres import Database

ROWS = 2_500
BY_NAME = {template.name: template for template in templates()}


def files(name: str) -> list[str]:
    body = BY_NAME[name].body_for(Context())
    assert body is not None
    return [file.text for file in body.files]


def in_callback(name: str, callback: str) -> str:
    """The part for a callback, in a module that has what it needs."""
    body = BY_NAME[name].body_for(Context(where="callback", callback=callback))
    assert body is not None
    lines = "\n".join(f"    {line}" if line else "" for line in body.text.split("\n"))
    attributes = "".join(f"  {attribute}\n" for attribute in body.attributes)
    down = "" if callback == "change" else "\n  def down, do: :ok\n"
    head = f"defmodule A.B do\n  use Ecto.Migration\n{attributes}\n"
    return f"{head}  def {callback} do\n{lines}\n  end\n{down}end\n"


def in_alter(name: str) -> str:
    body = BY_NAME[name].body_for(Context(where="alter"))
    assert body is not None
    return (
        "defmodule A.B do\n  use Ecto.Migration\n\n  def change do\n    alter table(:posts) do\n"
        f"      {body.text}\n    end\n  end\nend\n"
    )


WITH_STATUS = "ALTER TABLE posts ADD COLUMN status varchar(255)"

# The migrations, and what must stand before them.
SETS = {
    "a nullable column": (files("add-nullable-column"), ""),
    "a nullable column, in change": ([in_callback("add-nullable-column", "change")], ""),
    "a nullable column, in alter": ([in_alter("add-nullable-column")], ""),
    "a NOT NULL column": (files("add-not-null-column"), ""),
    "a NOT NULL column, in change": ([in_callback("add-not-null-column", "change")], ""),
    "a NOT NULL column, in alter": ([in_alter("add-not-null-column")], ""),
    "an index": (files("add-index-concurrently"), WITH_STATUS),
    "an index, in change": ([in_callback("add-index-concurrently", "change")], WITH_STATUS),
    "a backfill": (files("backfill-in-batches"), WITH_STATUS),
    "a backfill, in up": ([in_callback("backfill-in-batches", "up")], WITH_STATUS),
}


@pytest.mark.parametrize("name", SETS)
def test_up_and_down_and_up_again(database: Database, name: str) -> None:
    migrations, preparation = SETS[name]
    with database.connect() as connection:
        connection.execute(b"CREATE TABLE posts (id bigserial PRIMARY KEY, title text)")
        connection.execute(f"INSERT INTO posts (title) SELECT 't' FROM generate_series(1, {ROWS})".encode())
        if preparation:
            connection.execute(preparation.encode())
        before = catalog(connection)
        for round_number in range(3):
            for migration in migrations:
                migrate(connection, migration)
            assert_done(connection, name)
            if round_number < 2:
                for migration in reversed(migrations):
                    rollback(connection, migration)
                assert catalog(connection) == before
        assert connection.execute(b"SELECT count(*) FROM posts").fetchone() == (ROWS,)


def assert_done(connection: psycopg.Connection[Any], name: str) -> None:
    found = catalog(connection)
    columns = {column: (not_null, default) for _, column, _, not_null, default, *_ in found["columns"]}
    if "index" in name:
        indexes = [row for row in found["indexes"] if "posts_status_index" in row[1]]
        assert [row[2:] for row in indexes] == [(True, True)]
        return
    full = name == "a NOT NULL column"
    assert columns["status"][0] is full
    if "NOT NULL" in name and "alter" not in name:
        assert columns["status"][1] == "'draft'::character varying"
    filled = connection.execute(b"SELECT count(*) FROM posts WHERE status = 'draft'").fetchone()
    assert filled == (ROWS if full or "backfill" in name else 0,)
