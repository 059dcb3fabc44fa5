"""Migrates a real database with our own pipeline: reader, rollback and emission; and looks at its catalog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import psycopg
from ecto_migrations_analysis.databases.postgres.emission import emit
from ecto_migrations_analysis.program.commands import Command, Execute, Raises
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.program.terms import FunctionTerm
from ecto_migrations_analysis.project.context import RepoConfig
from ecto_migrations_analysis.syntax.source import Source

from .backfills import run_backfill

Connection = psycopg.Connection[Any]


def migrate(connection: Connection, text: str, config: RepoConfig | None = None) -> None:
    """Runs the migration as `Ecto.Migrator` does: in a transaction unless it says otherwise."""
    _run(connection, text, "up", config or RepoConfig())


def rollback(connection: Connection, text: str, config: RepoConfig | None = None) -> None:
    _run(connection, text, "down", config or RepoConfig())


@dataclass(frozen=True)
class Unit:
    """Statements that commit together; without a transaction it is one."""

    statements: tuple[str, ...]
    in_transaction: bool


def runs_elixir(text: str) -> bool:
    """Whether the migration goes through rows by Elixir that has to be run; our reader has no SQL for it."""
    return "import Ecto.Query" in text or "defp backfill" in text


def units(text: str, direction: str, config: RepoConfig | None = None) -> list[Unit]:
    """What migrating ("up") or rolling back ("down") sends, in the order in which Ecto sends it."""
    config = config or RepoConfig()
    file = read(Source.from_text(text), config)
    assert not file.broken, text
    (migration,) = file.migrations
    program = migration.up if direction == "up" else migration.down
    assert program is not None and program.irreversible is None, text
    if migration.disable_ddl_transaction.value is not True:
        return [Unit(tuple(_sql(program.commands, config)), in_transaction=True)]
    found = []
    for command in program.commands:
        if isinstance(command, Execute) and command.up_commands:
            assert isinstance(command.up, FunctionTerm)
            function = text.encode()[command.up.span.start : command.up.span.end]
            # What such a function opens a transaction for is known from the text only.
            if b"repo().transaction(fn ->" in function:
                found.append(Unit(tuple(_sql(command.up_commands, config)), in_transaction=True))
                continue
        found += [Unit((sql,), in_transaction=False) for sql in _sql((command,), config)]
    return found


def _sql(commands: tuple[Command, ...], config: RepoConfig) -> Iterator[str]:
    for command in commands:
        if isinstance(command, Execute) and command.up_commands:
            yield from _sql(command.up_commands, config)
            continue
        if isinstance(command, Raises) and not command.always:
            continue  # for what it raises, a test of its own says
        for statement in emit(command, config):
            assert statement.certain and statement.error is None, statement
            if statement.sql:
                yield statement.sql


def run_unit(connection: Connection, unit: Unit) -> None:
    with _transaction(connection) if unit.in_transaction else nullcontext():
        for statement in unit.statements:
            connection.execute(statement.encode())


def _run(connection: Connection, text: str, direction: str, config: RepoConfig) -> None:
    if runs_elixir(text):
        run_backfill(connection, text, direction)
        return
    for unit in units(text, direction, config):
        run_unit(connection, unit)


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


_CATALOG = {
    "columns": """
        SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE {scope} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "constraints": """
        SELECT c.oid::regclass::text, k.conname, pg_get_constraintdef(k.oid), k.convalidated
        FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid
        WHERE {scope} AND (k.contype <> 'n' OR NOT k.convalidated)
    """,
    "indexes": """
        SELECT c.oid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready
        FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid WHERE {scope} AND c.relkind IN ('r', 'p')
    """,
    "functions and triggers": """
        SELECT c.oid::regclass::text, pg_get_triggerdef(t.oid), '', ''
        FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE {scope} AND NOT t.tgisinternal
    """,
}
_SCOPE = "c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$')"


def catalog(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Columns, defaults, constraints, indexes and triggers of every table, by name and not by oid.

    Left out: the constraints that PostgreSQL 18 makes of every NOT NULL column (`columns` has that).
    """
    found = {}
    for kind, query in _CATALOG.items():
        rows = connection.execute(query.format(scope=_SCOPE).encode()).fetchall()
        found[kind] = sorted(rows, key=repr)
    return found
