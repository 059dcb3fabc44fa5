"""Types, views, triggers, functions and everything else that has a name."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.operations import (
    AddEnumValue,
    AlterDomain,
    Comment,
    CreateDomain,
    CreateEnum,
    CreateFunction,
    CreateObject,
    CreatePolicy,
    CreateTrigger,
    CreateView,
    DataType,
    DropObject,
    DropView,
    Expression,
    OpaqueSQL,
    Operation,
    Relation,
    RenameEnumValue,
    RenameObject,
)
from support.sql_text import only, operations, spans

MOOD = Relation("mood")
POSTS = Relation("posts")

CASES: list[tuple[str, Operation]] = [
    ("CREATE TYPE mood AS ENUM ('ok', 'bad')", CreateEnum(name=MOOD, values=("ok", "bad"))),
    ("ALTER TYPE s.mood ADD VALUE 'new'", AddEnumValue(name=Relation("mood", "s"), value="new")),
    (
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'new' BEFORE 'ok'",
        AddEnumValue(name=MOOD, value="new", if_not_exists=True, position=("before", "ok")),
    ),
    (
        "ALTER TYPE mood ADD VALUE 'new' AFTER 'ok'",
        AddEnumValue(name=MOOD, value="new", position=("after", "ok")),
    ),
    (
        "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
        RenameEnumValue(name=MOOD, value="ok", to="fine"),
    ),
    ("CREATE TYPE pair AS (a int, b text)", CreateObject(kind="type", name=Relation("pair"))),
    ("CREATE TYPE r AS RANGE (SUBTYPE = int)", CreateObject(kind="type", name=Relation("r"))),
    ("CREATE TYPE shell", CreateObject(kind="type", name=Relation("shell"))),
    (
        "ALTER TYPE pair ADD ATTRIBUTE c int",
        RenameObject(kind="type", name=Relation("pair"), clause="add attribute"),
    ),
    (
        "ALTER TYPE pair RENAME ATTRIBUTE a TO z",
        RenameObject(kind="type", name=Relation("pair"), clause="rename attribute", to="z"),
    ),
    ("ALTER TYPE mood RENAME TO m", RenameObject(kind="type", name=MOOD, clause="rename to", to="m")),
    ("CREATE DOMAIN d AS citext", CreateDomain(name=Relation("d"), type=DataType("citext"))),
    (
        "CREATE DOMAIN s.d AS text CHECK (VALUE <> '')",
        CreateDomain(
            name=Relation("d", "s"),
            type=DataType("text"),
            constrained=True,
            checks=(Expression("VALUE <> ''"),),
        ),
    ),
    (
        "CREATE DOMAIN d AS int NOT NULL",
        CreateDomain(
            name=Relation("d"), type=DataType("integer"), constrained=True, not_null=True, checks=()
        ),
    ),
    (
        "CREATE DOMAIN d AS int DEFAULT 1 CONSTRAINT a CHECK (VALUE > (0)) CHECK (value < 9)",
        CreateDomain(
            name=Relation("d"),
            type=DataType("integer"),
            constrained=True,
            checks=(Expression("VALUE > (0)"), Expression("value < 9")),
        ),
    ),
    (
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 1) NOT VALID",
        AlterDomain(name=Relation("d"), clause="add constraint", validated=False),
    ),
    ("ALTER DOMAIN d SET NOT NULL", AlterDomain(name=Relation("d"), clause="set not null")),
    ("ALTER DOMAIN d DROP NOT NULL", AlterDomain(name=Relation("d"), clause="drop not null")),
    ("ALTER DOMAIN d SET DEFAULT 1", AlterDomain(name=Relation("d"), clause="set default")),
    ("ALTER DOMAIN d DROP DEFAULT", AlterDomain(name=Relation("d"), clause="drop default")),
    ("ALTER DOMAIN d DROP CONSTRAINT c", AlterDomain(name=Relation("d"), clause="drop constraint")),
    ("ALTER DOMAIN d VALIDATE CONSTRAINT c", AlterDomain(name=Relation("d"), clause="validate constraint")),
    (
        "CREATE OR REPLACE VIEW v AS SELECT p.title, count(*) FROM posts p JOIN s.authors a ON a.id = p.aid",
        CreateView(
            name=Relation("v"),
            replace=True,
            reads=(POSTS, Relation("authors", "s")),
            columns_read=frozenset({"title", "id", "aid"}),
            definition=Expression(
                "CREATE OR REPLACE VIEW v AS SELECT p.title, count(*) FROM posts p"
                " JOIN s.authors a ON a.id = p.aid"
            ),
        ),
    ),
    (
        "CREATE VIEW v AS WITH posts AS (SELECT * FROM posts) SELECT a FROM posts",
        CreateView(
            name=Relation("v"),
            reads=(POSTS,),
            columns_read=frozenset({"a"}),
            reads_every_column=True,
            definition=Expression("CREATE VIEW v AS WITH posts AS (SELECT * FROM posts) SELECT a FROM posts"),
        ),
    ),
    (
        "CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT a FROM posts WITH NO DATA",
        CreateView(
            name=Relation("v"),
            materialized=True,
            with_data=False,
            if_not_exists=True,
            reads=(POSTS,),
            columns_read=frozenset({"a"}),
            definition=Expression(
                "CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT a FROM posts WITH NO DATA"
            ),
        ),
    ),
    ("DROP VIEW IF EXISTS s.v CASCADE", DropView(name=Relation("v", "s"), if_exists=True, cascade=True)),
    ("DROP MATERIALIZED VIEW v", DropView(name=Relation("v"), materialized=True)),
    (
        "ALTER VIEW v ALTER COLUMN a SET DEFAULT 1",
        RenameObject(kind="view", name=Relation("v"), clause="set default"),
    ),
    (
        "ALTER MATERIALIZED VIEW v RENAME TO w",
        RenameObject(kind="materialized view", name=Relation("v"), clause="rename to", to="w"),
    ),
    (
        "CREATE OR REPLACE TRIGGER t BEFORE INSERT OR UPDATE OF a, b ON s.posts"
        " FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION f.g()",
        CreateTrigger(
            name="t",
            relation=Relation("posts", "s"),
            replace=True,
            update_of=("a", "b"),
            function=Relation("g", "f"),
            events=("insert", "update"),
        ),
    ),
    (
        "CREATE CONSTRAINT TRIGGER t AFTER DELETE ON posts FROM authors DEFERRABLE"
        " FOR EACH ROW EXECUTE PROCEDURE g()",
        CreateTrigger(
            name="t",
            relation=POSTS,
            constraint_from=Relation("authors"),
            function=Relation("g"),
            events=("delete",),
        ),
    ),
    (
        "DROP TRIGGER IF EXISTS t ON s.posts",
        DropObject(kind="trigger", name=Relation("t"), relation=Relation("posts", "s"), if_exists=True),
    ),
    (
        "ALTER TRIGGER t ON posts RENAME TO u",
        RenameObject(kind="trigger", name=Relation("t"), relation=POSTS, clause="rename to", to="u"),
    ),
    (
        "CREATE POLICY p ON posts USING (owner = current_user) WITH CHECK (a > (1))",
        CreatePolicy(
            name="p",
            relation=POSTS,
            expressions=(Expression("owner = current_user"), Expression("a > (1)")),
        ),
    ),
    (
        "ALTER POLICY p ON posts USING (true)",
        RenameObject(kind="policy", name=Relation("p"), relation=POSTS, clause="alter"),
    ),
    ("DROP POLICY p ON posts", DropObject(kind="policy", name=Relation("p"), relation=POSTS)),
    (
        "CREATE OR REPLACE FUNCTION app.f(a int DEFAULT 1) RETURNS int LANGUAGE SQL IMMUTABLE"
        " SET search_path = app AS 'SELECT ''x''::int'",
        CreateFunction(
            name=Relation("f", "app"),
            language="sql",
            volatility="immutable",
            replace=True,
            has_search_path=True,
            body=Expression("SELECT 'x'::int"),
        ),
    ),
    (
        "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql STABLE",
        CreateFunction(name=Relation("f"), language="plpgsql", volatility="stable"),
    ),
    (
        "CREATE FUNCTION f() RETURNS int RETURN 1 + 1",
        CreateFunction(name=Relation("f"), language="sql", body=Expression("RETURN 1 + 1")),
    ),
    (
        "CREATE PROCEDURE p() BEGIN ATOMIC DELETE FROM posts; END",
        CreateFunction(
            name=Relation("p"),
            language="sql",
            procedure=True,
            body=Expression("BEGIN ATOMIC DELETE FROM posts; END"),
        ),
    ),
    (
        "DROP FUNCTION IF EXISTS app.f(int, text)",
        DropObject(kind="function", name=Relation("f", "app"), if_exists=True),
    ),
    ("DROP PROCEDURE p", DropObject(kind="procedure", name=Relation("p"))),
    (
        "ALTER FUNCTION f(int) RENAME TO g",
        RenameObject(kind="function", name=Relation("f"), clause="rename to", to="g"),
    ),
    ("ALTER FUNCTION f(int) IMMUTABLE", RenameObject(kind="function", name=Relation("f"), clause="alter")),
    (
        "CREATE EXTENSION IF NOT EXISTS citext",
        CreateObject(kind="extension", name=Relation("citext"), if_not_exists=True),
    ),
    (
        'DROP EXTENSION "uuid-ossp" CASCADE',
        DropObject(kind="extension", name=Relation("uuid-ossp"), cascade=True),
    ),
    ("ALTER EXTENSION e UPDATE TO '2'", RenameObject(kind="extension", name=Relation("e"), clause="update")),
    ("ALTER EXTENSION e ADD TABLE t", RenameObject(kind="extension", name=Relation("e"), clause="add")),
    ("CREATE SCHEMA IF NOT EXISTS s", CreateObject(kind="schema", name=Relation("s"), if_not_exists=True)),
    ("CREATE SCHEMA AUTHORIZATION r", CreateObject(kind="schema", name=Relation("r"))),
    (
        "ALTER SCHEMA s RENAME TO z",
        RenameObject(kind="schema", name=Relation("s"), clause="rename to", to="z"),
    ),
    ("DROP SCHEMA s CASCADE", DropObject(kind="schema", name=Relation("s"), cascade=True)),
    (
        "CREATE SEQUENCE IF NOT EXISTS s OWNED BY app.posts.id",
        CreateObject(
            kind="sequence", name=Relation("s"), relation=Relation("posts", "app"), if_not_exists=True
        ),
    ),
    (
        "ALTER SEQUENCE s AS bigint RESTART",
        RenameObject(kind="sequence", name=Relation("s"), clause="as restart"),
    ),
    (
        "ALTER SEQUENCE s OWNED BY posts.id",
        RenameObject(kind="sequence", name=Relation("s"), clause="owned by", relation=POSTS),
    ),
    (
        "ALTER SEQUENCE s RENAME TO t",
        RenameObject(kind="sequence", name=Relation("s"), clause="rename to", to="t"),
    ),
    (
        "ALTER SEQUENCE s OWNER TO me",
        RenameObject(kind="sequence", name=Relation("s"), clause="owner to", to="me"),
    ),
    (
        "CREATE STATISTICS IF NOT EXISTS st (mcv) ON a, b FROM s.posts",
        CreateObject(
            kind="statistics", name=Relation("st"), relation=Relation("posts", "s"), if_not_exists=True
        ),
    ),
    (
        "CREATE STATISTICS ON a, (b + 1) FROM posts",
        CreateObject(kind="statistics", name=Relation("posts_a_expr_stat"), relation=POSTS),
    ),
    (
        "ALTER STATISTICS st SET STATISTICS 5",
        RenameObject(kind="statistics", name=Relation("st"), clause="set statistics"),
    ),
    (
        "CREATE OR REPLACE RULE r AS ON INSERT TO posts DO INSTEAD INSERT INTO log SELECT * FROM x",
        CreateObject(
            kind="rule", name=Relation("r"), relation=POSTS, replace=True, relations=(Relation("x"),)
        ),
    ),
    (
        "CREATE PUBLICATION p FOR TABLE posts, s.a WHERE (id > 1)",
        CreateObject(kind="publication", name=Relation("p"), relations=(POSTS, Relation("a", "s"))),
    ),
    (
        "ALTER PUBLICATION p ADD TABLE posts",
        RenameObject(kind="publication", name=Relation("p"), clause="add", relations=(POSTS,)),
    ),
    ("CREATE ROLE r", CreateObject(kind="role", name=Relation("r"))),
    ("ALTER ROLE r SET lock_timeout = 5", RenameObject(kind="role", name=Relation("r"), clause="alter")),
    (
        "ALTER ROLE CURRENT_USER WITH REPLICATION",
        RenameObject(kind="role", name=Relation("current_user"), clause="alter"),
    ),
    ("ALTER ROLE ALL SET work_mem = 1", RenameObject(kind="role", name=Relation(None), clause="alter")),
    ("DROP ROLE IF EXISTS r", DropObject(kind="role", name=Relation("r"), if_exists=True)),
    ("GRANT SELECT ON posts TO r", RenameObject(kind="table", name=POSTS, clause="grant")),
    ("REVOKE ALL ON SCHEMA s FROM r", RenameObject(kind="schema", name=Relation("s"), clause="revoke")),
    (
        "GRANT SELECT ON ALL TABLES IN SCHEMA s TO r",
        RenameObject(kind="all tables in schema", name=Relation("s"), clause="grant"),
    ),
    ("GRANT a TO b", RenameObject(kind="role", name=Relation("a"), clause="grant")),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO r",
        RenameObject(kind="default privileges", name=Relation("s"), clause="grant"),
    ),
    ("CREATE DATABASE d", CreateObject(kind="database", name=Relation("d"))),
    ("DROP DATABASE IF EXISTS d", DropObject(kind="database", name=Relation("d"), if_exists=True)),
    (
        "ALTER DATABASE d SET TABLESPACE x",
        RenameObject(kind="database", name=Relation("d"), clause="set tablespace"),
    ),
    (
        "ALTER DATABASE d SET lock_timeout = 5",
        RenameObject(kind="database", name=Relation("d"), clause="alter"),
    ),
    (
        "ALTER SYSTEM SET work_mem = '1MB'",
        RenameObject(kind="system", name=Relation("work_mem"), clause="alter"),
    ),
    (
        "COMMENT ON TABLE s.posts IS 'x'",
        Comment(kind="table", name="posts", relation=Relation("posts", "s"), text="x"),
    ),
    ("COMMENT ON COLUMN posts.a IS NULL", Comment(kind="column", name="a", relation=POSTS)),
    (
        "COMMENT ON CONSTRAINT c ON posts IS 'x'",
        Comment(kind="constraint", name="c", relation=POSTS, text="x"),
    ),
    ("COMMENT ON INDEX i IS 'x'", Comment(kind="index", name="i", text="x")),
    ("COMMENT ON FUNCTION f(int) IS 'x'", Comment(kind="function", name="f", text="x")),
    ("COMMENT ON TYPE mood IS 'x'", Comment(kind="type", name="mood", text="x")),
    ("CREATE FOREIGN TABLE f (a int) SERVER s", CreateObject(kind="foreign table", name=Relation("f"))),
    ("CREATE SERVER s FOREIGN DATA WRAPPER w", CreateObject(kind="server", name=Relation("s"))),
    (
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
        CreateObject(kind="event trigger", name=Relation("e")),
    ),
    ("CREATE AGGREGATE a (int) (SFUNC = f, STYPE = int)", CreateObject(kind="aggregate", name=Relation("a"))),
    (
        "CREATE COLLATION IF NOT EXISTS c (LOCALE = 'C')",
        CreateObject(kind="collation", name=Relation("c"), if_not_exists=True),
    ),
    (
        "CREATE TEXT SEARCH CONFIGURATION c (COPY = simple)",
        CreateObject(kind="text search configuration", name=Relation("c")),
    ),
    ("CREATE CAST (a AS b) WITHOUT FUNCTION", CreateObject(kind="cast", name=Relation(None))),
    ("DROP CAST (a AS b)", DropObject(kind="cast", name=Relation(None))),
    (
        "DROP OWNED BY r",
        OpaqueSQL(reason="what this statement does is not known here", keywords="DROP OWNED"),
    ),
    ("DO $$ BEGIN DROP TABLE posts; END $$", OpaqueSQL(reason="a DO block is code", keywords="DO")),
    ("CALL app.p(1)", OpaqueSQL(reason="the procedure app.p is code", keywords="CALL")),
    (
        "EXECUTE q(1)",
        OpaqueSQL(reason="what the prepared statement does is not written here", keywords="EXECUTE"),
    ),
]


@pytest.mark.parametrize(("source", "expected"), CASES, ids=[row[0] for row in CASES])
def test_statement(source: str, expected: Operation) -> None:
    found = only(source)
    assert found == expected
    assert spans(source, found)["span"] == source


def test_drop_of_several_objects_marks_each() -> None:
    source = "DROP FUNCTION IF EXISTS f(int, text), s.g CASCADE"
    found = operations(source)
    assert found == [
        DropObject(kind="function", name=Relation("f"), if_exists=True, cascade=True),
        DropObject(kind="function", name=Relation("g", "s"), if_exists=True, cascade=True),
    ]
    assert [spans(source, operation)["span"] for operation in found] == ["f(int, text)", "s.g"]


def test_grant_on_several_tables() -> None:
    found = operations("GRANT SELECT ON posts, authors TO r")
    assert [operation.name for operation in found if isinstance(operation, RenameObject)] == [
        POSTS,
        Relation("authors"),
    ]
