"""Which statements need a transaction block, and which do not bear one, by the server's own word."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from ecto_migrations_analysis.databases.postgres.transaction_blocks import (
    forbidden_in_block,
    pointless_outside_block,
    required_block,
)
from ecto_migrations_analysis.operations import AddEnumValue, Relation
from support.postgres import Database, Server
from support.sql_text import operations

SETUP = """
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE INDEX i ON t (a);
CREATE TABLE p (id int) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TYPE mood AS ENUM ('ok');
CREATE MATERIALIZED VIEW v AS SELECT id FROM t;
CREATE UNIQUE INDEX vi ON v (id);
CREATE SCHEMA s;
"""

STATEMENTS = [
    "CREATE INDEX CONCURRENTLY j ON t (a)",
    "CREATE INDEX j ON t (a)",
    "DROP INDEX CONCURRENTLY i",
    "DROP INDEX i",
    "REINDEX INDEX CONCURRENTLY i",
    "REINDEX TABLE CONCURRENTLY t",
    "REINDEX INDEX i",
    "REINDEX TABLE t",
    "REINDEX SCHEMA s",
    "REINDEX SCHEMA CONCURRENTLY s",
    "REINDEX DATABASE",
    "REINDEX SYSTEM",
    "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
    "ALTER TABLE p DETACH PARTITION p1",
    "VACUUM",
    "VACUUM FULL t",
    "VACUUM ANALYZE t",
    "ANALYZE t",
    "CLUSTER",
    "CLUSTER t USING t_pkey",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
    "ALTER SYSTEM SET work_mem = '4MB'",
    "ALTER SYSTEM RESET ALL",
    "CREATE DATABASE tb_new",
    "DROP DATABASE IF EXISTS tb_none",
    "ALTER DATABASE postgres SET TABLESPACE pg_default",
    "ALTER DATABASE postgres SET work_mem = '4MB'",
    "CREATE TABLESPACE x LOCATION '/nowhere'",
    "DROP TABLESPACE IF EXISTS x",
    "ALTER TYPE mood ADD VALUE 'new'",
    "DISCARD ALL",
    "DISCARD TEMP",
    "COMMIT PREPARED 'x'",
    "ROLLBACK PREPARED 'x'",
    "CREATE EXTENSION citext",
    "ALTER TABLE t ALTER a SET NOT NULL",
    "CREATE ROLE tb_role",
]

NEED_A_BLOCK = [
    "LOCK TABLE t",
    "SAVEPOINT a",
    "RELEASE a",
    "ROLLBACK TO a",
    "DECLARE c CURSOR FOR SELECT 1",
    "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    "SET LOCAL lock_timeout = '5s'",
    "SET CONSTRAINTS ALL DEFERRED",
    "SET lock_timeout = '5s'",
    "DELETE FROM t",
]


def _said(source: str, version: int = 18) -> str | None:
    return next(
        (name for found in operations(source) if (name := forbidden_in_block(found, version)) is not None),
        None,
    )


@pytest.fixture(scope="module")
def prepared(postgres_server: Server) -> Iterator[Database]:
    """One database for all of them: what runs in a block is rolled back, the rest changes nothing."""
    database = postgres_server.create_database()
    with database.connect() as connection:
        connection.execute(SETUP)
    yield database
    database.drop()


@pytest.mark.parametrize("source", STATEMENTS)
def test_in_a_block(prepared: Database, source: str) -> None:
    message = ""
    with prepared.connect() as connection:
        connection.execute("BEGIN")
        try:
            connection.execute(source)
        except psycopg.Error as error:
            if error.sqlstate == "25001":
                message = error.diag.message_primary or ""
        connection.execute("ROLLBACK")
    said = _said(source)
    assert message == (f"{said} cannot run inside a transaction block" if said else "")


@pytest.mark.parametrize("source", NEED_A_BLOCK)
def test_outside_of_a_block(prepared: Database, source: str) -> None:
    error = ""
    warnings: list[str] = []
    with prepared.connect() as connection:
        connection.add_notice_handler(lambda diagnostic: warnings.append(diagnostic.message_primary or ""))
        try:
            connection.execute(source)
        except psycopg.Error as raised:
            error = raised.diag.message_primary or ""
    operation = operations(source)[0]
    required, pointless = required_block(operation), pointless_outside_block(operation)
    assert error == (f"{required} can only be used in transaction blocks" if required else "")
    assert warnings == ([f"{pointless} can only be used in transaction blocks"] if pointless else [])


def test_enum_values_before_12() -> None:
    added = AddEnumValue(name=Relation("mood"), value="new")
    assert forbidden_in_block(added, 11) == "ALTER TYPE ... ADD"
    assert forbidden_in_block(added, 12) is None
