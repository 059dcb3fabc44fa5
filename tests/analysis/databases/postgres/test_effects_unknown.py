"""What is said where the history is not known, and that nothing makes `effect_of` raise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ecto_migrations_analysis.databases.effects import Effect
from ecto_migrations_analysis.databases.postgres.effects import effect_of
from ecto_migrations_analysis.databases.postgres.locks import MODES
from ecto_migrations_analysis.databases.postgres.transaction import advance, begin
from ecto_migrations_analysis.operations import (
    AddColumn,
    AlterColumnType,
    CallsCode,
    ColumnDefinition,
    CreateIndex,
    DataType,
    DropColumn,
    DropIndex,
    DropTable,
    Expression,
    Operation,
    Relation,
    SetNotNull,
    Statement,
)
from ecto_migrations_analysis.schema.apply import apply
from ecto_migrations_analysis.schema.state import Schema
from support.effects import schema_of, statements_of
from support.measured import BASE

NO_HISTORY = Schema()
FACTS = Path(__file__).parents[3] / "facts"


def effect(sql: str, schema: Schema = NO_HISTORY, version: int = 15, in_transaction: bool = True) -> Effect:
    (statement,) = statements_of(sql)
    return effect_of(statement, schema, version, begin(in_transaction))


def locks(found: Effect) -> dict[str, str]:
    return {str(lock.relation): lock.mode for lock in found.locks}


def test_a_table_that_is_not_known_is_locked_none_the_less() -> None:
    found = effect("ALTER TABLE posts ADD COLUMN x int")
    assert locks(found) == {"posts": "ACCESS EXCLUSIVE"}
    assert found.certain
    assert not found.failures


def test_not_null_scans_unless_the_history_knows_better() -> None:
    found = effect("ALTER TABLE posts ALTER COLUMN a SET NOT NULL")
    assert found.scans == (Relation("posts"),)
    assert found.unknown == ("whether `posts.a` is NOT NULL already, or a CHECK proves it",)
    known = schema_of("CREATE TABLE posts (a int NOT NULL)", NO_HISTORY)
    assert effect("ALTER TABLE posts ALTER COLUMN a SET NOT NULL", known) == Effect(
        locks=effect("ALTER TABLE posts ADD COLUMN x int").locks
    )


def test_a_type_change_needs_the_old_type() -> None:
    found = effect("ALTER TABLE posts ALTER COLUMN a TYPE bigint")
    assert locks(found) == {"posts": "ACCESS EXCLUSIVE"}
    assert found.rewrites == ()
    assert any("the present type of `posts.a`" in reason for reason in found.unknown)


def test_modify_states_the_old_type_with_from() -> None:
    change = AlterColumnType(
        relation=Relation("posts"),
        column="a",
        type=DataType("bigint"),
        from_modify=True,
        stated_from=DataType("integer"),
    )
    found = effect_of(Statement(sql="", operations=(change,)), NO_HISTORY, 15, begin(True))
    assert found.rewrites == (Relation("posts"),)
    assert "which indexes `posts` has: all of them are rebuilt" in found.unknown


def test_what_is_not_in_a_whole_history_does_not_exist() -> None:
    complete = Schema(complete=True)
    for sql in (
        "ALTER TABLE posts ADD COLUMN x int",
        "CREATE INDEX i ON posts (a)",
        "DROP TABLE posts",
        "TRUNCATE posts",
        "ALTER TABLE posts RENAME TO p",
        "DROP INDEX i",
    ):
        assert [failure.cause for failure in effect(sql, complete).failures] == ["missing"], sql
        assert effect(sql, NO_HISTORY).failures == (), sql


def test_a_statement_that_fails_does_nothing_else() -> None:
    found = effect("CREATE INDEX CONCURRENTLY i ON posts (a)")
    assert [failure.cause for failure in found.failures] == ["transaction"]
    assert found.locks == found.scans == ()
    outside = effect("CREATE INDEX CONCURRENTLY i ON posts (a)", in_transaction=False)
    assert outside.failures == ()
    assert locks(outside) == {"posts": "SHARE UPDATE EXCLUSIVE"}


def test_what_the_adapter_raises_is_a_failure() -> None:
    statement = Statement(sql="", operations=(), error="ArgumentError: no")
    found = effect_of(statement, NO_HISTORY, 15, begin(True))
    assert [(failure.reason, failure.certain, failure.cause) for failure in found.failures] == [
        ("ArgumentError: no", True, "adapter")
    ]


def test_names_that_are_not_known() -> None:
    nameless = Relation(None)
    operations: tuple[Operation, ...] = (
        AddColumn(relation=nameless, column=ColumnDefinition(name=None, type=DataType(None))),
        DropColumn(relation=Relation("posts"), column=None),
        SetNotNull(relation=Relation("posts"), column=None),
        CreateIndex(relation=nameless, name=None, complete=False),
        DropIndex(name=Relation(None)),
        DropTable(relation=nameless),
        CallsCode(call="Oban.Migration.up"),
        AddColumn(
            relation=Relation("posts"),
            column=ColumnDefinition(name="a", type=DataType("text"), default=Expression(None)),
        ),
    )
    for operation in operations:
        for schema in (NO_HISTORY, schema_of(BASE)):
            found = effect_of(Statement(sql="…", operations=(operation,)), schema, 15, begin(True))
            assert found.unknown, operation
            assert not any(failure.certain for failure in found.failures), operation


def test_the_index_of_an_unknown_table_is_the_dsls_word() -> None:
    drop = DropIndex(name=Relation("posts_a_index"), relation=Relation("posts"))
    found = effect_of(Statement(sql="", operations=(drop,)), NO_HISTORY, 15, begin(True))
    assert locks(found) == {"posts": "ACCESS EXCLUSIVE"}
    by_sql = effect("DROP INDEX posts_a_index")
    assert by_sql.locks == ()
    assert not by_sql.certain


def test_if_not_exists_leaves_open_what_happens() -> None:
    assert not effect("CREATE TABLE IF NOT EXISTS t (id int)").certain
    assert not effect("CREATE INDEX IF NOT EXISTS i ON posts (a)").certain
    assert not effect("ALTER TABLE posts ADD COLUMN IF NOT EXISTS x int").certain


def test_a_function_of_nobody_known_is_taken_for_volatile() -> None:
    found = effect("ALTER TABLE posts ADD COLUMN x text DEFAULT my_function()")
    assert found.rewrites == (Relation("posts"),)
    assert any("`my_function()` is volatile" in reason for reason in found.unknown)


def _every_statement() -> list[str]:
    texts: set[str] = set()
    for path in sorted(FACTS.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            for key in ("up", "down", "sql", "setup"):
                value = row.get(key) or []
                texts.update([value] if isinstance(value, str) else value)
    return sorted(texts)


@pytest.mark.parametrize("version", [13, 18])
def test_nothing_raises_whatever_the_schema(version: int) -> None:
    """Every statement of every measurement, MySQL's and SQLite's among them, in three schemas."""
    found = _every_statement()
    assert len(found) > 700
    for schema in (NO_HISTORY, Schema(complete=True), schema_of(BASE)):
        for sql in found:
            for statement in statements_of(sql):
                transaction = begin(True)
                result = effect_of(statement, schema, version, transaction)
                effect_of(statement, schema, version, begin(False))
                advance(transaction, statement, result, schema)
                assert all(lock.mode in MODES for lock in result.locks)
                after = schema
                for operation in statement.operations:
                    after = apply(after, operation)
                # Once more, where it has run already.
                effect_of(statement, after, version, advance(transaction, statement, result, schema))
