"""SQL that the migration brings along."""

from __future__ import annotations

import psycopg
import pytest
from ecto_migrations_analysis.databases.postgres.emission import emit
from ecto_migrations_analysis.databases.postgres.raw_statements import SEVERAL_COMMANDS
from ecto_migrations_analysis.operations import AddColumn, DropTable, SetNotNull, UnparsedSQL, Update
from ecto_migrations_analysis.program import commands as c
from ecto_migrations_analysis.program.terms import plain_text
from support.emission import of_change, source_of_change
from support.postgres import Database


def test_one_statement_for_each_execute() -> None:
    body = 'execute "ALTER TABLE posts ADD COLUMN a text, ALTER COLUMN b SET NOT NULL"'
    (statement,) = of_change(body)
    assert statement.sql == "ALTER TABLE posts ADD COLUMN a text, ALTER COLUMN b SET NOT NULL"
    assert [type(operation) for operation in statement.operations] == [AddColumn, SetNotNull]
    data = source_of_change(body).encode()
    span = statement.operations[1].span
    assert b"SET NOT NULL" in data[span.start : span.end]
    assert data[statement.span.start : statement.span.end].decode() == body


def test_the_text_is_sent_as_it_is() -> None:
    (statement,) = of_change('execute """\n  -- a comment\n  UPDATE posts\n  SET a = 1;\n  """')
    assert statement.sql == "-- a comment\nUPDATE posts\nSET a = 1;\n"
    assert [type(operation) for operation in statement.operations] == [Update]
    assert statement.error is None


@pytest.mark.parametrize("sql", ["", "  ", "-- nothing"])
def test_a_text_without_a_statement_does_nothing(sql: str) -> None:
    (statement,) = of_change(f'execute "{sql}"')
    assert (statement.sql, statement.operations, statement.certain, statement.error) == (sql, (), True, None)


def test_several_statements_in_one_text_are_refused() -> None:
    (statement,) = of_change('execute "DROP TABLE a; DROP TABLE b"')
    assert statement.error == SEVERAL_COMMANDS
    assert statement.sql == "DROP TABLE a; DROP TABLE b"
    assert [type(operation) for operation in statement.operations] == [DropTable, DropTable]


def test_the_server_refuses_them_with_these_words(database: Database) -> None:
    """As Postgrex does, by the extended protocol."""
    with database.connect() as connection, pytest.raises(psycopg.Error) as raised:
        connection.execute("SELECT 1; SELECT 2", prepare=True)
    diagnosis = raised.value.diag
    assert f"{diagnosis.severity} {diagnosis.sqlstate}" == "ERROR 42601"
    assert SEVERAL_COMMANDS.endswith(str(diagnosis.message_primary))


def test_text_that_does_not_parse() -> None:
    (statement,) = of_change('execute "ALTER TABEL posts"')
    (operation,) = statement.operations
    assert isinstance(operation, UnparsedSQL)
    assert (statement.sql, statement.error) == ("ALTER TABEL posts", None)


def test_repo_queries_are_read_like_execute() -> None:
    (statement,) = of_change('repo().query!("UPDATE posts SET a = 1")')
    assert statement.sql == "UPDATE posts SET a = 1"
    assert [type(operation) for operation in statement.operations] == [Update]


@pytest.mark.parametrize("call", ["repo().query_many!", "Ecto.Adapters.SQL.query_many"])
def test_postgresql_has_no_query_many(call: str) -> None:
    (statement,) = emit(c.RepoQuery(sql=plain_text("SELECT 1"), call=call))
    assert statement.error == "RuntimeError: query_many is not supported in the PostgreSQL adapter"
    assert (statement.sql, statement.operations) == ("", ())


def test_functions_run_in_place_of_execute() -> None:
    sent = of_change('execute fn -> repo().query!("SELECT 1"); repo().query!("SELECT 2") end')
    assert [statement.sql for statement in sent] == ["SELECT 1", "SELECT 2"]


def test_flush_sends_nothing() -> None:
    assert emit(c.Flush()) == ()


def test_what_raises() -> None:
    (statement,) = emit(c.Raises(error="ArgumentError", message="no"))
    assert (statement.sql, statement.operations, statement.error) == ("", (), "ArgumentError: no")
