"""What the commands do, and which part of the source is the cause."""

from __future__ import annotations

import re

import pytest
from ecto_migrations_analysis.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    Comment,
    CreateIndex,
    CreateTable,
    DataType,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropNotNull,
    Generated,
    Identity,
    Operation,
    RenameColumn,
    SetDefault,
    SetNotNull,
    UnparsedSQL,
)
from ecto_migrations_analysis.syntax.span import Span
from support.emission import of_change, operations, source_of_change


def spans(body: str) -> list[tuple[type[Operation], str]]:
    """Each operation with the text of its span."""
    data = source_of_change(body).encode()
    return [(type(operation), text(data, operation.span)) for operation in operations(body)]


def text(data: bytes, span: Span) -> str:
    return data[span.start : span.end].decode()


def cause(body: str, kind: type[Operation]) -> str:
    return next(found for made, found in spans(body) if made is kind)


ALTER = "alter table(:posts) do\n  {}\nend"


@pytest.mark.parametrize(
    ("change", "kind", "span"),
    [
        ("add :a, :string, null: false", AddColumn, "add :a, :string, null: false"),
        (
            "add :a, references(:authors, validate: false), null: false",
            AddConstraint,
            "references(:authors, validate: false)",
        ),
        ("add :a, :integer, primary_key: true", AddConstraint, "primary_key: true"),
        ("modify :a, :string, null: false", AlterColumnType, ":string"),
        ("modify :a, {:array, :string}, null: false", AlterColumnType, "{:array, :string}"),
        ("modify :a, :string, null: false", SetNotNull, "null: false"),
        ("modify :a, :string, null: true", DropNotNull, "null: true"),
        ('modify :a, :string, default: "x"', SetDefault, 'default: "x"'),
        ("modify :a, references(:b), from: references(:c)", AddConstraint, "references(:b)"),
        ("modify :a, references(:b), from: references(:c)", DropConstraint, "references(:c)"),
        ("remove :a, references(:b)", DropConstraint, "references(:b)"),
        ("remove :a, :string", DropColumn, "remove :a, :string"),
        ('add :a, :string, comment: "c"', Comment, 'comment: "c"'),
    ],
)
def test_the_smallest_cause(change: str, kind: type[Operation], span: str) -> None:
    assert cause(ALTER.format(change), kind) == span


def test_spans_inside_a_column() -> None:
    body = ALTER.format('add :żółw, :string, default: "x", null: false')
    data = source_of_change(body).encode()
    (operation,) = operations(body)
    assert isinstance(operation, AddColumn)
    column = operation.column
    assert text(data, column.name_span).rstrip(",") == ":żółw"
    assert text(data, column.type_span) == ":string"
    assert text(data, column.not_null_span) == "null: false"
    assert column.default is not None and text(data, column.default.span) == 'default: "x"'
    assert text(data, operation.relation_span) == ":posts"


def test_the_implied_primary_key() -> None:
    body = "create table(:posts) do\nend"
    (created,) = operations(body)
    assert isinstance(created, CreateTable)
    assert [(key.kind, key.name, key.columns) for key in created.constraints] == [
        ("primary key", "posts_pkey", ("id",))
    ]
    assert created.columns[0].origin == "table"
    assert created.columns[0].not_null


def test_timestamps_say_where_they_come_from() -> None:
    body = ALTER.format("timestamps()")
    data = source_of_change(body).encode()
    added = operations(body)
    assert [type(operation) for operation in added] == [AddColumn, AddColumn]
    for operation in added:
        assert isinstance(operation, AddColumn)
        assert operation.column.origin == "timestamps"
        assert text(data, operation.column.not_null_span) == "timestamps()"


def test_a_column_and_its_foreign_key() -> None:
    column, key = operations(ALTER.format("add :author_id, references(:authors, on_delete: :delete_all)"))
    assert isinstance(column, AddColumn) and isinstance(key, AddConstraint)
    assert key.of_new_column == "author_id"
    assert not key.from_modify
    assert (key.constraint.on_delete, key.constraint.referenced_columns) == ("CASCADE", ("id",))


def test_modify_restates_the_type_before_everything_else() -> None:
    made = operations(
        ALTER.format("modify :a, references(:b), null: false, default: 1, from: {references(:c), null: true}")
    )
    assert [type(operation) for operation in made] == [
        DropConstraint,
        AlterColumnType,
        AddConstraint,
        SetNotNull,
        SetDefault,
    ]
    assert all(getattr(operation, "from_modify", True) for operation in made)


@pytest.mark.parametrize(
    ("from_", "stated"),
    [
        ("", None),
        (", from: :string", DataType("character varying", (255,))),
        (", size: 300, from: :string", DataType("character varying", (255,))),
        (", size: 300, from: {:string, size: 100}", DataType("character varying", (100,))),
        (", from: {:array, :integer}", DataType("integer", dimensions=1)),
        (", from: references(:authors)", DataType("bigint")),
        (", from: {references(:authors, type: :uuid), null: true}", DataType("uuid")),
        (", from: Some.value()", None),
    ],
)
def test_the_type_that_from_states(from_: str, stated: DataType | None) -> None:
    (changed,) = (
        operation
        for operation in operations(ALTER.format(f"modify :a, :string{from_}"))
        if isinstance(operation, AlterColumnType)
    )
    assert changed.stated_from == stated


def test_the_type_that_remove_states() -> None:
    (known,) = operations(ALTER.format("remove :a, :string, size: 20"))
    (unknown,) = operations(ALTER.format("remove :a"))
    assert isinstance(known, DropColumn) and isinstance(unknown, DropColumn)
    assert known.stated_type == DataType("character varying", (20,))
    assert unknown.stated_type is None


@pytest.mark.parametrize(
    ("options", "identity", "generated"),
    [
        (":identity", Identity(), None),
        (':integer, generated: "BY DEFAULT AS IDENTITY"', Identity(), None),
        (':integer, generated: "always as identity (start with 3)"', Identity(always=True), None),
        (':integer, generated: "ALWAYS AS (a + (b * 2)) STORED"', None, ("a + (b * 2)", True)),
        (':integer, generated: "ALWAYS AS (a) VIRTUAL"', None, ("a", False)),
        (':integer, generated: "ALWAYS AS (a)"', None, ("a", False)),
    ],
)
def test_generated_columns(
    options: str, identity: Identity | None, generated: tuple[str, bool] | None
) -> None:
    (added,) = operations(ALTER.format(f"add :c, {options}"))
    assert isinstance(added, AddColumn)
    assert added.column.identity == identity
    found = added.column.generated
    assert (found and (found.expression.sql, found.stored)) == generated
    assert found is None or isinstance(found, Generated)


def test_dropping_an_index_states_what_the_rollback_builds() -> None:
    (dropped,) = operations('drop index(:posts, [:a, desc: :b], unique: true, where: "c", prefix: :app)')
    assert isinstance(dropped, DropIndex)
    assert str(dropped.name) == "app.posts_a_b_index"
    assert str(dropped.relation) == "app.posts"
    stated = dropped.stated
    assert isinstance(stated, CreateIndex)
    assert [(element.column, element.order) for element in stated.elements] == [("a", None), ("b", "DESC")]
    assert stated.unique and stated.where is not None and stated.where.sql == "c"


def test_renaming_a_column() -> None:
    (renamed,) = operations("rename table(:posts), :a, to: :b")
    assert isinstance(renamed, RenameColumn)
    assert (renamed.column, renamed.to) == ("a", "b")


def test_partitioned_and_unlogged_tables() -> None:
    (created,) = operations(
        'create table(:events, primary_key: false, modifiers: "UNLOGGED") do\n  add :at, :date\nend'
    )
    assert isinstance(created, CreateTable) and created.unlogged
    (created,) = operations(
        'create table(:events, primary_key: false, options: "PARTITION BY RANGE (at)") do\n'
        "  add :at, :date\nend"
    )
    assert isinstance(created, CreateTable)
    assert (created.partition_by, created.partition_key, created.complete) == ("range", ("at",), True)


@pytest.mark.parametrize(
    ("body", "message", "span"),
    [
        # Where Ecto puts a clause that PostgreSQL does not take there.
        (ALTER.format('modify :a, :string, null: false, collation: "C"'), 'near "COLLATE"', "modify"),
        (ALTER.format('modify :a, :integer, generated: "ALWAYS AS IDENTITY"'), 'near "GENERATED"', None),
        (ALTER.format("modify :a, :identity"), 'near "GENERATED"', "modify"),
        (ALTER.format("add :a, :timestamp, precision: 3"), 'near ","', ":timestamp"),
        ("alter table(:posts) do\nend", "at end of input", "alter"),
        ("create index(:posts, [])", 'near ")"', "index(:posts, [])"),
        # SQL of the migration's own.
        (ALTER.format('add :a, :string, default: fragment("now(")'), "syntax error", '"now("'),
        ('create constraint(:posts, :c, check: "a >")', "syntax error", '"a >"'),
        ('create constraint(:posts, :c, exclude: "gist (a")', "syntax error", '"gist (a"'),
        ('create index(:posts, [:a], where: "a =")', "syntax error", '"a ="'),
        ('create index(:posts, ["lower(a"])', "syntax error", '"lower(a"'),
        ('create table(:posts, options: "PARTITION BY")', "syntax error", '"PARTITION BY"'),
    ],
)
def test_sql_that_postgresql_cannot_parse(body: str, message: str, span: str | None) -> None:
    """The statement is sent, and fails: it does nothing else."""
    (statement,) = of_change(body)
    (operation,) = statement.operations
    assert statement.certain and statement.error is None
    assert isinstance(operation, UnparsedSQL)
    assert message in operation.message
    if span is not None:
        assert text(source_of_change(body).encode(), operation.span).startswith(span)


def test_each_comment_is_a_statement_of_its_own() -> None:
    body = (
        'create table(:posts, comment: "the posts") do\n'
        '  add :a, :string, comment: "it\'s"\n'
        "  add :b, :string, comment: nil\nend"
    )
    sent = of_change(body)
    data = source_of_change(body).encode()
    assert [re.sub(r" \(.*", "", statement.sql) for statement in sent] == [
        'CREATE TABLE "posts"',
        "COMMENT ON TABLE \"posts\" IS 'the posts'",
        "COMMENT ON COLUMN \"posts\".\"a\" IS 'it''s'",
    ]
    assert [text(data, statement.span) for statement in sent[1:]] == [
        'comment: "the posts"',
        'comment: "it\'s"',
    ]
