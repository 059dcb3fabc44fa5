"""The transaction threaded through a program."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.databases.effects import Effect
from ecto_migrations_analysis.databases.postgres.effects import effect_of
from ecto_migrations_analysis.databases.postgres.transaction import Transaction, advance, begin
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.schema.apply import apply
from ecto_migrations_analysis.schema.state import Schema
from support.effects import schema_of, statements_of
from support.measured import BASE

BASE_SCHEMA = schema_of(BASE)
POSTS = Relation("posts")


def run(
    sql: str, schema: Schema = BASE_SCHEMA, *, version: int = 15, in_transaction: bool = True
) -> tuple[Transaction, list[Effect]]:
    """The transaction after the statements, and their effects."""
    transaction = begin(in_transaction)
    effects = []
    for statement in statements_of(sql):
        effects.append(effect_of(statement, schema, version, transaction))
        transaction = advance(transaction, statement, effects[-1], schema)
        for operation in statement.operations:
            schema = apply(schema, operation)
    return transaction, effects


def test_what_it_creates_nobody_else_sees() -> None:
    transaction, effects = run(
        "CREATE TABLE t (id bigint); CREATE INDEX i ON t (id);"
        " ALTER TABLE t ADD COLUMN x float DEFAULT random();"
        " CREATE VIEW v AS SELECT id FROM t; DROP VIEW v; LOCK TABLE t"
    )
    assert transaction.is_new(Relation("t"))
    assert effects == [Effect()] * 6
    assert transaction.held == {}


def test_a_new_table_is_empty_until_rows_come() -> None:
    not_null = "ALTER TABLE t ADD COLUMN x int NOT NULL"
    _, effects = run(f"CREATE TABLE t (id bigint); {not_null}")
    assert effects[1].failures == ()
    _, effects = run(f"CREATE TABLE t (id bigint); INSERT INTO t VALUES (1); {not_null}")
    assert [failure.cause for failure in effects[2].failures] == ["any row"]
    _, effects = run(f"CREATE TABLE t AS SELECT id FROM posts; {not_null}")
    assert [failure.cause for failure in effects[1].failures] == ["any row"]
    _, effects = run(f"CREATE TABLE t (id bigint); INSERT INTO t VALUES (1); TRUNCATE t; {not_null}")
    assert effects[3].failures == ()


def test_a_table_that_may_have_existed_is_not_new() -> None:
    sql = "CREATE TABLE IF NOT EXISTS t (id bigint); CREATE INDEX i ON t (id)"
    transaction, effects = run(sql, Schema())
    assert not transaction.is_new(Relation("t"))
    assert [lock.mode for lock in effects[1].locks] == ["SHARE"]
    transaction, effects = run(sql, Schema(complete=True))
    assert transaction.is_new(Relation("t"))
    assert effects[1].locks == ()


def test_new_tables_are_followed_through_renames() -> None:
    transaction, effects = run(
        "CREATE TABLE t (id bigint); ALTER TABLE t RENAME TO u; ALTER TABLE u SET SCHEMA s; DROP TABLE s.u"
    )
    assert all(effect.locks == () for effect in effects)
    assert transaction.created == frozenset()


def test_locks_are_held_until_the_end() -> None:
    transaction, _ = run(
        "CREATE INDEX i ON posts (title); ALTER TABLE posts ADD COLUMN x int; COMMENT ON TABLE posts IS 'x';"
        " ALTER TABLE comments VALIDATE CONSTRAINT comments_post_id_fkey"
    )
    assert transaction.held == {POSTS: "ACCESS EXCLUSIVE", Relation("comments"): "SHARE UPDATE EXCLUSIVE"}


def test_outside_of_a_transaction_nothing_is_kept() -> None:
    transaction, effects = run(
        "CREATE TABLE t (id bigint); CREATE INDEX i ON t (id); ALTER TYPE x ADD VALUE 'y'",
        in_transaction=False,
    )
    assert transaction == Transaction(open=False)
    assert [str(lock.relation) for lock in effects[1].locks] == ["t"]


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK", "END", "ABORT"])
def test_a_statement_that_ends_it(end: str) -> None:
    transaction, effects = run(
        f"CREATE TABLE t (id bigint); {end}; CREATE INDEX CONCURRENTLY i ON posts (id)"
    )
    assert not transaction.open
    assert effects[2].failures == ()


def test_parameters_last_until_reset() -> None:
    assert run("SET LOCAL lock_timeout TO '5s'")[0].parameters == {"lock_timeout": "5s"}
    assert run("SET Lock_Timeout TO '5s'; SET lock_timeout TO DEFAULT")[0].parameters == {}
    assert run("SET lock_timeout TO '5s'", in_transaction=False)[0].parameters == {}


def test_events_are_certain_only_where_a_row_certainly_changed() -> None:
    deferred = schema_of(
        "ALTER TABLE posts DROP CONSTRAINT posts_author_id_fkey, ADD CONSTRAINT k FOREIGN KEY (author_id)"
        " REFERENCES authors DEFERRABLE INITIALLY DEFERRED",
        BASE_SCHEMA,
    )
    alter = "ALTER TABLE posts ADD COLUMN x int"
    transaction, effects = run(f"UPDATE posts SET author_id = 1 WHERE title = 'a'; {alter}", deferred)
    assert transaction.has_pending_events(POSTS) is None
    assert [(failure.certain, failure.cause) for failure in effects[1].failures] == [(False, "transaction")]
    assert [lock.mode for lock in effects[1].locks] == ["ACCESS EXCLUSIVE"]
    transaction, effects = run(f"UPDATE posts SET author_id = 1; {alter}", deferred)
    assert transaction.has_pending_events(POSTS) is True
    assert effects[1].failures[0].certain
    assert run("SELECT 1", deferred)[0].has_pending_events(POSTS) is False


def test_enum_values_added_to_a_new_enum() -> None:
    sql = (
        "CREATE TYPE x AS ENUM ('a'); ALTER TYPE x ADD VALUE 'b';"
        " ALTER TABLE posts ADD COLUMN x x DEFAULT 'b'"
    )
    assert run(sql, version=16)[1][2].failures[0].cause == "transaction"
    assert run(sql, version=17)[1][2].failures == ()
