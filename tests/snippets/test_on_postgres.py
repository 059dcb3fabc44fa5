"""What goes into a callback or an `alter`, on a real PostgreSQL: up and down and up again, rows kept.

Whole files: test_cycle.py.
"""

from __future__ import annotations

import pytest
from ecto_migrations_snippets import Context, templates
from support.migrating import catalog, migrate, rollback
from support.postgres import Database

ROWS = 2_500
BY_NAME = {template.name: template for template in templates()}


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
WITH_LEGACY = "ALTER TABLE posts ADD COLUMN legacy varchar(255) NOT NULL DEFAULT 'none'"
AUTHORS = "CREATE TABLE authors (id bigserial PRIMARY KEY)"
STATUSES = "CREATE TYPE post_status AS ENUM ('draft')"

IS_EMPTY = "SELECT count(*) = 0 FROM {} WHERE {} IS NOT NULL"
IS_INDEXED = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'posts_status_index'::regclass"
IS_FILLED = "SELECT bool_and(status = 'draft') FROM posts"
IS_GONE = "SELECT count(*) = 2 FROM information_schema.columns WHERE table_name = 'posts'"
HAS_DEFAULT = "SELECT count(*) = 1 FROM pg_attrdef WHERE pg_get_expr(adbin, adrelid) LIKE '%draft%'"
NOT_VALIDATED = "SELECT NOT convalidated FROM pg_constraint WHERE conname = '{}'"
HAS_VALUE = "SELECT enum_range(NULL::post_status)::text = '{draft,archived}'"
HAS_CITEXT = "SELECT 'A'::citext = 'a'::citext"

# The template and where it goes; what must stand before it; a query that gives true when it has run.
PARTS = {
    ("add-nullable-column", "change"): ("", IS_EMPTY.format("posts", "status")),
    ("add-nullable-column", "alter"): ("", IS_EMPTY.format("posts", "status")),
    ("add-not-null-column", "change"): ("", HAS_DEFAULT),
    ("add-not-null-column", "alter"): ("", IS_EMPTY.format("posts", "status")),
    ("add-index-concurrently", "change"): (WITH_STATUS, IS_INDEXED),
    ("backfill-in-batches", "up"): (WITH_STATUS, IS_FILLED),
    ("create-table", "change"): ("", IS_EMPTY.format("comments", "post_id")),
    ("add-foreign-key-column", "alter"): (AUTHORS, NOT_VALIDATED.format("posts_editor_id_fkey")),
    ("add-check-constraint", "change"): ("", NOT_VALIDATED.format("posts_title_present")),
    ("drop-column", "change"): (WITH_LEGACY, IS_GONE),
    ("drop-column", "alter"): (WITH_LEGACY, IS_GONE),
    ("add-enum-value", "change"): (STATUSES, HAS_VALUE),
    ("create-extension", "change"): ("", HAS_CITEXT),
    ("create-partitioned-table", "change"): ("", IS_EMPTY.format("events_2026_01", "kind")),
    ("add-index-safe-to-rerun", "up"): (WITH_STATUS, IS_INDEXED),
}
# What goes into `up` has a `down` of somebody's own; this one can be run again all the same.
STAYS = {("add-index-safe-to-rerun", "up")}


def test_every_part_is_tried() -> None:
    parts = [(each.name, where) for each in templates() for where in each.scopes if where != "file"]
    assert sorted(parts) == sorted((name, "alter" if at == "alter" else "callback") for name, at in PARTS)


@pytest.mark.parametrize("part", PARTS, ids=" in ".join)
def test_up_and_down_and_up_again(database: Database, part: tuple[str, str]) -> None:
    name, place = part
    preparation, holds = PARTS[part]
    migration = in_alter(name) if place == "alter" else in_callback(name, place)
    with database.connect() as connection:
        connection.execute(b"CREATE TABLE posts (id bigserial PRIMARY KEY, title text)")
        connection.execute(f"INSERT INTO posts (title) SELECT 't' FROM generate_series(1, {ROWS})".encode())
        if preparation:
            connection.execute(preparation.encode())
        before = catalog(connection)
        for round_number in range(3):
            migrate(connection, migration)
            assert connection.execute(holds.encode()).fetchone() == (True,)
            if round_number < 2:
                rollback(connection, migration)
                assert (catalog(connection) == before) is (part not in STAYS)
        assert connection.execute(b"SELECT count(*) FROM posts").fetchone() == (ROWS,)
