"""Type texts, and what `ALTER COLUMN … TYPE` does, against a real server."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.databases.postgres.types import parse_type
from ecto_migrations_analysis.operations import DataType

NAMES = [
    ("int", "integer"),
    ("INT4", "integer"),
    ("int8", "bigint"),
    ("int2", "smallint"),
    ("varchar(10)", "character varying(10)"),
    ("varchar", "character varying"),
    ("character varying(255)", "character varying(255)"),
    ("national character varying(9)", "character varying(9)"),
    ("char", "character(1)"),
    ("char(5)", "character(5)"),
    ("bpchar", "bpchar"),
    ("bpchar(4)", "character(4)"),
    ("decimal", "numeric"),
    ("numeric(10,2)", "numeric(10,2)"),
    ("numeric(5)", "numeric(5,0)"),
    ("numeric(3,-2)", "numeric(3,-2)"),
    ("float", "double precision"),
    ("float(10)", "real"),
    ("float8", "double precision"),
    ("double precision", "double precision"),
    ("timestamp", "timestamp without time zone"),
    ("timestamp(0)", "timestamp(0) without time zone"),
    ("timestamp(3) with time zone", "timestamp(3) with time zone"),
    ("timestamptz(3)", "timestamp(3) with time zone"),
    ("time(0)", "time(0) without time zone"),
    ("time with time zone", "time with time zone"),
    ("interval", "interval"),
    ("interval(3)", "interval(3)"),
    ("interval day to second(3)", "interval day to second(3)"),
    ("bool", "boolean"),
    ("bytea", "bytea"),
    ("uuid", "uuid"),
    ("jsonb", "jsonb"),
    ("text[]", "text[]"),
    ("int[3]", "integer[]"),
    ("int array[4]", "integer[]"),
    ("timestamp(0)[]", "timestamp(0) without time zone[]"),
    ("bit", "bit(1)"),
    ("varbit(9)", "bit varying(9)"),
    ('"char"', '"char"'),
    ("pg_catalog.int4", "integer"),
    ("pg_catalog.varchar(4)", "character varying(4)"),
    ('pg_catalog."char"', '"char"'),
    ('"int4"', "integer"),
    ("int4range", "int4range"),
    ("tsvector", "tsvector"),
    ("money", "money"),
]


@pytest.mark.parametrize(("text", "canonical"), NAMES)
def test_canonical_name(text: str, canonical: str) -> None:
    assert str(parse_type(text)) == canonical


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("serial", DataType("integer", serial=True)),
        ("BIGSERIAL", DataType("bigint", serial=True)),
        ("smallserial", DataType("smallint", serial=True)),
        ("Mood", DataType("mood")),
        ('"Mood"[]', DataType("Mood", dimensions=1)),
        ('other."Mood"', DataType("Mood", schema="other")),
        ("public.citext", DataType("citext")),
        ("vector(3)", DataType("vector", (3,))),
        ("geometry(Point, 4326)", DataType("geometry(point,4326)")),
        ("integer[][]", DataType("integer", dimensions=2)),
        ("", DataType(None)),
        ("(", DataType(None)),
        ("varchar(255) NOT NULL", DataType(None)),
        ("integer[", DataType(None)),
    ],
)
def test_other_types(text: str, expected: DataType) -> None:
    assert parse_type(text) == expected
