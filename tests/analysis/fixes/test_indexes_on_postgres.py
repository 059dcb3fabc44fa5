"""Indexes built, dropped and moved concurrently, on a real PostgreSQL."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from support.fixing import fix, migration
from support.migrating import catalog, migrate, rollback
from support.postgres import Database

ALTER = "alter table(:posts) do\n  add :a, :string\nend"

SETS = {
    "built": fix(migration("create unique_index(:posts, [:title])"), "concurrent-index").all,
    "dropped": fix(migration("drop index(:posts, [:id, :title])"), "concurrent-index").all,
    "attributes": fix(
        migration("create index(:posts, [:title], concurrently: true)"), "index-attributes"
    ).all,
    "moved": fix(migration(f"{ALTER}\n\ncreate index(:posts, [:a])"), "move-index").all,
}


@pytest.mark.parametrize("name", SETS)
def test_up_and_down_and_up_again(database: Database, name: str) -> None:
    with database.connect() as connection:
        prepare(connection)
        before = catalog(connection)
        for _ in range(3):
            for step in SETS[name]:
                migrate(connection, step)
            assert catalog(connection)["indexes"] != before["indexes"]
            for step in reversed(SETS[name]):
                rollback(connection, step)
            assert catalog(connection) == before


@pytest.mark.parametrize("name", SETS)
def test_writes_go_on(database: Database, name: str) -> None:
    """The build waits for an open transaction that wrote; meanwhile others can write."""
    with database.connect() as connection, database.connect() as writer:
        prepare(connection)
        for step in SETS[name][:-1]:
            migrate(connection, step)
        writer.execute(b"BEGIN")
        writer.execute(b"INSERT INTO posts (title) VALUES ('open')")
        connection.execute(b"SET statement_timeout = '300ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            migrate(connection, SETS[name][-1])
        with database.connect() as other:
            other.execute(b"SET lock_timeout = '100ms'")
            other.execute(b"INSERT INTO posts (title) VALUES ('more')")
        writer.execute(b"COMMIT")


def prepare(connection: psycopg.Connection[Any]) -> None:
    connection.execute(b"CREATE TABLE posts (id bigserial PRIMARY KEY, title text)")
    connection.execute(b"CREATE INDEX posts_id_title_index ON posts (id, title)")
    connection.execute(b"INSERT INTO posts (title) SELECT g FROM generate_series(1, 100) g")
