"""Texts as a whole: several statements, refusals, unknown pieces, and that nothing raises."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ecto_migrations_analysis.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    ConstraintDefinition,
    CreateEnum,
    CreateIndex,
    CreateTable,
    CreateView,
    DataType,
    Delete,
    DropColumn,
    DropConstraint,
    DropTable,
    Expression,
    IndexElement,
    Insert,
    OpaqueSQL,
    Operation,
    Relation,
    RenameColumn,
    Select,
    SetDefault,
    SetNotNull,
    SetParameter,
    UnparsedSQL,
    Update,
    ValidateConstraint,
)
from ecto_migrations_analysis.program.terms import Piece, Text, plain_text
from ecto_migrations_analysis.sql.reader import read_sql
from ecto_migrations_analysis.syntax.span import Span
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sql_text import at, only, operations, read, spans, sql_text

T = Relation("t")
UNKNOWN = Relation(None)


# --- texts ---


@pytest.mark.parametrize("source", ["", " \n ", ";", "-- nothing", "/* no */ ; -- thing"])
def test_a_text_without_a_statement(source: str) -> None:
    assert read(source) == ()


def test_several_statements() -> None:
    source = "-- first\nDROP TABLE é; /* a ; b */ SELECT ';' ; DO $$ ; $$;"
    found = read(source)
    assert [statement.sql for statement in found] == ["DROP TABLE é", "SELECT ';'", "DO $$ ; $$"]
    assert [at(source, statement.span) for statement in found] == [statement.sql for statement in found]
    assert [statement.error for statement in found] == [None, None, None]


@pytest.mark.parametrize(
    ("source", "message", "place"),
    [
        ("ALTER TABLE t ADD COLUM x int", 'syntax error at or near "int"', "int"),
        ("DROP TABLE t; SELCT 'é', 1", 'syntax error at or near "SELCT"', "SELCT"),
        ("SELECT 'é', FROM t", 'syntax error at or near "FROM"', "FROM"),
        ("ALTER TABLE t", "syntax error at end of input", "t"),
        ("SELECT 'abc", 'unterminated quoted string at or near "\'abc"', "'"),
        ("SELECT \0 1", 'invalid byte sequence for encoding "UTF8": 0x00', "\0"),
    ],
)
def test_a_refused_text_is_one_statement(source: str, message: str, place: str) -> None:
    (statement,) = read(source)
    assert statement.error == message
    assert statement.operations == (UnparsedSQL(message=message),)
    assert at(source, statement.operations[0].span) == place
    assert at(source, statement.span) == source


def test_a_text_nested_too_deeply_is_not_judged() -> None:
    for source in ("SELECT " + "NOT " * 2000 + "true", "SELECT " + "1+" * 30000 + "1"):
        (statement,) = read(source)
        (operation,) = statement.operations
        assert isinstance(operation, OpaqueSQL) and operation.keywords == "SELECT"
        assert statement.error is None


def test_a_thousand_conditions_are_read() -> None:
    where = " AND ".join(f"c{number} = 1" for number in range(1000))
    found = only(f"DELETE FROM t WHERE {where}")
    assert found == Delete(relation=T, where=Expression(where))


# --- unknown pieces ---

HOLES: list[tuple[str, list[Operation]]] = [
    ("ALTER TABLE «t» ALTER COLUMN c SET NOT NULL", [SetNotNull(relation=UNKNOWN, column="c")]),
    (
        'ALTER TABLE "«schema»"."t" DROP COLUMN "a_«x»"',
        [DropColumn(relation=Relation("t", "…"), column=None)],
    ),
    ("ALTER TABLE t DROP CONSTRAINT t_«x»_fkey", [DropConstraint(relation=T, name=None)]),
    ("ALTER TABLE «t» VALIDATE CONSTRAINT «t»_fk", [ValidateConstraint(relation=UNKNOWN, name=None)]),
    ("ALTER TABLE t RENAME «a» TO «b»", [RenameColumn(relation=T, column=None, to=None)]),
    (
        "ALTER TABLE t ALTER a TYPE «type» USING a::«type»",
        [AlterColumnType(relation=T, column="a", type=DataType(None), using=Expression(None))],
    ),
    (
        "ALTER TABLE t ALTER a SET DEFAULT '«x»'",
        [SetDefault(relation=T, column="a", default=Expression(None, literal=True))],
    ),
    (
        "ALTER TABLE t ALTER a SET DEFAULT «x»",
        [SetDefault(relation=T, column="a", default=Expression(None))],
    ),
    (
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a IN («list»)) NOT VALID",
        [
            AddConstraint(
                relation=T,
                constraint=ConstraintDefinition(
                    kind="check", name="c", expression=Expression(None), validated=False, complete=False
                ),
            )
        ],
    ),
    (
        "ALTER TABLE «t» ADD PRIMARY KEY (id)",
        [
            AddConstraint(
                relation=UNKNOWN,
                constraint=ConstraintDefinition(kind="primary key", name=None, columns=("id",)),
            )
        ],
    ),
    ("DROP TABLE IF EXISTS «t», a_«t»", [DropTable(relation=UNKNOWN, if_exists=True)] * 2),
    ("CREATE TYPE t AS ENUM ('a', '«b»')", [CreateEnum(name=T, values=("a",), complete=False)]),
    (
        "CREATE VIEW v AS SELECT * FROM «t» WHERE x > «n»",
        [
            CreateView(
                name=Relation("v"),
                reads=(UNKNOWN,),
                columns_read=frozenset({"x"}),
                reads_every_column=True,
                definition=Expression(None),
            )
        ],
    ),
    ("INSERT INTO t (a) VALUES (1), («x»)", [Insert(relation=T, columns=("a",), rows=2)]),
    ("DELETE FROM t WHERE id = «id»", [Delete(relation=T, bounded=True, where=Expression(None))]),
    ("SELECT * FROM t LIMIT «n»", [Select(reads=(T,))]),
    # What would be the whole WHERE: the grammar takes it for an alias, or takes nothing at all.
    ("DELETE FROM t «where»", [Delete(relation=T, restricted=None)]),
    ("UPDATE t SET a = 1 «where»", [Update(relation=T, columns=("a",), restricted=None)]),
    ("DELETE FROM t WHERE «x»", [Delete(relation=T, where=Expression(None))]),
    (
        "SET LOCAL lock_timeout TO '«x»ms'",
        [SetParameter(name="lock_timeout", value=None, local=True, known=False)],
    ),
    # A clause that nobody knows may change what the statement does.
    (
        "CREATE INDEX i ON t (a) «more»",
        [OpaqueSQL(reason="dynamic", keywords="CREATE INDEX", relations=(T,))],
    ),
    (
        "CREATE «unique» INDEX i ON t (a)",
        [OpaqueSQL(reason="dynamic", keywords="CREATE", relations=(T,))],
    ),
    ("SET «name» TO 1", [OpaqueSQL(reason="dynamic", keywords="SET")]),
    ("ALTER TABLE t «clause»", [OpaqueSQL(reason="dynamic", keywords="ALTER TABLE")]),
    ("«all»", [OpaqueSQL(reason="dynamic")]),
    ("«all»«of it»", [OpaqueSQL(reason="dynamic")]),
    # Wrong whatever is in the hole, but who knows.
    ("ALTER TABLE «t» ADD COLUM x int", [OpaqueSQL(reason="dynamic", keywords="ALTER TABLE")]),
]


@pytest.mark.parametrize(("source", "expected"), HOLES, ids=[row[0] for row in HOLES])
def test_unknown_pieces(source: str, expected: list[Operation]) -> None:
    found = operations(source)
    assert found == expected
    statements = read(source)
    assert "".join(statement.sql for statement in statements) == sql_text(source).display()
    assert [at(source, statement.span) for statement in statements] == [source]
    assert all(statement.error is None for statement in statements)


def test_columns_of_an_index_that_are_not_known() -> None:
    assert only("CREATE INDEX ON t (a, «b», lower(«c»))") == CreateIndex(
        relation=T,
        name=None,
        elements=(IndexElement("a"), IndexElement(expression=Expression(None))),
        complete=False,
    )


def test_a_table_whose_column_has_no_known_name() -> None:
    table = only("CREATE TABLE t (a int, «b» text)")
    assert isinstance(table, CreateTable)
    assert [column.name for column in table.columns] == ["a", None]
    assert not table.complete


def test_the_spans_of_unknown_names() -> None:
    source = "ALTER TABLE «table» DROP COLUMN old_«name»_x"
    found = only(source)
    assert spans(source, found) == {
        "span": "DROP COLUMN old_«name»_x",
        "relation_span": "«table»",
        "column_span": "old_«name»_x",
    }


# --- the way back to the source ---


def _pieces(*parts: tuple[str | None, str]) -> tuple[Text, str]:
    """A text of `(contribution, source)`; a source that equals its contribution is verbatim."""
    pieces = []
    source = ""
    for text, written in parts:
        start = len(source.encode())
        source += written
        span = Span(start, len(source.encode()))
        pieces.append(Piece(text, span, text == written))
    return Text(tuple(pieces), Span(0, len(source.encode()))), source


def test_spans_through_indentation_escapes_and_interpolation() -> None:
    text, source = _pieces(
        ("-- ü\nALTER TABLE ", "-- ü\nALTER TABLE "),
        ('"', '\\"'),
        ("pöst", "pöst"),
        ("s", '#{"s"}'),
        ('"', '\\"'),
        ("\n", "\n    "),
        ("ALTER a SET NOT NULL, DROP ", "ALTER a SET NOT NULL, DROP "),
        (None, "#{column}"),
        (",\n", ",\n    "),
        ("ADD é int DEFAULT ", "ADD é int DEFAULT "),
        ("'\t'", "'\\t'"),
    )
    (statement,) = read_sql(text)
    assert at(source, statement.span) == source[len("-- ü\n") :]
    first, second, third = statement.operations
    assert spans(source, first) == {
        "span": "SET NOT NULL",
        "relation_span": '\\"pöst#{"s"}\\"',
        "column_span": "a",
    }
    assert isinstance(first, SetNotNull) and first.relation == Relation("pösts")
    assert spans(source, second)["span"] == "DROP #{column}"
    assert spans(source, second)["column_span"] == "#{column}"
    assert isinstance(third, AddColumn)
    assert spans(source, third)["span"] == "ADD é int DEFAULT '\\t'"
    assert spans(source, third.column)["default.span"] == "'\\t'"
    assert third.column.default == Expression("'\t'", literal=True)


CLAUSES = ["SET NOT NULL", "DROP DEFAULT", "SET DEFAULT 'é, ü'", 'TYPE text COLLATE "C"', "DROP NOT NULL"]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_clauses_are_found_however_the_text_is_cut(data: st.DataObject) -> None:
    clauses = data.draw(st.lists(st.sampled_from(CLAUSES), min_size=1, max_size=4))
    sql = "ALTER TABLE é " + ", ".join(f'ALTER "ö{i}" {clause}' for i, clause in enumerate(clauses))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sql) - 1), max_size=5)))
    pieces = []
    source = ""
    for start, end in zip([0, *cuts], [*cuts, len(sql)], strict=True):
        # What Elixir drops between two pieces: the indentation of a heredoc, or an escaped line end.
        source += data.draw(st.sampled_from(["", "    ", "\\\n  "]))
        at_byte = len(source.encode())
        source += sql[start:end]
        pieces.append(Piece(sql[start:end], Span(at_byte, len(source.encode())), True))
    (statement,) = read_sql(Text(tuple(pieces), Span(0, len(source.encode()))))
    assert statement.sql == sql
    for clause, operation in zip(clauses, statement.operations, strict=True):
        written = at(source, operation.span)
        assert written.replace("\\\n  ", "").replace("    ", "") == clause


# --- robustness ---

WORDS = r"""
ALTER TABLE ONLY IF EXISTS t s . , ( ) ADD COLUMN DROP CONSTRAINT CHECK NOT NULL VALID DEFAULT 1 'x' $$
CREATE UNIQUE INDEX CONCURRENTLY ON UPDATE SET = WHERE id IN SELECT FROM WITH AS DELETE INSERT INTO
VALUES TYPE USING int varchar [ ] :: " -- /* */ ; « » é PRIMARY KEY REFERENCES PARTITION OF FOR
""".split()  # noqa: SIM905


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_no_words_raise(source: str) -> None:
    _checked(plain_text(source))


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_no_text_raises(source: str) -> None:
    _checked(plain_text(source))


STATEMENTS = [
    "ALTER TABLE ONLY s.t ADD COLUMN a varchar(3) DEFAULT 'x' CHECK (a > 'b'), ALTER b SET NOT NULL",
    "CREATE TABLE t (id serial PRIMARY KEY, b int REFERENCES o (x), UNIQUE (id, b)) PARTITION BY LIST (b)",
    "CREATE UNIQUE INDEX CONCURRENTLY i ON s.t (a, lower(b) DESC) INCLUDE (c) WHERE d IS NULL",
    "WITH x AS (DELETE FROM a WHERE id = 1 RETURNING *) INSERT INTO t (a) SELECT y FROM x",
    "UPDATE t SET a = NULL, b = 'x' FROM o WHERE t.id BETWEEN 1 AND 5",
    "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'select 1' SET search_path = x",
    "ALTER TYPE m ADD VALUE IF NOT EXISTS 'x' AFTER 'y'",
    "GRANT SELECT ON TABLE a, s.b TO r",
    "COMMENT ON COLUMN s.t.a IS 'x'",
    "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (1) TO (2)",
    "CREATE POLICY p ON t USING (a = 1) WITH CHECK (b)",
    "SELECT setval('s', 1), f(x) FROM t FOR UPDATE",
    "DROP FUNCTION IF EXISTS f(int), s.g CASCADE",
    "SET LOCAL lock_timeout = '5s'",
    "CREATE TRIGGER t BEFORE UPDATE OF a ON s.t FOR EACH ROW EXECUTE FUNCTION f()",
    "LOCK TABLE a, b IN SHARE MODE",
    "MERGE INTO t USING a ON t.id = a.id WHEN MATCHED THEN UPDATE SET b = 1",
]


@settings(deadline=None, max_examples=250)
@given(st.sampled_from(STATEMENTS), st.data())
def test_holes_anywhere_never_show_through(statement: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(statement)))
    last = data.draw(st.integers(first, min(len(statement), first + 12)))
    source = statement[:first] + "«hole»" + statement[last:]
    found = _checked(sql_text(source), source)
    assert "ecto_migrations_hole" not in repr(found)
    assert "730091347" not in repr(found)


def _checked(text: Text, source: str | None = None) -> object:
    found = read_sql(text)
    for statement in found:
        assert statement.operations
        assert isinstance(statement.sql, str)
        for operation in statement.operations:
            span = operation.span
            assert text.span.start <= span.start <= span.end <= text.span.end
            if source is not None:
                at(source, span)  # cuts no character in two
    return found


def test_a_program_without_sql_never_loads_the_grammar() -> None:
    code = (
        "import sys; from ecto_migrations_analysis.sql import reader, expressions;"
        "from ecto_migrations_analysis.program.terms import plain_text;"
        "assert reader.read_sql(plain_text('  ')) == ();"
        "assert expressions.volatility('now()') == 'stable';"
        "assert 'pglast' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
