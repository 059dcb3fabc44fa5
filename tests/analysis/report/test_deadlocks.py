"""Deadlocks that the order of locks allows: each form happens on a server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import psycopg
import pytest
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.report.deadlocks import Deadlock, deadlocks, opposing, transactions
from support import postgres
from support.reports import BEFORE, analysis

ALTER_BOTH = "alter table(:posts), do: add(:a, :text)\nalter table(:users), do: add(:a, :text)"
INDEX_THEN_ALTER = "create index(:posts, [:slug])\nalter table(:posts), do: add(:a, :text)"
FILL_THEN_ALTER = (
    'execute "UPDATE posts SET slug = title", ""\nflush()\nalter table(:posts), do: add(:a, :text)'
)
FOREIGN_KEY = "alter table(:posts), do: add(:editor_id, references(:users))"
TWO_KEYS = (
    "create table(:notes) do\n  add :post_id, references(:posts)\n  add :user_id, references(:users)\nend"
)


def found(code: str, attributes: str = "") -> tuple[Deadlock, ...]:
    return deadlocks(analysis(code, attributes).migrations[0])


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (ALTER_BOTH, "has used `users` and then uses `posts`"),
        (INDEX_THEN_ALTER, "has read `posts` and then writes it"),
        (FILL_THEN_ALTER, "has used `posts` and then writes the same rows"),
        (FOREIGN_KEY, "has written `users` and then uses `posts`"),
        (TWO_KEYS, "has written `users` and then writes `posts`"),
    ],
)
def test_the_server_agrees(code: str, sentence: str, database: postgres.Database) -> None:
    (one,) = found(code)
    assert one.sentence == sentence
    with database.connect() as migrating, database.connect() as application:
        for statement in _statements(BEFORE):
            migrating.execute(statement)
        migrating.execute("INSERT INTO users (id) VALUES (1)")
        migrating.execute("INSERT INTO posts (id) VALUES (1)")
        application.execute("BEGIN")
        application.execute(_touch(one.second, one.held_by_it))

        def migrate() -> None:
            migrating.execute("BEGIN")
            for statement in _statements(code):
                migrating.execute(statement)

        failed: list[str] = []
        thread = threading.Thread(target=_until_it_fails, args=(migrate, failed))
        thread.start()
        with database.connect() as looking:
            _wait_for(looking, migrating.info.backend_pid)
        _until_it_fails(lambda: application.execute(_touch(one.first, one.wanted_by_it)), failed)
        application.execute("ROLLBACK")
        thread.join()
        assert failed == ["DeadlockDetected"]


def _statements(code: str) -> list[str]:
    migration = analysis(code).migrations[0] if code != BEFORE else analysis(code, before="").migrations[0]
    assert migration.up is not None
    return [step.statement.sql for step in migration.up.steps]


def _touch(relation: Relation, what: tuple[str, ...]) -> str:
    if "reads" in what:
        return f"SELECT count(*) FROM {relation}"
    return f"UPDATE {relation} SET id = id WHERE id = 1"


def _until_it_fails(action: Callable[[], object], failed: list[str]) -> None:
    try:
        action()
    except psycopg.Error as error:
        failed.append(type(error).__name__)


def _wait_for(looking: psycopg.Connection[tuple[object, ...]], pid: int) -> None:
    for _ in range(400):
        (row,) = looking.execute("SELECT cardinality(pg_blocking_pids(%s))", (pid,)).fetchall()
        if row[0]:
            return
        time.sleep(0.025)
    raise AssertionError("the migration does not wait")


@pytest.mark.parametrize(
    "code",
    [
        # One table, locked once.
        "alter table(:posts), do: add(:a, :text)",
        # The stronger lock comes first.
        "alter table(:posts), do: add(:a, :text)\ncreate index(:posts, [:slug])",
        # Nobody uses a table before it is committed.
        "create table(:notes)\ncreate index(:notes, [:id])\nalter table(:posts), do: add(:a, :text)",
        # The same table under another name.
        "rename table(:posts), to: table(:articles)\nalter table(:articles), do: add(:a, :text)",
        # Readers and writers do not wait for the first one.
        'execute "ALTER TABLE posts ALTER slug SET STATISTICS 10", ""\n'
        "alter table(:users), do: add(:a, :text)",
        "",
    ],
)
def test_what_cannot_deadlock(code: str) -> None:
    assert found(code) == ()


def test_statements_without_a_transaction_hold_nothing() -> None:
    assert found(ALTER_BOTH, "@disable_ddl_transaction true") == ()
    # But one statement takes its locks one after the other.
    assert len(found(FOREIGN_KEY, "@disable_ddl_transaction true")) == 1
    migration = analysis(ALTER_BOTH, "@disable_ddl_transaction true").migrations[0]
    assert [len(steps) for steps in transactions(migration)] == [1, 1]
    assert [len(steps) for steps in transactions(analysis(ALTER_BOTH).migrations[0])] == [2]


def test_tables_that_no_code_uses_are_left_out() -> None:
    migration = analysis(ALTER_BOTH).migrations[0]
    assert deadlocks(migration, frozenset({Relation("users")})) == ()


def test_each_pair_of_tables_once() -> None:
    code = ALTER_BOTH + "\nalter table(:tags), do: add(:a, :text)\nalter table(:users), do: add(:b, :text)"
    assert [(str(one.first), str(one.second)) for one in found(code)] == [
        ("posts", "users"),
        ("posts", "tags"),
        ("users", "tags"),
    ]


def test_migrations_in_opposite_order() -> None:
    there = analysis(ALTER_BOTH).migrations[0]
    back = analysis("\n".join(reversed(ALTER_BOTH.splitlines()))).migrations[0]
    assert opposing(there, back) == ((Relation("posts"), Relation("users")),)
    assert opposing(there, there) == ()
    # Reading ones and builds of two indexes go together.
    index = "create index(:users, [:name])\ncreate index(:posts, [:slug])"
    other = "create index(:posts, [:title])\ncreate index(:users, [:name])"
    assert opposing(analysis(index).migrations[0], analysis(other).migrations[0]) == ()


def test_two_nodes_that_build_an_index_of_a_table_at_once(database: postgres.Database) -> None:
    """What the report says of migrations outside of Ecto's lock."""
    with database.connect() as holding, database.connect() as one, database.connect() as other:
        holding.execute("CREATE TABLE t (id int)")
        holding.execute("INSERT INTO t VALUES (1)")
        holding.execute("BEGIN")
        holding.execute("UPDATE t SET id = 1")
        failed: list[str] = []
        threads = []
        with database.connect() as looking:
            for node in (one, other):
                build = partial(node.execute, "CREATE INDEX CONCURRENTLY t_id ON t (id)")
                run = threading.Thread(target=_until_it_fails, args=(build, failed))
                run.start()
                threads.append(run)
                _wait_for(looking, node.info.backend_pid)
        holding.execute("ROLLBACK")
        for run in threads:
            run.join()
        assert failed == ["DeadlockDetected"]
