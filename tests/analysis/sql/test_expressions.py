"""Questions about expressions: the two ways to answer them, and the server's own answers."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.operations import Expression, Relation
from ecto_migrations_analysis.sql import expressions
from ecto_migrations_analysis.sql.expressions import (
    columns_of,
    is_built_in,
    is_not_null_check,
    parsed_columns,
    parsed_not_null,
    parsed_volatility,
    quick_columns,
    quick_volatility,
    string_literals,
    volatility,
)
from ecto_migrations_analysis.sql.volatility import table
from ecto_migrations_analysis.sql.words import NO_COLUMNS
from hypothesis import given, settings
from hypothesis import strategies as st
from support.postgres import Database
from support.volatility import LEVELS, volatilities

VOLATILITIES = [
    ("1", "constant"),
    ("-1.5", "constant"),
    ("'x'", "constant"),
    ("'it''s'", "constant"),
    ("'x'::citext", "constant"),
    ("'{}'::text[]", "constant"),
    ("'now'::timestamp", "constant"),
    ("E'a\\n'", "constant"),
    ("NULL::text", "constant"),
    ("true", "constant"),
    ("date '2020-01-01'", "constant"),
    ("interval '1 day'", "constant"),
    ("ROW(1, 2)", "constant"),
    ("ARRAY[1, 2]", "constant"),
    ("lower('A')", "immutable"),
    ("a + 1", "immutable"),
    ("coalesce(a, 0)", "immutable"),
    ("a", "immutable"),
    ("CASE WHEN a IS NULL THEN 1 ELSE 2 END", "immutable"),
    ("now()", "stable"),
    ("pg_catalog.now()", "stable"),
    ("CURRENT_TIMESTAMP", "stable"),
    ("current_timestamp(3)", "stable"),
    ("LOCALTIME", "stable"),
    ("current_user", "stable"),
    ("now() AT TIME ZONE 'utc'", "stable"),
    ("(now() at time zone 'utc')", "stable"),
    ("timezone('utc'::text, now())", "stable"),
    ("now() + interval '1 day'", "stable"),
    ("statement_timestamp()", "stable"),
    ("to_char(now(), 'YYYY')", "stable"),
    ("1::bigint", "stable"),
    ("ARRAY[]::text[]", "constant"),
    ("ARRAY['a', lower('B')]::text[]", "stable"),
    ("gen_random_uuid()", "volatile"),
    ("uuidv7()", "volatile"),
    ("uuid_generate_v4()", "volatile"),
    ("public.uuid_generate_v4()", "volatile"),
    ("extensions.uuid_generate_v4()", "volatile"),
    ("random()", "volatile"),
    ("clock_timestamp()", "volatile"),
    ("timeofday()", "volatile"),
    ("nextval('posts_id_seq')", "volatile"),
    ("nextval('posts_id_seq'::regclass)", "volatile"),
    ("md5(random()::text)", "volatile"),
    ("encode(gen_random_bytes(16), 'hex')", "volatile"),
    ("CASE WHEN a THEN now() ELSE clock_timestamp() END", "volatile"),
    ("unknown_function(random())", "volatile"),
    ("my_function()", "unknown"),
    ("app.now()", "unknown"),
    ("pg_catalog.my_function()", "unknown"),
    ("(SELECT 1)", "unknown"),
    ("a::mood", "unknown"),
    ("a OPERATOR(app.+) b", "unknown"),
    ("1 AS x", "unknown"),
    ("1, 2", "unknown"),
    ("1; DROP TABLE t", "unknown"),
    ("1 FROM t", "unknown"),
    ("not sql at all", "unknown"),
    ("", "unknown"),
]


@pytest.mark.parametrize(("sql", "expected"), VOLATILITIES)
def test_volatility(sql: str, expected: str) -> None:
    assert volatility(sql) == expected
    assert parsed_volatility(sql) == expected
    assert volatility(Expression(sql)) == expected


def test_volatility_of_what_is_not_known() -> None:
    assert volatility(Expression(None)) == "unknown"
    assert volatility(Expression(None, literal=True)) == "constant"
    assert volatility("f(" * 400 + ")" * 400) == "unknown"


def test_functions_of_the_project() -> None:
    functions = {Relation("f"): "stable", Relation("g", "app"): "VOLATILE", Relation("lower"): "volatile"}
    assert volatility("f()", functions) == "stable"
    assert volatility("public.f()", functions) == "stable"
    assert volatility("app.f()", functions) == "unknown"
    assert volatility("app.g(1 + 1)", functions) == "volatile"
    # An overload of a built-in name, perhaps the one that is called.
    assert volatility("lower(a)", functions) == "volatile"
    assert volatility("pg_catalog.lower(a)", functions) == "immutable"


def test_built_in_functions() -> None:
    assert is_built_in("setval") and is_built_in("pg_advisory_lock")
    assert not is_built_in("uuid_generate_v4") and not is_built_in("create_hypertable")


QUICK_CALLS = st.sampled_from(
    [
        "now",
        "NOW",
        "gen_random_uuid",
        "nextval",
        "uuid_generate_v4",
        "foo",
        "lower",
        "coalesce",
        "user",
        "Row",
    ]
)
LITERALS = st.sampled_from(["", "'a'", "'it''s'", "'a'::regclass", "'a'::text", "' '"])


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(
        st.builds("{}({})".format, QUICK_CALLS, LITERALS),
        st.builds("{}.{}({})".format, st.sampled_from(["public", "app", "table"]), QUICK_CALLS, LITERALS),
        st.builds("{} ".format, st.sampled_from([row[0] for row in VOLATILITIES])),
        st.builds(
            " {}::{}".format, st.sampled_from(["'x'", "'1'"]), st.sampled_from(["int", "foo", "text[]"])
        ),
        st.integers(-1000, 1000).map(str),
        st.sampled_from(["Current_Date", "LocalTimestamp", "TRUE", "Null", "now ( )", "1.", ".5", "1e5"]),
    )
)
def test_the_quick_volatility_is_the_parsed_one(sql: str) -> None:
    quick = quick_volatility(sql)
    assert quick is None or quick == parsed_volatility(sql)


@pytest.mark.parametrize(
    "sql",
    ["now()", "CURRENT_TIMESTAMP", "'draft'", "0", "true", "gen_random_uuid()", "'{}'::jsonb", "'x'::citext"],
)
def test_the_commonest_defaults_need_no_grammar(sql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = parsed_volatility(sql)
    monkeypatch.setattr(expressions, "parsed_volatility", None)
    assert volatility(sql) == expected


COLUMNS = [
    ("status IS NOT NULL", {"status"}),
    ('"Status" is not null', {"Status"}),
    ("Price >= 0", {"price"}),
    ("status = 'draft'", {"status"}),
    ("a > b AND lower(c) <> 'x'", {"a", "b", "c"}),
    ("posts.a = 1", {"a"}),
    ("num_nonnulls(a, b) = 1", {"a", "b"}),
    ("(address).city = 'x'", {"address"}),
    ("true", set()),
    ("current_date > '2020-01-01'", set()),
    ("a IN (SELECT 1)", None),
    ("posts.* IS NOT NULL", None),
    ("order = 1", None),
    ("a >", None),
    ("", None),
]


@pytest.mark.parametrize(("sql", "expected"), COLUMNS)
def test_columns(sql: str, expected: set[str] | None) -> None:
    assert columns_of(sql) == expected
    assert parsed_columns(sql) == expected


def test_columns_of_what_is_not_known() -> None:
    assert columns_of(Expression(None)) is None


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(
        ["a", "A_1", '"A b"', "user", "order", "current_date", "left", "row", "value", "é", '"a""b"']
    ),
    st.sampled_from(["=", ">=", "<>", "!=", " < ", "=>", "~"]),
    st.sampled_from(["1", "-1.5", "'x'", "'it''s'", "b", "null"]),
)
def test_the_quick_columns_are_the_parsed_ones(column: str, operator: str, value: str) -> None:
    for sql in (f"{column}{operator}{value}", f" {column} is Not NULL ", f"{column} IS NULL"):
        quick = quick_columns(sql)
        assert quick is None or quick == parsed_columns(sql)
        assert is_not_null_check(sql) == parsed_not_null(sql)


def test_the_words_are_those_of_the_grammar() -> None:
    from pglast.keywords import COL_NAME_KEYWORDS, RESERVED_KEYWORDS, TYPE_FUNC_NAME_KEYWORDS

    assert NO_COLUMNS == COL_NAME_KEYWORDS | RESERVED_KEYWORDS | TYPE_FUNC_NAME_KEYWORDS


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE t ALTER a SET DEFAULT 'x'", {"x"}),
        ("INSERT INTO t VALUES ('it''s', $$y$$, 1)", {"it's", "y"}),
        ("status IN ('a', 'b'::mood)", {"a", "b"}),
        ("a > 1", set()),
        ("'", None),
    ],
)
def test_string_literals(sql: str, expected: set[str] | None) -> None:
    assert string_literals(sql) == expected


# --- against the server ---


def test_the_table_of_volatilities_is_the_server_s(database: Database) -> None:
    found = volatilities(database)
    for section, names in found.items():
        assert names
        known = table(section)
        assert {name: LEVELS[level] for name, level in names.items()} == {
            name: known.get(name) for name in names
        }


DEFAULTS = [
    ("timestamptz", "now()"),
    ("timestamptz", "CURRENT_TIMESTAMP"),
    ("timestamp", "(now() at time zone 'utc')"),
    ("timestamp", "timezone('utc', now())"),
    ("timestamptz", "clock_timestamp()"),
    ("timestamptz", "now() + interval '1 day'"),
    ("date", "CURRENT_DATE"),
    ("uuid", "gen_random_uuid()"),
    ("uuid", "uuidv7()"),
    ("double precision", "random()"),
    ("text", "md5(random()::text)"),
    ("text", "'draft'"),
    ("text", "'a' || 'b'"),
    ("text", "current_user"),
    ("text", "to_char(now(), 'YYYY')"),
    ("text", "timeofday()"),
    ("text", "concat('a', 'b')"),
    ("text[]", "'{}'"),
    ("text[]", "ARRAY[]::text[]"),
    ("jsonb", "'{}'::jsonb"),
    ("jsonb", "jsonb_build_object('a', 1)"),
    ("bigint", "nextval('s')"),
    ("bigint", "nextval('s'::regclass)"),
    ("bigint", "1 + 2 * 3"),
    ("bigint", "txid_current()"),
    ("bigint", "pg_backend_pid()"),
    ("inet", "inet_client_addr()"),
    ("mood", "'ok'"),
    ("mood", "'ok'::mood"),
]


def test_a_volatile_default_rewrites_and_no_other(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE SEQUENCE s")
        connection.execute("CREATE TYPE mood AS ENUM ('ok')")
        connection.execute("CREATE TABLE t (id int)")
        connection.execute("INSERT INTO t SELECT generate_series(1, 10)")
        for number, (kind, default) in enumerate(DEFAULTS):
            before = connection.execute("SELECT pg_relation_filenode('t')").fetchone()
            connection.execute(f"ALTER TABLE t ADD COLUMN c{number} {kind} DEFAULT {default}")
            after = connection.execute("SELECT pg_relation_filenode('t')").fetchone()
            assert (volatility(default) == "volatile") == (before != after), default


CHECKS = [
    "c IS NOT NULL",
    "c NOTNULL",
    "(c IS NOT NULL)",
    "t.c IS NOT NULL",
    "NOT (c IS NULL)",
    "NOT c ISNULL",
    "NOT NOT c IS NOT NULL",
    "c IS DISTINCT FROM NULL",
    "NULL IS DISTINCT FROM c",
    "NOT (c IS NOT DISTINCT FROM NULL)",
    "c IS NOT DISTINCT FROM NULL",
    "c IS NOT NULL AND d > 0",
    "d > 0 AND (e AND c IS NOT NULL)",
    "c IS NOT NULL AND d IS NOT NULL",
    "c IS NOT NULL OR d > 0",
    "c IS NOT NULL OR c IS NOT NULL",
    "(c IS NOT NULL AND d > 0) OR (c IS NOT NULL AND d < 0)",
    "(c IS NOT NULL AND d > 0) OR (d < 0 AND e)",
    "NOT (c IS NULL OR d IS NULL)",
    "NOT (c IS NULL AND d IS NULL)",
    "NOT (c IS NULL OR d > 0)",
    "(c IS NOT NULL) = true",
    "true = (c IS NOT NULL)",
    "(c IS NULL) = false",
    "(c IS NULL) <> true",
    "(c IS NOT NULL) <> false",
    "(c IS NOT NULL) = false",
    "(c IS NOT NULL) IS TRUE",
    "(c IS NULL) IS FALSE",
    "c IS NOT NULL OR false",
    "c IS NOT NULL OR true",
    "c IS NOT NULL AND true",
    "c IS NOT NULL OR NULL",
    "false OR c IS NOT NULL",
    "c > 0",
    "c = c",
    "c <> 0 AND c > 0",
    "num_nonnulls(c) = 1",
    "num_nulls(c) = 0",
    "coalesce(c, 0) <> 0",
    "c IN (1, 2)",
    "CASE WHEN c IS NULL THEN false ELSE true END",
    "(c + 0) IS NOT NULL",
    "c::bigint IS NOT NULL",
    "(c, d) IS NOT NULL",
    "ROW(c) IS NOT NULL",
    "(c, 1) IS NOT NULL",
    "NOT ((c, d) IS NULL)",
    "NOT (ROW(c) IS NULL)",
    "NOT ((c, 1) IS NULL)",
    "NOT ((c, d) IS NOT NULL)",
    "(c, d) IS NULL OR c IS NOT NULL",
    "d IS NOT NULL",
    "true",
]


def test_which_checks_prove_not_null(database: Database) -> None:
    sufficient = 'existing constraints on column "t.c" are sufficient'
    with database.connect() as connection:
        messages: list[str] = []
        connection.add_notice_handler(lambda diagnostic: messages.append(diagnostic.message_primary or ""))
        connection.execute("SET client_min_messages = debug1")
        for check in CHECKS:
            connection.execute("CREATE TABLE t (c int, d int, e boolean)")
            connection.execute(f"ALTER TABLE t ADD CHECK ({check})")
            messages.clear()
            connection.execute("ALTER TABLE t ALTER c SET NOT NULL")
            proven = any(message.startswith(sufficient) for message in messages)
            connection.execute("DROP TABLE t")
            found = is_not_null_check(check)
            assert ("c" in found) == proven, check
            assert found == parsed_not_null(check)


def test_a_cast_to_the_column_s_own_type_is_too_much_to_know() -> None:
    # The server drops the cast and takes the proof; the type of the column is not known here.
    assert is_not_null_check("c::int IS NOT NULL") == frozenset()


def test_the_columns_of_a_check_are_the_server_s(database: Database) -> None:
    checks = [sql for sql, columns in COLUMNS if columns is not None and "." not in sql and "(" not in sql]
    checks += ["num_nonnulls(a, b) = 1", "posts.a = 1", "a > b AND lower(c) <> 'x'"]
    with database.connect() as connection:
        connection.execute('CREATE TABLE posts (status text, "Status" text, price int, a int, b int, c text)')
        for number, check in enumerate(checks):
            connection.execute(f"ALTER TABLE posts ADD CONSTRAINT c{number} CHECK ({check})")
            rows = connection.execute(
                "SELECT a.attname FROM pg_constraint c JOIN pg_attribute a"
                " ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey) WHERE c.conname = %s",
                [f"c{number}"],
            ).fetchall()
            assert columns_of(check) == {name for (name,) in rows}, check
