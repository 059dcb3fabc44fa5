"""CREATE and DROP of tables and indexes."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.operations import (
    AttachIndexPartition,
    ColumnDefinition,
    ConstraintDefinition,
    CreateIndex,
    CreateObject,
    CreateTable,
    CreateView,
    DataType,
    DropIndex,
    DropTable,
    Expression,
    IndexElement,
    Operation,
    Relation,
    RenameIndex,
    RenameObject,
)
from support.sql_text import at, only, operations, spans

T = Relation("t")
INTEGER = DataType("integer")


def column(name: str, **fields: object) -> ColumnDefinition:
    return ColumnDefinition(**{"name": name, "type": INTEGER, **fields})  # type: ignore[arg-type]


TABLES: list[tuple[str, CreateTable]] = [
    (
        "CREATE TABLE IF NOT EXISTS s.t (id bigserial, a int NOT NULL, PRIMARY KEY (id))",
        CreateTable(
            relation=Relation("t", "s"),
            if_not_exists=True,
            columns=(
                column("id", type=DataType("bigint", serial=True), not_null=True),
                column("a", not_null=True),
            ),
            constraints=(ConstraintDefinition(kind="primary key", name="t_pkey", columns=("id",)),),
        ),
    ),
    (
        "CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE REFERENCES o, CHECK (a > b) NOT VALID)",
        CreateTable(
            relation=T,
            columns=(column("a"), column("b")),
            constraints=(
                ConstraintDefinition(kind="primary key", name="t_pkey", columns=("a",)),
                ConstraintDefinition(kind="unique", name="t_b_key", columns=("b",)),
                ConstraintDefinition(
                    kind="foreign key", name="t_b_fkey", columns=("b",), references=Relation("o")
                ),
                # There is nothing to validate in a new table.
                ConstraintDefinition(
                    kind="check", name="t_check", columns=("a", "b"), expression=Expression("a > b")
                ),
            ),
        ),
    ),
    ("CREATE TABLE t ()", CreateTable(relation=T)),
    ("CREATE TEMP TABLE t (a int)", CreateTable(relation=T, temporary=True, columns=(column("a"),))),
    ("CREATE UNLOGGED TABLE t (a int)", CreateTable(relation=T, unlogged=True, columns=(column("a"),))),
    (
        "CREATE TABLE t (a int, LIKE s.o INCLUDING ALL) INHERITS (p, q)",
        CreateTable(
            relation=T,
            columns=(column("a"),),
            like=(Relation("o", "s"),),
            inherits=(Relation("p"), Relation("q")),
            complete=False,
        ),
    ),
    (
        "CREATE TABLE t (a int) PARTITION BY RANGE (a, lower(b))",
        CreateTable(relation=T, columns=(column("a"),), partition_by="range", partition_key=("a",)),
    ),
    (
        "CREATE TABLE t PARTITION OF p FOR VALUES IN (1, 2) PARTITION BY HASH (b) WITH (fillfactor = 70)",
        CreateTable(
            relation=T,
            partition_of=Relation("p"),
            partition_by="hash",
            partition_key=("b",),
            bound=Expression("FOR VALUES IN (1, 2)"),
            complete=False,
        ),
    ),
    (
        "CREATE TABLE t PARTITION OF p FOR VALUES WITH (MODULUS 4, REMAINDER 1) TABLESPACE x",
        CreateTable(
            relation=T,
            partition_of=Relation("p"),
            bound=Expression("FOR VALUES WITH (MODULUS 4, REMAINDER 1)"),
            complete=False,
        ),
    ),
    (
        "CREATE TABLE t PARTITION OF p (a DEFAULT 3) DEFAULT",
        CreateTable(
            relation=T,
            columns=(column("a", type=DataType(None), default=Expression("3", literal=True)),),
            partition_of=Relation("p"),
            default_partition=True,
            bound=Expression("DEFAULT"),
            complete=False,
        ),
    ),
    ("CREATE TABLE t OF kind", CreateTable(relation=T, complete=False)),
    (
        "CREATE TABLE t AS SELECT * FROM a JOIN s.b USING (id) WITH NO DATA",
        CreateTable(
            relation=T,
            reads=(Relation("a"), Relation("b", "s")),
            from_query=True,
            with_data=False,
            complete=False,
        ),
    ),
    (
        "SELECT 1 INTO TEMP t FROM a",
        CreateTable(relation=T, temporary=True, reads=(Relation("a"),), from_query=True, complete=False),
    ),
]


@pytest.mark.parametrize(("source", "expected"), TABLES, ids=[row[0] for row in TABLES])
def test_create_table(source: str, expected: CreateTable) -> None:
    found = only(source)
    assert found == expected
    assert spans(source, found)["span"] == source
    assert spans(source, found)["relation_span"] == str(expected.relation)


def test_the_parts_of_a_new_table_are_marked() -> None:
    source = (
        "CREATE TABLE t (\n"
        "  a varchar(3) -- the first, really\n"
        "    DEFAULT 'x,y' NOT NULL,\n"
        "  CONSTRAINT c CHECK (a IN ('x', 'y')),\n"
        "  b int GENERATED ALWAYS AS ((1 + 2)) STORED CHECK (b > 0)\n"
        ")"
    )
    table = only(source)
    assert isinstance(table, CreateTable)
    first, second = table.columns
    assert spans(source, first)["span"] == "a varchar(3) -- the first, really\n    DEFAULT 'x,y' NOT NULL"
    assert spans(source, first)["not_null_span"] == "NOT NULL"
    assert first.default == Expression("'x,y'", literal=True)
    assert spans(source, second)["generated.expression.span"] == "(1 + 2)"
    assert [at(source, constraint.span) for constraint in table.constraints] == [
        "CONSTRAINT c CHECK (a IN ('x', 'y'))",
        "CHECK (b > 0)",
    ]


INDEXES: list[tuple[str, CreateIndex]] = [
    (
        "CREATE INDEX i ON t (a)",
        CreateIndex(relation=T, name="i", elements=(IndexElement("a"),)),
    ),
    (
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.t USING gist"
        " (a DESC NULLS LAST, lower(b) COLLATE \"C\" x.text_ops(siglen='32') ASC, (a || b))"
        " INCLUDE (c, d) NULLS NOT DISTINCT WITH (fillfactor = 70) TABLESPACE fast WHERE (a > 1) AND b = ')'",
        CreateIndex(
            relation=Relation("t", "s"),
            name="i",
            elements=(
                IndexElement("a", order="DESC NULLS LAST"),
                IndexElement(
                    expression=Expression("lower(b)"),
                    collation="C",
                    opclass="x.text_ops(siglen=32)",
                    order="ASC",
                ),
                IndexElement(expression=Expression("(a || b)")),
            ),
            unique=True,
            concurrently=True,
            if_not_exists=True,
            only=True,
            method="gist",
            include=("c", "d"),
            nulls_distinct=False,
            options=("fillfactor=70", "TABLESPACE fast"),
            where=Expression("(a > 1) AND b = ')'"),
        ),
    ),
    (
        "CREATE INDEX ON t (lower(a), (a + 1), b)",
        CreateIndex(
            relation=T,
            name="t_lower_expr_b_idx",
            elements=(
                IndexElement(expression=Expression("lower(a)")),
                IndexElement(expression=Expression("(a + 1)")),
                IndexElement("b"),
            ),
        ),
    ),
]


@pytest.mark.parametrize(("source", "expected"), INDEXES, ids=[row[0] for row in INDEXES])
def test_create_index(source: str, expected: CreateIndex) -> None:
    found = only(source)
    assert found == expected
    assert spans(source, found)["relation_span"] == str(expected.relation)


OTHERS: list[tuple[str, list[tuple[str, Operation]]]] = [
    ("DROP TABLE t", [("DROP TABLE t", DropTable(relation=T))]),
    (
        "DROP TABLE IF EXISTS t, s.o CASCADE",
        [
            ("t", DropTable(relation=T, if_exists=True, cascade=True)),
            ("s.o", DropTable(relation=Relation("o", "s"), if_exists=True, cascade=True)),
        ],
    ),
    (
        "DROP INDEX CONCURRENTLY IF EXISTS s.i",
        [
            (
                "DROP INDEX CONCURRENTLY IF EXISTS s.i",
                DropIndex(name=Relation("i", "s"), concurrently=True, if_exists=True),
            )
        ],
    ),
    (
        "DROP INDEX i, j",
        [("i", DropIndex(name=Relation("i"))), ("j", DropIndex(name=Relation("j")))],
    ),
    (
        "ALTER INDEX i RENAME TO j",
        [("ALTER INDEX i RENAME TO j", RenameIndex(name=Relation("i"), to="j"))],
    ),
    (
        "ALTER INDEX i ATTACH PARTITION s.j",
        [
            (
                "ALTER INDEX i ATTACH PARTITION s.j",
                AttachIndexPartition(name=Relation("i"), child=Relation("j", "s")),
            )
        ],
    ),
    (
        "ALTER INDEX i SET (fillfactor = 70)",
        [
            (
                "ALTER INDEX i SET (fillfactor = 70)",
                RenameObject(kind="index", name=Relation("i"), clause="set"),
            )
        ],
    ),
]


@pytest.mark.parametrize(("source", "expected"), OTHERS, ids=[row[0] for row in OTHERS])
def test_drop_and_alter(source: str, expected: list[tuple[str, Operation]]) -> None:
    found = operations(source)
    assert [(at(source, operation.span), operation) for operation in found] == expected


def test_what_a_new_schema_holds_lives_in_it() -> None:
    schema, table, index, view = operations(
        "CREATE SCHEMA s CREATE TABLE t (a int) CREATE INDEX i ON t (a) CREATE VIEW v AS SELECT a FROM t"
    )
    assert schema == CreateObject(kind="schema", name=Relation("s"))
    assert isinstance(table, CreateTable) and table.relation == Relation("t", "s")
    assert isinstance(index, CreateIndex) and index.relation == Relation("t", "s")
    assert isinstance(view, CreateView) and view.name == Relation("v", "s")
