"""Types of the grammar and types of type texts are the same."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.databases.postgres.types import parse_type
from ecto_migrations_analysis.operations import AddColumn
from support.sql_text import only

TYPES = """
serial, smallserial, bigserial, serial8, int, int2, int4, int8, integer, smallint, bigint, pg_catalog.int8
timestamp, timestamp(0), timestamptz, timestamptz(3), timestamp with time zone, timestamp(3) with time zone
timestamp without time zone, time, time(3), timetz, time with time zone, date
char, char(3), "char", pg_catalog."char", bpchar, bpchar(3), character(4), nchar(3)
national character varying(5)
varchar, varchar(3), varchar(3)[], character varying, char varying(4), text, text[], text[][], int[3][]
int array, int array[4], bit, bit(3), bit varying, bit varying(4), varbit(3)
interval, interval(3), interval year, interval month, interval day to hour, interval second(2)
interval day to second(3), interval hour to minute
float, float(3), float(30), real, float4, float8, double precision
numeric, numeric(5), numeric(5,-2), numeric(10,2), dec(3,2), decimal, money, bool, boolean, bool[]
uuid, json, jsonb, xml, tsvector, inet, cidr, oid, regclass, name, int4range
citext, public.citext, hstore, ltree, vector(3), geometry, geometry(Point,4326), halfvec(3)[]
mood, app.mood, "Mood", app."Mood", "App".mood[], "timestamp", "int4", "text"
"""


def _types() -> list[str]:
    found: list[str] = []
    for line in TYPES.strip().splitlines():
        depth = 0
        word = ""
        for character in line + ",":
            depth += (character == "(") - (character == ")")
            if character == "," and depth == 0:
                found.append(word.strip())
                word = ""
            else:
                word += character
    return found


@pytest.mark.parametrize("text", _types())
def test_the_grammar_agrees_with_parse_type(text: str) -> None:
    added = only(f"ALTER TABLE t ADD COLUMN a {text}")
    assert isinstance(added, AddColumn)
    assert added.column.type == parse_type(text)
    assert added.column.type.name is not None


@pytest.mark.parametrize("text", ["«type»", "varchar(«n»)", "numeric(10, «scale»)", "app_«x».mood", "«x»[]"])
def test_a_type_with_an_unknown_piece_is_not_known(text: str) -> None:
    added = only(f"ALTER TABLE t ADD COLUMN a {text}")
    assert isinstance(added, AddColumn)
    assert added.column.name == "a"
    assert added.column.type.name is None
