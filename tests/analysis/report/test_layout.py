"""Statements in lines."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.report.layout import folded

SHORT = 'ALTER TABLE "posts" ADD COLUMN "a" integer, ADD COLUMN "b" integer'
LONG_NAME = "x" * 90


@pytest.mark.parametrize(
    "sql",
    [
        SHORT,
        f"CREATE INDEX {LONG_NAME} ON posts (a, b)",
        f"ALTER TABLE {LONG_NAME}\n  ADD COLUMN a integer,   ADD COLUMN b integer",
        "",
    ],
)
def test_left_as_it_is(sql: str) -> None:
    assert folded(sql) == sql


def test_a_line_for_each_clause() -> None:
    sql = (
        f'ALTER TABLE "{LONG_NAME}" ADD COLUMN "a" numeric(10, 2),'
        ' ADD CONSTRAINT "c" CHECK (a > 0 AND f(a, b))'
    )
    assert folded(sql).splitlines() == [
        f'ALTER TABLE "{LONG_NAME}" ADD COLUMN "a" numeric(10, 2),',
        '  ADD CONSTRAINT "c" CHECK (a > 0 AND f(a, b))',
    ]


def test_a_line_for_each_column() -> None:
    sql = (
        f'CREATE TABLE "{LONG_NAME}" ("a" numeric(10,2), "b" text DEFAULT \'x, (y\', "c,)" text,'
        ' PRIMARY KEY ("a","b")) PARTITION BY RANGE (a, b)'
    )
    assert folded(sql).splitlines() == [
        f'CREATE TABLE "{LONG_NAME}" (',
        '  "a" numeric(10,2),',
        "  \"b\" text DEFAULT 'x, (y',",
        '  "c,)" text,',
        '  PRIMARY KEY ("a","b")',
        ") PARTITION BY RANGE (a, b)",
    ]
    assert "".join(folded(sql).split()) == "".join(sql.split())
