"""The three migrations on a real PostgreSQL: up and down again and again, with rows in the table."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from ecto_migrations_analysis.operations import ConstraintDefinition, CreateEnum, Relation
from ecto_migrations_analysis.project.context import ProjectContext, RepoConfig
from ecto_migrations_analysis.schema.state import ConstraintState, Schema, Table
from support.backfills import Raised, run_backfill
from support.fixing import fix, migration
from support.migrating import catalog, migrate, rollback
from support.postgres import Database

Connection = psycopg.Connection[Any]
ROWS = 2_500


def project(relation: Relation, key: tuple[str, ...], **enums: tuple[str, ...]) -> ProjectContext:
    constraints = {}
    if key:
        definition = ConstraintDefinition(kind="primary key", name="key", columns=key)
        constraints["key"] = ConstraintState(name="key", definition=definition)
    return ProjectContext(
        schema=Schema(
            tables={relation: Table(relation=relation, constraints=constraints)},
            enums={
                Relation(name): CreateEnum(name=Relation(name), values=values)
                for name, values in enums.items()
            },
            complete=True,
        )
    )


def split(line: str, known: ProjectContext, table: str = ":posts") -> list[str]:
    text = migration(f"alter table({table}) do\n  {line}\nend")
    return fix(text, "split-not-null-add", known).all


POSTS = Relation("posts")
BIGINT = "CREATE TABLE posts (id bigserial PRIMARY KEY, title text)"
UUID = "CREATE TABLE posts (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), title text)"
PAIR = "CREATE TABLE posts (a bigint, b uuid DEFAULT gen_random_uuid(), title text, PRIMARY KEY (a, b))"
NONE = "CREATE TABLE posts (title text)"
FILL = f"INSERT INTO posts (title) SELECT 't' || g FROM generate_series(1, {ROWS}) g"
FILL_PAIR = f"INSERT INTO posts (a, title) SELECT g / 7, 't' || g FROM generate_series(1, {ROWS}) g"

CASES = {
    "bigint": (BIGINT, FILL, ("id",), 'add :status, :string, null: false, default: "draft"', "'draft'"),
    "uuid": (UUID, FILL, ("id",), 'add :status, :string, null: false, default: "draft"', "'draft'"),
    "pair": (PAIR, FILL_PAIR, ("a", "b"), 'add :status, :string, null: false, default: "x"', "'x'"),
    "no key": (NONE, FILL, (), 'add :status, :string, null: false, default: "it\'s"', "'it''s'"),
    "suggested": (BIGINT, FILL, ("id",), "add :status, :integer, null: false", "0"),
    "array": (UUID, FILL, ("id",), "add :status, {:array, :string}, null: false", "'{}'::varchar[]"),
    "map": (BIGINT, FILL, ("id",), "add :status, :map, null: false, default: %{a: 1}", "'{\"a\": 1}'::jsonb"),
    "date": (BIGINT, FILL, ("id",), 'add :status, :date, null: false, default: "2020-01-01"', "'2020-01-01'"),
    "decimal": (BIGINT, FILL, ("id",), "add :status, :decimal, null: false, default: 0.5", "0.5"),
    "enum": (BIGINT, FILL, ("id",), "add :status, :mood, null: false", "'calm'::mood"),
    "reserved": (BIGINT, FILL, ("id",), "add :order, :integer, null: false, default: 3", "3"),
}


@pytest.mark.parametrize("name", CASES)
def test_up_and_down_and_up_again(database: Database, name: str) -> None:
    table, fill, key, line, value = CASES[name]
    steps = split(line, project(POSTS, key, mood=("calm", "angry")))
    column = '"order"' if name == "reserved" else "status"
    with database.connect() as connection:
        connection.execute(b"CREATE TYPE mood AS ENUM ('calm', 'angry')")
        connection.execute(table.encode())
        connection.execute(fill.encode())
        before = catalog(connection)
        cycle(connection, steps, before, f"SELECT count(*) FROM posts WHERE {column} = {value}")


def cycle(connection: Connection, steps: list[str], before: object, filled: str) -> None:
    """migrate → rollback → migrate → rollback → migrate, with rows that old code writes between the steps."""
    for round_number in range(3):
        for number, step in enumerate(steps):
            if number:
                insert_as_old_code(connection)
            migrate(connection, step)
        rows = count(connection)
        assert rows == ROWS + 2 * (round_number + 1)
        assert connection.execute(filled.encode()).fetchone() == (rows,)
        assert_enforced(connection)
        if round_number < 2:
            for step in reversed(steps):
                rollback(connection, step)
            assert catalog(connection) == before
            assert count(connection) == rows


def insert_as_old_code(connection: Connection) -> None:
    """A row by code that does not know the new column."""
    keys = {name for table, name, *_ in catalog(connection)["columns"] if table == "posts"}
    if "a" in keys:
        connection.execute(b"INSERT INTO posts (a, title) VALUES (3, 'old')")
    else:
        connection.execute(b"INSERT INTO posts (title) VALUES ('old')")


def count(connection: Connection) -> int:
    row = connection.execute(b"SELECT count(*) FROM posts").fetchone()
    assert row is not None
    return int(row[0])


def assert_enforced(connection: Connection) -> None:
    """The new column is NOT NULL and nothing is left of the way there."""
    found = catalog(connection)
    columns = {name: not_null for table, name, _, not_null, *_ in found["columns"] if table == "posts"}
    assert columns.get("status", columns.get("order")) is True
    assert not [row for row in found["constraints"] if "CHECK" in row[2]]


def test_timestamps(database: Database) -> None:
    steps = split("timestamps()", project(POSTS, ("id",)))
    with database.connect() as connection:
        connection.execute(BIGINT.encode())
        connection.execute(FILL.encode())
        before = catalog(connection)
        for _ in range(2):
            for step in steps:
                migrate(connection, step)
            filled = connection.execute(b"SELECT count(inserted_at), count(updated_at) FROM posts").fetchone()
            assert filled == (ROWS, ROWS)
            for step in reversed(steps):
                rollback(connection, step)
            assert catalog(connection) == before


def test_timestamps_that_are_there_stay(database: Database) -> None:
    """A row that has one of two values keeps it."""
    steps = split("timestamps()", project(POSTS, ("id",)))
    with database.connect() as connection:
        connection.execute(BIGINT.encode())
        connection.execute(FILL.encode())
        migrate(connection, steps[0])
        connection.execute(b"UPDATE posts SET inserted_at = '2001-02-03' WHERE id = 7")
        migrate(connection, steps[1])
        row = connection.execute(
            b"SELECT inserted_at::date::text, updated_at FROM posts WHERE id = 7"
        ).fetchone()
        assert row is not None
        assert row[0] == "2001-02-03" and row[1] is not None


def test_a_table_in_another_schema(database: Database) -> None:
    relation = Relation("Posts", "ten ant")
    line = 'add :status, :string, null: false, default: "draft"'
    steps = split(line, project(relation, ("id",)), table=':Posts, prefix: "ten ant"')
    with database.connect() as connection:
        connection.execute(b'CREATE SCHEMA "ten ant"')
        connection.execute(b'CREATE TABLE "ten ant"."Posts" (id bigserial PRIMARY KEY, title text)')
        connection.execute(FILL.replace("posts", '"ten ant"."Posts"').encode())
        # Nothing must happen to the table of the same name elsewhere.
        connection.execute(b'CREATE TABLE "Posts" (id bigserial PRIMARY KEY)')
        before = catalog(connection)
        for _ in range(2):
            for step in steps:
                migrate(connection, step)
            filled = b"""SELECT count(*) FROM "ten ant"."Posts" WHERE status = 'draft'"""
            assert connection.execute(filled).fetchone() == (ROWS,)
            for step in reversed(steps):
                rollback(connection, step)
            assert catalog(connection) == before


def test_a_foreign_key_ends_validated(database: Database) -> None:
    steps = split("add :author_id, references(:authors), null: false", project(POSTS, ("id",)))
    with database.connect() as connection:
        connection.execute(BIGINT.encode())
        connection.execute(FILL.encode())
        connection.execute(b"CREATE TABLE authors (id bigserial PRIMARY KEY)")
        connection.execute(b"INSERT INTO authors VALUES (7)")
        before = catalog(connection)
        migrate(connection, steps[0])
        with pytest.raises(Raised, match=r"choose the value of posts\.author_id first"):
            migrate(connection, steps[1])
        rollback(connection, steps[0])
        assert catalog(connection) == before
        steps[1] = steps[1].replace("@value_of_author_id nil", "@value_of_author_id 7")
        for _ in range(2):
            for step in steps:
                migrate(connection, step)
            keys = [row for row in catalog(connection)["constraints"] if row[1] == "posts_author_id_fkey"]
            assert [row[3] for row in keys] == [True]
            assert connection.execute(b"SELECT count(*) FROM posts WHERE author_id = 7").fetchone() == (ROWS,)
            for step in reversed(steps):
                rollback(connection, step)
            assert catalog(connection) == before


@pytest.mark.parametrize(("table", "fill", "key"), [(BIGINT, FILL, ("id",)), (PAIR, FILL_PAIR, ("a", "b"))])
def test_the_backfill_goes_in_batches_and_can_be_run_again(
    database: Database, table: str, fill: str, key: tuple[str, ...]
) -> None:
    steps = split('add :status, :string, null: false, default: "draft"', project(POSTS, key))
    with database.connect() as connection:
        connection.execute(table.encode())
        connection.execute(fill.encode())
        migrate(connection, steps[0])
        # As an interrupted run and new code leave it: values here and there, some of them others.
        connection.execute(b"UPDATE posts SET status = 'live' WHERE title LIKE '%7'")
        first = run_backfill(connection, steps[1], "up")
        assert first.batches == [1000, 1000, 250]
        again = run_backfill(connection, steps[1], "up")
        assert again.batches == []
        live = connection.execute(b"SELECT count(*) FROM posts WHERE status = 'live'").fetchone()
        assert live == (250,)


def test_the_table_without_a_key_goes_in_batches_too(database: Database) -> None:
    steps = split('add :status, :string, null: false, default: "draft"', project(POSTS, ()))
    with database.connect() as connection:
        connection.execute(NONE.encode())
        connection.execute(FILL.encode())
        migrate(connection, steps[0])
        assert run_backfill(connection, steps[1], "up").batches == [1000, 1000, 500, 0]


def test_an_enforcement_that_was_interrupted_runs_again(database: Database) -> None:
    steps = split('add :status, :string, null: false, default: "draft"', project(POSTS, ("id",)))
    with database.connect() as connection:
        connection.execute(BIGINT.encode())
        connection.execute(FILL.encode())
        migrate(connection, steps[0])
        connection.execute(
            b"ALTER TABLE posts ADD CONSTRAINT posts_status_not_null CHECK (status IS NOT NULL) NOT VALID"
        )
        with pytest.raises(psycopg.errors.CheckViolation):
            migrate(connection, steps[2])
        migrate(connection, steps[1])
        migrate(connection, steps[2])
        migrate(connection, steps[2])
        assert_enforced(connection)


def test_enforcing_takes_no_scan_under_a_lock_that_blocks(database: Database) -> None:
    """SET NOT NULL believes the validated CHECK: the server says so at DEBUG1."""
    steps = split('add :status, :string, null: false, default: "draft"', project(POSTS, ("id",)))
    with database.connect() as connection:
        connection.execute(BIGINT.encode())
        connection.execute(FILL.encode())
        for step in steps[:2]:
            migrate(connection, step)
        said: list[str] = []
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        connection.execute(b"SET client_min_messages = debug1")
        migrate(connection, steps[2])
        assert [message for message in said if "sufficient" in message]
        # The one verification is that of VALIDATE, under SHARE UPDATE EXCLUSIVE.
        assert len([message for message in said if message.startswith('verifying table "posts"')]) == 1


def test_a_lock_that_is_not_to_be_had_ends_the_statement(database: Database) -> None:
    steps = split('add :status, :string, null: false, default: "draft"', project(POSTS, ("id",)))
    steps = [step.replace("'5s'", "'50ms'") for step in steps]
    with database.connect() as connection, database.connect() as reader:
        connection.execute(BIGINT.encode())
        # So that a statement without the timeout fails here and does not wait for ever.
        connection.execute(b"SET statement_timeout = '20s'")
        reader.execute(b"BEGIN")
        reader.execute(b"SELECT * FROM posts")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            migrate(connection, steps[0])
        reader.execute(b"COMMIT")
        migrate(connection, steps[0])
        reader.execute(b"BEGIN")
        reader.execute(b"SELECT * FROM posts")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            migrate(connection, steps[2])


def test_our_own_reader_knows_the_repos_prefix(database: Database) -> None:
    """`migration_default_prefix` decides where the DSL goes; the raw SQL has to follow it."""
    config = RepoConfig(migration_default_prefix="tenant")
    known = ProjectContext(repo=config)
    steps = split('add :status, :string, null: false, default: "draft"', known)
    with database.connect() as connection:
        connection.execute(b"CREATE SCHEMA tenant")
        connection.execute(b"CREATE TABLE tenant.posts (id bigserial PRIMARY KEY, title text)")
        connection.execute(FILL.replace("posts", "tenant.posts").encode())
        before = catalog(connection)
        for step in steps:
            migrate(connection, step, config)
        filled = b"SELECT count(*) FROM tenant.posts WHERE status = 'draft'"
        assert connection.execute(filled).fetchone() == (ROWS,)
        for step in reversed(steps):
            rollback(connection, step, config)
        assert catalog(connection) == before
