"""SQL that the migration brings along, and code that sends SQL of its own."""

from __future__ import annotations

from ...operations import (
    CallsCode,
    Delete,
    Insert,
    OpaqueSQL,
    Operation,
    Relation,
    Select,
    Statement,
    Update,
)
from ...program import commands as c
from ...program.inspection import HOLE
from ...program.terms import Text, Unknown
from .command_names import spelled
from .quoting import AdapterError, quote_name

# What PostgreSQL answers where one message of the extended protocol, which Postgrex always uses, holds
# several statements (manual, "Message Flow: Extended Query").
SEVERAL_COMMANDS = (
    "Postgrex.Error: ERROR 42601 (syntax_error) cannot insert multiple commands into a prepared statement"
)

_READS = (
    "all",
    "all_by",
    "one",
    "get",
    "get_by",
    "exists?",
    "aggregate",
    "stream",
    "reload",
    "preload",
    "count",
)


def execute(command: c.Execute) -> tuple[Statement, ...]:
    """`execute` of a string (also of an empty one, which is sent) or of something that is none."""
    if isinstance(command.up, c.KeywordCommand):
        raise AdapterError(
            "ArgumentError", "PostgreSQL adapter does not support keyword lists in execute", command.up.span
        )
    assert isinstance(command.up, Text | Unknown)
    return (_sent(command, command.up),)


def repo_query(command: c.RepoQuery) -> tuple[Statement, ...]:
    """SQL through the repo; it reaches the server like that of `execute`."""
    if command.call.rpartition(".")[2].startswith("query_many"):
        raise AdapterError("RuntimeError", "query_many is not supported in the PostgreSQL adapter")
    return (_sent(command, command.sql),)


def _sent(command: c.Command, sql: Text | Unknown) -> Statement:
    """One statement with everything the text does.

    PostgreSQL refuses a text of several statements: `error` says so, and the SQL and its operations are kept
    to show what was meant.
    """
    if isinstance(sql, Unknown):
        opaque = OpaqueSQL(reason=sql.reason, span=command.span)
        return Statement(sql=HOLE, operations=(opaque,), span=command.span, certain=False, command=command)
    from ...sql.reader import read_sql

    parts = read_sql(sql)
    return Statement(
        sql=sql.display(HOLE),
        operations=tuple(operation for part in parts for operation in part.operations),
        span=command.span,
        certain=sql.value is not None,
        command=command,
        error=SEVERAL_COMMANDS if len(parts) > 1 else None,
    )


def repo_call(command: c.RepoCall) -> tuple[Statement, ...]:
    """A call of the repo's query API. Ecto makes its SQL when it runs: the text here has holes."""
    operation = _query(command)
    return (
        Statement(
            sql=_outline(operation),
            operations=(operation,),
            span=command.span,
            certain=False,
            command=command,
        ),
    )


def application_code(command: c.ApplicationCode) -> tuple[Statement, ...]:
    """Code that may do anything; what only prints, logs or waits sends nothing."""
    if command.is_harmless:
        return ()
    call = f"{command.module}.{command.function}/{command.arity}"
    operation = CallsCode(call=call, span=command.span)
    return (Statement(sql="", operations=(operation,), span=command.span, certain=False, command=command),)


def _outline(operation: Operation) -> str:
    """What is known of the SQL that `Ecto.Adapters.Postgres` makes of a query."""
    match operation:
        case Update(relation=relation, columns=columns, restricted=restricted):
            changes = ", ".join(f"{quote_name(column)} = {HOLE}" for column in columns) or HOLE
            return f"UPDATE {_quoted(relation)} SET {changes}{_where(restricted)}"
        case Delete(relation=relation, restricted=restricted):
            return f"DELETE FROM {_quoted(relation)}{_where(restricted)}"
        case Insert(relation=relation, columns=columns):
            names = ", ".join(quote_name(column) for column in columns) or HOLE
            return f"INSERT INTO {_quoted(relation)} ({names}) VALUES {HOLE}"
        case Select(reads=(relation, *_)):
            return f"SELECT {HOLE} FROM {_quoted(relation)}"
    return ""


def _quoted(relation: Relation) -> str:
    return HOLE if relation.name is None else quote_name(relation.name)


def _where(restricted: bool | None) -> str:
    return "" if restricted is False else f" WHERE {HOLE}" if restricted else f" {HOLE}"


def _query(command: c.RepoCall) -> Operation:
    """What a function of the repo does to the rows of its table; a schema's table is not known here."""
    relation = Relation(spelled(command.table))
    span = command.span
    match command.function.rstrip("!"):
        case "update_all":
            return Update(
                relation=relation,
                columns=command.columns_set,
                restricted=command.restricted,
                bounded=command.bounded,
                nulled=command.columns_nulled,
                span=span,
            )
        case "update":
            return Update(
                relation=relation, columns=command.columns_set, restricted=True, bounded=True, span=span
            )
        case "delete_all":
            return Delete(
                relation=relation, restricted=command.restricted, bounded=command.bounded, span=span
            )
        case "delete":
            return Delete(relation=relation, restricted=True, bounded=True, span=span)
        case "insert" | "insert_or_update":
            return Insert(relation=relation, columns=command.columns_set, rows=1, span=span)
        case "insert_all":
            return Insert(relation=relation, columns=command.columns_set, span=span)
        case function if function in _READS:
            return Select(reads=(relation,), span=span)
    return CallsCode(call=f"{command.repo}.{command.function}", span=span)


def unknown_code(command: c.Command) -> tuple[Statement, ...]:
    """Code that the reader could not resolve."""
    reason = command.reason if isinstance(command, c.UnknownCode) else type(command).__name__
    opaque = OpaqueSQL(reason=reason, span=command.span)
    return (Statement(sql="", operations=(opaque,), span=command.span, certain=False, command=command),)
