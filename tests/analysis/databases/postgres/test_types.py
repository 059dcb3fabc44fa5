"""Type texts, and what `ALTER COLUMN … TYPE` does, against a real server."""

from __future__ import annotations

import psycopg
import pytest
from ecto_migrations_analysis.databases.postgres.casts import CASTS, STRINGS
from ecto_migrations_analysis.databases.postgres.types import TypeChange, parse_type, type_change
from ecto_migrations_analysis.operations import DataType
from support.postgres import Database

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


def test_canonical_names_are_the_servers(database: Database) -> None:
    with database.connect() as connection:
        for text, canonical in NAMES:
            connection.execute(f"CREATE TEMP TABLE probe (a {text})".encode())
            row = connection.execute(
                "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
                " WHERE attrelid = 'probe'::regclass AND attnum = 1"
            ).fetchone()
            connection.execute("DROP TABLE probe")
            assert row == (canonical,), text


def test_casts_are_the_servers(database: Database) -> None:
    """Every cast of the catalog is known, as what it is, and no other."""
    with database.connect() as connection:
        connection.execute("CREATE EXTENSION citext")
        rows = connection.execute(
            "SELECT format_type(castsource, NULL), format_type(casttarget, NULL), castmethod = 'b'"
            " FROM pg_cast WHERE castcontext IN ('i', 'a') AND castsource <> casttarget"
            " AND format_type(castsource, NULL) NOT LIKE 'pg\\_%'"
        ).fetchall()
    server = {(old, new): "relabel" if binary else "convert" for old, new, binary in rows}
    through_text = {pair for pair in server if pair[1] in STRINGS and pair not in CASTS}
    assert {server[pair] for pair in through_text} == {"convert"}
    assert {pair: cast for pair, cast in server.items() if pair not in through_text} == CASTS


# What migrations have, and the types whose rules are unlike those of others.
TYPES = [
    *("smallint", "integer", "bigint", "numeric", "numeric(10,2)", "numeric(12,2)", "numeric(10,4)"),
    *("double precision", "boolean", "text", "varchar", "varchar(10)", "varchar(255)", "char(5)", "char(10)"),
    *("citext", "bytea", "uuid", "json", "jsonb", "date", "timestamp", "timestamp(0)", "timestamp(6)"),
    *("timestamptz", "timestamptz(0)", "time(0)", "interval", "interval(3)", "interval hour"),
    *(
        "inet",
        "cidr",
        "text[]",
        "varchar(10)[]",
        "varchar(20)[]",
        "integer[]",
        "mood",
        "varbit(5)",
        "varbit(9)",
    ),
]


def change(old: str, new: str, **options: bool) -> TypeChange:
    return type_change(
        parse_type(old), parse_type(new), old_is_enum=old == "mood", new_is_enum=new == "mood", **options
    )


def measure(
    connection: psycopg.Connection[tuple[object, ...]], old: str, clause: str
) -> tuple[bool, bool | None] | None:
    """Whether the table and its index got new files; None where the server refuses the change.

    The second is None where the old type can have no B-tree index.
    """
    connection.execute(f"CREATE TEMP TABLE probe (a {old}); INSERT INTO probe VALUES (NULL)".encode())
    try:
        try:
            connection.execute("CREATE INDEX probe_index ON probe (a)")
            files = "SELECT pg_relation_filenode('probe'), pg_relation_filenode('probe_index')"
        except psycopg.errors.UndefinedObject:
            files = "SELECT pg_relation_filenode('probe'), NULL"
        before = connection.execute(files.encode()).fetchone()
        try:
            connection.execute(f"ALTER TABLE probe ALTER COLUMN a TYPE {clause}".encode())
        except psycopg.errors.UndefinedObject:
            # The index is in the way: the new type has no operator class. Measured without it.
            connection.execute("DROP INDEX probe_index")
            files = "SELECT pg_relation_filenode('probe'), NULL"
            connection.execute(f"ALTER TABLE probe ALTER COLUMN a TYPE {clause}".encode())
        except psycopg.errors.DatatypeMismatch:
            return None
        after = connection.execute(files.encode()).fetchone()
        assert before is not None and after is not None
        return before[0] != after[0], None if after[1] is None else before[1] != after[1]
    finally:
        connection.execute("DROP TABLE probe")


def agrees(found: TypeChange, measured: tuple[bool, bool | None] | None) -> bool:
    if measured is None:
        return found.possible is False
    rewrites, rebuilds = measured
    return (
        found.possible is True
        and found.certain
        and found.rewrites_table == rewrites
        and (rebuilds is None or found.rebuilds_indexes == rebuilds)
    )


def test_every_pair_of_types(database: Database) -> None:
    wrong = []
    with database.connect() as connection:
        connection.execute("CREATE EXTENSION citext")
        connection.execute("CREATE TYPE mood AS ENUM ('sad', 'glad')")
        for old in TYPES:
            for new in TYPES:
                measured = measure(connection, old, new)
                found = change(old, new, time_zone_utc=True)
                if not agrees(found, measured):
                    wrong.append((old, new, measured, found))
    assert wrong == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("timestamp", "timestamptz"),
        ("timestamptz", "timestamp"),
        ("timestamp", "timestamptz(0)"),
        ("timestamp(0)", "timestamptz(6)"),
        ("timestamp(0)", "timestamp"),
    ],
)
def test_another_time_zone(database: Database, old: str, new: str) -> None:
    with database.connect() as connection:
        connection.execute("SET timezone TO 'Europe/Paris'")
        assert agrees(change(old, new, time_zone_utc=False), measure(connection, old, new))


def test_unknown_time_zone_is_the_worse_case() -> None:
    found = change("timestamp", "timestamptz", time_zone_utc=None)
    assert (found.rewrites_table, found.certain) == (True, False)
    assert change("timestamp", "timestamptz", time_zone_utc=True).rewrites_table is False
    assert type_change(
        parse_type("timestamp"), parse_type("timestamptz"), time_zone_utc=True, version=11
    ).rewrites_table


@pytest.mark.parametrize("new", ["text", "varchar(20)", "varchar(10)"])
def test_collation(database: Database, new: str) -> None:
    with database.connect() as connection:
        measured = measure(connection, "varchar(10)", f'{new} COLLATE "POSIX"')
        assert agrees(change("varchar(10)", new, collation_changed=True), measured)


@pytest.mark.parametrize(
    ("old", "new", "using"),
    [
        ("varchar(10)", "text", "a"),
        ("varchar(10)", "text", "a::text"),
        ("varchar(10)", "varchar(20)", "a::varchar(20)"),
        ("varchar(20)", "varchar(10)", "a::varchar(10)"),
        ("text", "integer", "a::integer"),
        ("text", "uuid", "CAST(a AS uuid)"),
        ("integer", "bigint", "a::bigint"),
    ],
)
def test_using_a_plain_cast(database: Database, old: str, new: str, using: str) -> None:
    """USING is no rewrite by itself: only what it computes counts."""
    with database.connect() as connection:
        measured = measure(connection, old, f"{new} USING {using}")
        assert agrees(change(old, new, using=True, plain_cast=True), measured)


@pytest.mark.parametrize(
    ("old", "new", "using"),
    [
        ("integer", "bigint", "a + 1"),
        ("integer", "boolean", "a = 1"),
        ("text", "varchar(5)", "left(a, 5)"),
        ("text", "text", "NULL"),
        ("varchar(10)", "text", "upper(a)"),
    ],
)
def test_using_an_expression(database: Database, old: str, new: str, using: str) -> None:
    with database.connect() as connection:
        measured = measure(connection, old, f"{new} USING {using}")
    assert measured is not None and measured[0] is True
    found = change(old, new, using=True)
    assert (found.rewrites_table, found.rebuilds_indexes, found.possible) == (True, True, None)


def test_using_that_may_be_a_plain_cast_is_not_certain() -> None:
    assert change("varchar(10)", "text", using=True).certain is False
    assert change("integer", "bigint", using=True).certain is True


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("bigint", "integer", "3000000000"),
        ("varchar(20)", "varchar(10)", "repeat('x', 20)"),
        ("text", "varchar(10)", "repeat('x', 20)"),
        ("numeric(10,2)", "numeric(5,2)", "12345.67"),
        ("numeric", "integer", "3000000000"),
        ("json", "jsonb", '\'{"a":"\\u0000"}\''),
        ("macaddr8", "macaddr", "'08:00:2b:01:02:03:04:05'"),
    ],
)
def test_values_that_do_not_fit(database: Database, old: str, new: str, value: str) -> None:
    with database.connect() as connection:
        connection.execute(f"CREATE TABLE probe (a {old}); INSERT INTO probe VALUES ({value})".encode())
        with pytest.raises(psycopg.errors.DataError):
            connection.execute(f"ALTER TABLE probe ALTER COLUMN a TYPE {new}".encode())
    found = change(old, new)
    assert (found.possible, found.may_not_fit) == (True, True)


@pytest.mark.parametrize(
    ("old", "new"), [("varchar(10)", "varchar(20)"), ("integer", "bigint"), ("numeric(5,2)", "numeric(12,4)")]
)
def test_values_that_always_fit(old: str, new: str) -> None:
    assert change(old, new).may_not_fit is False


def test_what_is_not_known() -> None:
    unknown = type_change(DataType(None), DataType("text"))
    assert (unknown.possible, unknown.certain) == (None, False)
    domain = change("email_address", "text")
    assert (domain.possible, domain.certain) == (True, False)
    assert change("text", "email_address").possible is None
    same = change("email_address", "email_address")
    assert (same.rewrites_table, same.certain) == (False, True)


def test_serial_is_no_type_to_change_to(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE TABLE probe (a integer)")
        with pytest.raises(psycopg.errors.UndefinedObject):
            connection.execute("ALTER TABLE probe ALTER COLUMN a TYPE bigserial")
    assert change("integer", "bigserial").possible is False
