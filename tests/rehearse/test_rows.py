"""Rows that are made for tables of every kind."""

from __future__ import annotations

import pytest
from ecto_migrations_server.rehearse.observation import relations
from ecto_migrations_server.rehearse.rows import Filler
from support.postgres import Database

ROWS = 40


def filled(database: Database, sql: str, *, nulls: bool = True) -> tuple[dict[str, int], dict[str, str]]:
    with database.connect() as connection:
        connection.execute(sql.encode())
        names = {oid: item.name for oid, item in relations(connection).items() if item.is_table}
        filler = Filler(connection, names, ROWS, nulls, {("t", "filled")})
        filler.fill(sorted(names))
        return (
            {names[oid]: count for oid, count in filler.counts.items() if oid in names},
            {names[oid]: reason for oid, reason in filler.refusals.items()},
        )


def test_every_common_type(database: Database) -> None:
    types = [
        *(
            "smallint",
            "integer",
            "bigint",
            "numeric",
            "numeric(4,2)",
            "numeric(3,3)",
            "real",
            "float8",
            "text",
        ),
        *(
            "varchar(3)",
            "varchar(80)",
            "char(2)",
            "boolean",
            "date",
            "time",
            "timetz",
            "timestamp",
            "interval",
        ),
        *("timestamptz(0)", "uuid", "bytea", "json", "jsonb", "inet", "cidr", "macaddr", "tsvector", "point"),
        *("int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange", "integer[]", "text[]"),
        *("uuid[]", "money", "bit(8)", "oid", "mood", "mood[]", "short"),
    ]
    columns = ", ".join(f"c{place} {name} NOT NULL" for place, name in enumerate(types))
    counts, refusals = filled(
        database,
        "CREATE TYPE mood AS ENUM ('glad', 'sad');"
        " CREATE DOMAIN short AS varchar(5) CHECK (length(VALUE) > 0);"
        f" CREATE TABLE t (id bigserial PRIMARY KEY, {columns})",
    )
    assert refusals == {}
    assert counts == {"t": ROWS}


@pytest.mark.parametrize(
    "check",
    [
        "status IN ('draft', 'live')",
        "price > 0 AND price < 10",
        "price BETWEEN 100 AND 200",
        "char_length(status) = 7",
        "status ~ '^[a-z0-9]+@example[.]com$'",
        "status IS NOT NULL",
        "ends > starts",
        "(status = 'live') = (price = 5)",
        "num_nonnulls(price, ends) = 1",
        "price <> 0 OR status = 'free'",
    ],
)
def test_checks_are_satisfied(check: str, database: Database) -> None:
    columns = "id bigserial PRIMARY KEY, status text, price int, starts date, ends date"
    if "ends > starts" in check:
        # No string of the condition helps, but a NULL does.
        columns = columns.replace("starts date", "starts date NOT NULL")
    counts, refusals = filled(database, f"CREATE TABLE t ({columns}, CHECK ({check}))")
    assert (counts, refusals) == ({"t": ROWS}, {})


def test_foreign_keys_point_to_rows(database: Database) -> None:
    counts, refusals = filled(
        database,
        "CREATE TABLE a (id bigserial PRIMARY KEY, code text NOT NULL, UNIQUE (id, code));"
        " CREATE TABLE b (a_id bigint NOT NULL UNIQUE REFERENCES a, parent_id bigint REFERENCES b (a_id));"
        " CREATE TABLE c (a_id bigint NOT NULL, a_code text NOT NULL,"
        " FOREIGN KEY (a_id, a_code) REFERENCES a (id, code), PRIMARY KEY (a_id, a_code))",
    )
    assert refusals == {}
    assert counts == {"a": ROWS, "b": ROWS, "c": ROWS}


def test_tables_that_refer_to_each_other(database: Database) -> None:
    counts, refusals = filled(
        database,
        "CREATE TABLE a (id bigserial PRIMARY KEY, last_id bigint);"
        " CREATE TABLE b (id bigserial PRIMARY KEY, a_id bigint NOT NULL REFERENCES a);"
        " ALTER TABLE a ADD FOREIGN KEY (last_id) REFERENCES b",
    )
    assert refusals == {}
    assert counts == {"a": ROWS, "b": ROWS}


def test_some_values_are_null(database: Database) -> None:
    table = "CREATE TABLE t (id bigserial PRIMARY KEY, name text, filled text, kept text NOT NULL)"
    filled(database, table)
    with database.connect() as connection:
        counted = connection.execute("SELECT count(name), count(filled), count(kept) FROM t").fetchone()
        assert counted == (ROWS * 9 // 10, ROWS, ROWS)


def test_no_values_are_null(database: Database) -> None:
    filled(database, "CREATE TABLE t (id bigserial PRIMARY KEY, name text)", nulls=False)
    with database.connect() as connection:
        assert connection.execute("SELECT count(name) FROM t").fetchone() == (ROWS,)


def test_partitions(database: Database) -> None:
    counts, refusals = filled(
        database,
        "CREATE TABLE t (id bigint NOT NULL, day date NOT NULL) PARTITION BY RANGE (day);"
        " CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');"
        " CREATE TABLE h (id bigint NOT NULL) PARTITION BY HASH (id);"
        " CREATE TABLE h_0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
        " CREATE TABLE h_1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
        " CREATE TABLE none (id bigint) PARTITION BY LIST (id)",
    )
    assert (counts["t"], counts["t_1"], counts["h"]) == (ROWS, ROWS, ROWS)
    assert counts["h_0"] + counts["h_1"] == ROWS
    assert refusals == {"none": "it has no partition"}


def test_what_cannot_be_filled_is_said(database: Database) -> None:
    counts, refusals = filled(
        database,
        "CREATE TABLE t (id bigserial PRIMARY KEY, name text CHECK (name LIKE 'x%' AND name LIKE '%y%z'));"
        " CREATE TABLE u (b box NOT NULL); CREATE TABLE v (id bigint NOT NULL REFERENCES t, u text);"
        " ALTER TABLE t ALTER name SET NOT NULL",
    )
    assert counts == {}
    assert refusals == {
        "t": "no values were found that satisfy its CHECK constraints",
        "u": "no value of type box is known for b",
        "v": "t has no rows for its foreign key to point to",
    }


RING = """
CREATE TABLE routes (id text PRIMARY KEY);
CREATE TABLE patterns (
  id text PRIMARY KEY, route_id text NOT NULL REFERENCES routes, trip_id bigint NOT NULL,
  code int NOT NULL CHECK (code <@ int4range(0, 2, '[]'))
);
CREATE TABLE trips (id bigserial PRIMARY KEY, pattern_id text NOT NULL REFERENCES patterns);
ALTER TABLE patterns ADD FOREIGN KEY (trip_id) REFERENCES trips {deferrable};
CREATE TABLE stops (id uuid PRIMARY KEY, trip_id bigint NOT NULL REFERENCES trips);
"""


def test_tables_that_cannot_do_without_each_other(database: Database) -> None:
    counts, refusals = filled(database, RING.format(deferrable="DEFERRABLE INITIALLY DEFERRED"))
    assert refusals == {}
    assert counts == {"routes": ROWS, "patterns": ROWS, "trips": ROWS, "stops": ROWS}


def test_nobody_can_fill_them_where_keys_are_checked_at_once(database: Database) -> None:
    counts, refusals = filled(database, RING.format(deferrable=""))
    assert counts == {"routes": ROWS}
    assert refusals == {
        "patterns": "trips has no rows for its foreign key to point to",
        "stops": "trips has no rows for its foreign key to point to",
        "trips": "patterns has no rows for its foreign key to point to",
    }


def test_two_keys_that_share_a_column(database: Database) -> None:
    counts, refusals = filled(
        database,
        "CREATE TABLE apps (id bigserial PRIMARY KEY);"
        " CREATE TABLE places (id bigserial PRIMARY KEY, app_id bigint NOT NULL REFERENCES apps,"
        " deploy_id bigint, UNIQUE (id, app_id));"
        " CREATE TABLE builds (id bigserial PRIMARY KEY, app_id bigint NOT NULL REFERENCES apps,"
        " UNIQUE (id, app_id));"
        " CREATE TABLE deploys (id bigserial PRIMARY KEY, app_id bigint NOT NULL, place_id bigint NOT NULL,"
        " build_id bigint NOT NULL, FOREIGN KEY (build_id, app_id) REFERENCES builds (id, app_id),"
        " FOREIGN KEY (place_id, app_id) REFERENCES places (id, app_id));"
        " ALTER TABLE places ADD FOREIGN KEY (deploy_id) REFERENCES deploys",
    )
    assert refusals == {}
    assert counts == {"apps": ROWS, "places": ROWS, "builds": ROWS, "deploys": ROWS}
