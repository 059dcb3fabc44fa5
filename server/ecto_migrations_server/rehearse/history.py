"""The migrations before one, run on an empty database as Ecto would run them.

What cannot be run without Elixir is left out and said; what failed therefore as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
from ecto_migrations_analysis.databases.registry import database_named
from ecto_migrations_analysis.operations import Statement
from ecto_migrations_analysis.program.commands import ApplicationCode, Command, RepoCall, UnknownCode
from ecto_migrations_analysis.program.migration import Migration
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.project.context import ProjectContext, RepoConfig
from ecto_migrations_analysis.project.migrations import migration_file
from ecto_migrations_analysis.records import replace
from ecto_migrations_analysis.syntax.source import Source

from .stand_ins import StandIns

Connection = psycopg.Connection[Any]

# What an option that Ecto does not know raises today, it passed over before 3.12: the history did run.
_TOLERANT = (3, 11)
# On empty tables these do nothing.
_ON_ROWS = frozenset(
    {
        *("all", "all_by", "one", "get", "get_by", "exists?", "aggregate", "stream", "reload", "preload"),
        *(
            "count",
            "update",
            "update_all",
            "delete",
            "delete_all",
            "insert",
            "insert_all",
            "insert_or_update",
        ),
    }
)
# How many types of one statement the server may lack.
_MOST_STAND_INS = 8
# `Ecto.Migration.SchemaMigration.ensure_schema_migrations_table!/3`.
VERSIONS = (
    'CREATE TABLE IF NOT EXISTS "schema_migrations"'
    ' ("version" bigint, "inserted_at" timestamp(0), PRIMARY KEY ("version"))'
)


def earlier(project: ProjectContext, path: str) -> list[str]:
    """The files of the migrations before the one at `path`, in order."""
    own = migration_file(path)
    past = project.history() if project.history is not None else ()
    return [item.path for item in past if item.path != path and (own is None or item.version < own.version)]


def not_run(statement: Statement) -> str | None:
    """Why a statement cannot be run here; None where it can."""
    command = statement.command
    if isinstance(command, RepoCall):
        return f"{command.repo}.{command.function} is a query that Ecto makes when it runs"
    if isinstance(command, ApplicationCode):
        return f"{command.module}.{command.function}/{command.arity} is Elixir"
    if isinstance(command, UnknownCode):
        return command.reason
    if command is not None and not command.always:
        return "a condition that the text does not decide stands before it"
    if command is not None and command.repeated:
        return "it stands in a loop whose number of rounds the text does not tell"
    if not statement.certain:
        return "its text is only known when it runs"
    return None


def replay(
    connection: Connection,
    paths: list[str],
    project: ProjectContext,
    shown: Callable[[str], str],
    before: Callable[[int], None] = lambda done: None,
    buffers: Mapping[str, bytes] | None = None,
    stand_ins: StandIns | None = None,
) -> list[str]:
    """Runs the migrations at `paths`; what was left out or failed comes back as sentences.

    `before` is called before each, with the number of those that were run, and may end it by an exception.
    `buffers` hold texts, by path, that stand for those on the disk. `stand_ins` gets what the server lacks.
    """
    buffers = buffers or {}
    stand_ins = stand_ins or StandIns()
    gaps: list[str] = []
    config = replace(project.repo, ecto_sql=_TOLERANT)
    connection.execute(VERSIONS)
    for done, path in enumerate(paths):
        before(done)
        try:
            source = Source(buffers[path] if path in buffers else _contents(path), path)
        except OSError as error:
            gaps.append(f"{shown(path)} cannot be read: {(error.strerror or 'unknown').lower()}")
            continue
        read_file = read(source, config, project.read_file, rollback=False)
        if not read_file.migrations or read_file.migrations[0].up is None:
            gaps.append(f"{shown(path)}: no migration can be read in it")
            continue
        for line, reason in _migrate(connection, read_file.migrations[0], source, config, stand_ins):
            gaps.append(f"{shown(path)}:{line}: {reason}")
        found = migration_file(path)
        if found is not None:
            connection.execute(
                "INSERT INTO schema_migrations VALUES (%s, now()) ON CONFLICT DO NOTHING", (found.version,)
            )
    return gaps


def _contents(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _migrate(
    connection: Connection,
    migration: Migration,
    source: Source,
    config: RepoConfig,
    stand_ins: StandIns,
) -> Iterator[tuple[int, str]]:
    database = database_named("postgres")
    assert database is not None and migration.up is not None
    transactional = migration.disable_ddl_transaction.value is not True
    if transactional:
        connection.execute("BEGIN")
    try:
        for command in migration.up.commands:
            for statement in database.emit(command, config):
                line = source.lines.line_of(statement.span.start) + 1
                reason = _run(connection, statement, command, transactional, stand_ins)
                if reason is not None:
                    yield line, reason
                if statement.error is not None and not statement.sql:
                    return
    finally:
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            connection.execute("COMMIT")


def _run(
    connection: Connection,
    statement: Statement,
    command: Command,
    transactional: bool,
    stand_ins: StandIns,
) -> str | None:
    inner = statement.command
    if isinstance(inner, RepoCall) and inner.function.rstrip("!") in _ON_ROWS:
        return None
    reason = not_run(statement)
    if reason is not None:
        return reason
    if statement.error is not None:
        return statement.error
    if not command.always:
        return "a condition that the text does not decide stands before it"
    if not statement.sql:
        return None
    told: str | None = None
    for _ in range(_MOST_STAND_INS):
        error = _try(connection, stand_ins.adapt(statement.sql), transactional)
        if error is None:
            return told
        made = stand_ins.make(connection, error)
        if made is None:
            return f"failed here: {error.diag.message_primary or error}"
        told, again = made
        if not again:
            break
    return told


def _try(connection: Connection, sql: str, transactional: bool) -> psycopg.Error | None:
    """Runs a statement; an error comes back when what it did is undone."""
    open_transaction = connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    try:
        if transactional and open_transaction:
            connection.execute("SAVEPOINT ecto_migrations")
        execute(connection, sql)
    except psycopg.Error as error:
        if connection.closed or isinstance(error, psycopg.errors.DiskFull):
            raise
        if connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
            connection.execute("ROLLBACK TO SAVEPOINT ecto_migrations" if transactional else "ROLLBACK")
        return error
    return None


def execute(connection: Connection, sql: str) -> None:
    """Sends one statement with the extended protocol, as Postgrex does."""
    connection.execute(sql.encode(), binary=True)


def shown_from(folder: str) -> Callable[[str], str]:
    """Paths as a person in `folder` writes them."""
    below = os.path.join(folder, "")
    return lambda path: path.removeprefix(below)
