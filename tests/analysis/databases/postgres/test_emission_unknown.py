"""What the text does not tell leaves a hole, and never a guess."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.databases.postgres.emission import emit
from ecto_migrations_analysis.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    CallsCode,
    CreateIndex,
    CreateTable,
    Delete,
    DropIndex,
    Insert,
    OpaqueSQL,
    Operation,
    Relation,
    Select,
    Update,
)
from ecto_migrations_analysis.program import commands as c
from ecto_migrations_analysis.program.terms import Atom, Option, Options, Unknown
from support.emission import of_change

ALTER = "alter table(:posts) do\n  {}\nend"


@pytest.mark.parametrize(
    ("body", "sql"),
    [
        (ALTER.format("add :a, Some.value()"), 'ALTER TABLE "posts" ADD COLUMN "a" …'),
        (
            ALTER.format("add :a, :string, size: Some.value()"),
            'ALTER TABLE "posts" ADD COLUMN "a" varchar(…)',
        ),
        (
            ALTER.format("add :a, :string, default: Some.value()"),
            'ALTER TABLE "posts" ADD COLUMN "a" varchar(255) DEFAULT …',
        ),
        (
            ALTER.format('add :a, {:array, :string}, default: [Some.value(), "b"]'),
            'ALTER TABLE "posts" ADD COLUMN "a" varchar(255)[] DEFAULT ARRAY[…,\'b\']::varchar[]',
        ),
        (
            ALTER.format("add :a, :map, default: %{a: Some.value()}"),
            'ALTER TABLE "posts" ADD COLUMN "a" jsonb DEFAULT \'{"a":…}\'',
        ),
        (
            ALTER.format("add :a, :string, null: Some.value()"),
            'ALTER TABLE "posts" ADD COLUMN "a" varchar(255) …',
        ),
        (ALTER.format("add :a, :string, Some.value()"), 'ALTER TABLE "posts" ADD COLUMN "a" varchar(255) …'),
        (
            ALTER.format("modify :a, :string, Some.value()"),
            'ALTER TABLE "posts" ALTER COLUMN "a" TYPE varchar(255), …',
        ),
        (
            ALTER.format("modify :a, :string, null: Some.value()"),
            'ALTER TABLE "posts" ALTER COLUMN "a" TYPE varchar(255), ALTER COLUMN "a" …',
        ),
        (
            ALTER.format("add :a, references(:b, on_delete: Some.value())"),
            'ALTER TABLE "posts" ADD COLUMN "a" bigint, ADD CONSTRAINT "posts_a_fkey" FOREIGN KEY ("a") '
            'REFERENCES "b"("id") ON DELETE …',
        ),
        ("drop table(:posts), mode: Some.value()", 'DROP TABLE "posts" …'),
        ("create index(:posts, Some.value())", 'CREATE INDEX "…" ON "posts" (…)'),
        (
            "create index(:posts, [:a], concurrently: Some.value())",
            'CREATE INDEX … "posts_a_index" ON "posts" ("a")',
        ),
        (
            "create index(:posts, [:a], where: Some.value())",
            'CREATE INDEX "posts_a_index" ON "posts" ("a") WHERE …',
        ),
        (
            "create constraint(:posts, :c, check: Some.value())",
            'ALTER TABLE "posts" ADD CONSTRAINT "c" CHECK (…)',
        ),
        (
            'create constraint(:posts, :c, check: "a > #{Some.value()}", validate: Some.value())',
            'ALTER TABLE "posts" ADD CONSTRAINT "c" CHECK (a > …) …',
        ),
        ("rename table(:posts), :a, to: Some.value()", 'ALTER TABLE "posts" RENAME "a" TO "…"'),
        ("execute Some.value()", "…"),
        ('execute "UPDATE posts SET a = #{Some.value()}"', "UPDATE posts SET a = …"),
        ('execute "DROP TABLE #{Some.value()}_old"', "DROP TABLE …_old"),
    ],
)
def test_holes(body: str, sql: str) -> None:
    (statement,) = of_change(body)
    assert (statement.sql, statement.certain, statement.error) == (sql, False, None)
    assert statement.operations


def made(command: c.Command) -> tuple[Operation, ...]:
    (statement,) = emit(command)
    return statement.operations


UNKNOWN = Unknown("a call")


def test_unknown_names() -> None:
    alter = c.AlterTable(table=c.Table(name=UNKNOWN), changes=(c.Add(column=UNKNOWN, type=Atom("text")),))
    (added,) = made(alter)
    assert isinstance(added, AddColumn)
    assert (added.relation, added.column.name) == (Relation(None), None)
    (statement,) = emit(alter)
    assert statement.sql == 'ALTER TABLE "…" ADD COLUMN "…" text'


def test_an_unknown_prefix_is_a_schema_of_its_own() -> None:
    """What one migration does under one unknown prefix belongs together, and is not what is in `public`."""
    table = c.Table(name="posts", prefix=UNKNOWN)
    index = c.Index(table="posts", prefix=UNKNOWN, name="i", columns=(c.IndexColumn(text="a"),))
    (created,) = made(c.CreateTable(table=table))
    (indexed,) = made(c.CreateIndex(index=index))
    assert isinstance(created, CreateTable) and isinstance(indexed, CreateIndex)
    assert created.relation == indexed.relation == Relation("posts", "…")
    (statement,) = emit(c.DropIndex(index=index))
    assert statement.sql == 'DROP INDEX "…"."i"'
    assert isinstance(statement.operations[0], DropIndex)


def test_a_default_that_may_be_there() -> None:
    """NOT NULL is known, the other options are not: nobody may say that there is no default."""
    options = Options((Option("null", Atom("false")),), complete=False)
    alter = c.AlterTable(
        table=c.Table(name="posts"), changes=(c.Add(column="a", type=Atom("text"), options=options),)
    )
    (added,) = made(alter)
    assert isinstance(added, AddColumn)
    assert added.column.not_null
    assert added.column.default is not None and added.column.default.sql is None


def test_an_unknown_reference() -> None:
    reference = c.Reference(
        table=UNKNOWN, column=UNKNOWN, type=UNKNOWN, on_delete=UNKNOWN, on_update=UNKNOWN, validate=None
    )
    alter = c.AlterTable(table=c.Table(name="posts"), changes=(c.Add(column="a", type=reference),))
    (statement,) = emit(alter)
    assert statement.sql == (
        'ALTER TABLE "posts" ADD COLUMN "a" …, ADD CONSTRAINT "posts_a_fkey" FOREIGN KEY ("a") '
        'REFERENCES "…"("…") ON DELETE … ON UPDATE … …'
    )
    key = statement.operations[1]
    assert isinstance(key, AddConstraint)
    assert key.constraint.references == Relation(None)
    assert key.constraint.name == "posts_a_fkey"


def test_an_unknown_change_is_a_clause_of_its_own() -> None:
    alter = c.AlterTable(
        table=c.Table(name="posts"),
        changes=(
            c.Add(column="a", type=Atom("text")),
            c.UnknownChange(column=UNKNOWN, reason="a call of `helper/0`"),
        ),
    )
    (statement,) = emit(alter)
    assert statement.sql == 'ALTER TABLE "posts" ADD COLUMN "a" text, …'
    assert isinstance(statement.operations[0], AddColumn)
    assert statement.operations[1] == OpaqueSQL(
        reason="a call of `helper/0`", keywords="ALTER TABLE", relations=(Relation("posts"),)
    )


def test_the_type_of_an_unknown_modify() -> None:
    alter = c.AlterTable(
        table=c.Table(name="posts"),
        changes=(c.Modify(column="a", type=UNKNOWN, options=Options((Option("from", UNKNOWN),))),),
    )
    (changed,) = made(alter)
    assert isinstance(changed, AlterColumnType)
    assert (changed.type.name, changed.stated_from) == (None, None)
    assert not emit(alter)[0].certain


@pytest.mark.parametrize(
    ("call", "operation", "sql"),
    [
        (
            c.RepoCall(
                function="update_all", repo="repo()", table="posts", restricted=False, columns_set=("a",)
            ),
            Update(relation=Relation("posts"), columns=("a",), restricted=False),
            'UPDATE "posts" SET "a" = …',
        ),
        (
            c.RepoCall(function="update!", repo="M.Repo", schema="M.Post"),
            Update(relation=Relation(None), restricted=True, bounded=True),
            "UPDATE … SET … WHERE …",
        ),
        (
            c.RepoCall(function="delete_all", repo="repo()", table="posts"),
            Delete(relation=Relation("posts"), restricted=None),
            'DELETE FROM "posts" …',
        ),
        (
            c.RepoCall(function="delete!", repo="repo()"),
            Delete(relation=Relation(None), restricted=True, bounded=True),
            "DELETE FROM … WHERE …",
        ),
        (
            c.RepoCall(function="insert!", repo="repo()", table="posts"),
            Insert(relation=Relation("posts"), rows=1),
            'INSERT INTO "posts" (…) VALUES …',
        ),
        (
            c.RepoCall(function="insert_all", repo="repo()", table="posts"),
            Insert(relation=Relation("posts")),
            'INSERT INTO "posts" (…) VALUES …',
        ),
        (
            c.RepoCall(function="all", repo="repo()", table="posts"),
            Select(reads=(Relation("posts"),)),
            'SELECT … FROM "posts"',
        ),
        (c.RepoCall(function="get_by!", repo="repo()"), Select(reads=(Relation(None),)), "SELECT … FROM …"),
        (
            c.RepoCall(function="put_dynamic_repo", repo="repo()"),
            CallsCode(call="repo().put_dynamic_repo"),
            "",
        ),
        (
            c.ApplicationCode(module="Oban.Migration", function="up", arity=1),
            CallsCode(call="Oban.Migration.up/1"),
            "",
        ),
        (c.UnknownCode(reason="a macro"), OpaqueSQL(reason="a macro"), ""),
    ],
)
def test_code_whose_sql_is_made_when_it_runs(call: c.Command, operation: Operation, sql: str) -> None:
    (statement,) = emit(call)
    assert (statement.sql, statement.certain, statement.error) == (sql, False, None)
    assert statement.operations == (operation,)


def test_what_only_waits_or_logs_sends_nothing() -> None:
    assert emit(c.ApplicationCode(module="Process", function="sleep", arity=1)) == ()
