"""DDL run by a real server and applied to a schema: both must come to the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from ecto_migrations_analysis.program.terms import plain_text
from ecto_migrations_analysis.schema.apply import apply
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_analysis.sql.reader import read_sql
from support import catalog
from support.postgres import Server

PARTS = dict(
    part.split("\n", 1) for part in (Path(__file__).parent / "replay.sql").read_text().split("-- name: ")[1:]
)
BASE = PARTS["base"]


def replay(sql: str, schema: Schema | None = None) -> Schema:
    schema = schema if schema is not None else Schema(complete=True)
    for statement in read_sql(plain_text(sql)):
        for operation in statement.operations:
            schema = apply(schema, operation)
    return schema


@pytest.fixture(scope="module")
def connection(postgres_server: Server) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    database = postgres_server.create_database()
    with database.connect() as connected:
        yield connected
    database.drop()


@pytest.mark.parametrize("name", PARTS)
def test_replay(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    script = BASE if name == "base" else BASE + PARTS[name]
    connection.execute("BEGIN")
    try:
        connection.execute(script.encode())
        expected = catalog.of_server(connection)
    finally:
        connection.execute("ROLLBACK")
    assert catalog.of_schema(replay(script)) == expected
