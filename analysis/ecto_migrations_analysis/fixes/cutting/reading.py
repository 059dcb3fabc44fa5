"""A statement of a migration that writes rows, as one that goes through them in batches."""

from __future__ import annotations

import itertools

from ...operations import AddColumn, Delete, Relation, Update
from ...program.commands import Command, Execute, Raises, RepoCall, RepoQuery
from ...program.terms import FunctionTerm, Text
from ...records import dataclass, replace
from ...schema.state import Schema
from ...syntax.tree import Node
from ..context import Context
from . import query_rows, sql_rows
from .body import Statement
from .in_batches import Write


@dataclass(frozen=True, slots=True)
class Taken:
    """What a statement does forward and, where it says so itself, on the way back."""

    up: Write
    down: Write | None
    wiped: bool


@dataclass(frozen=True, slots=True)
class Back:
    """`down` of a migration that only writes rows: what it writes, or its text."""

    writes: tuple[Write, ...] = ()
    text: str | None = None


_CALLED = frozenset({"execute", "repo", "query", "query!"})


def read_write(context: Context, statement: Statement, bound: frozenset[str] = frozenset()) -> Taken | None:
    """None where it cannot be done in batches; `bound` are variables whose texts are known to go along."""
    if len(statement.commands) != 1:
        return None
    command = statement.commands[0]
    if command.via or not command.always or command.repeated or isinstance(command, Raises):
        return None
    up = _forward(context, statement, command)
    if up is None or (up.sql is not None and not statement.names <= _CALLED | bound):
        return None
    operation = _operation(statement)
    wiped = isinstance(operation, Update) and bool(operation.nulled) and operation.restricted is False
    down = _down(statement, command)
    return Taken(up, down, wiped) if not isinstance(down, str) else None


def _operation(statement: Statement) -> Update | Delete | None:
    operations = [operation for step in statement.steps for operation in step.statement.operations]
    if len(operations) != 1 or not isinstance(operations[0], Update | Delete):
        return None
    return operations[0]


def _forward(context: Context, statement: Statement, command: Command) -> Write | None:
    operation = _operation(statement)
    if operation is None or _has_variables(statement.node):
        return None
    if isinstance(command, Execute) and isinstance(command.up, FunctionTerm):
        if len(command.up_commands) != 1 or not _is_one_call(statement.node):
            return None
        command = command.up_commands[0]
    if isinstance(command, RepoCall) and operation.relation.name is None:
        operation = _of_schema(context, command, operation)
    if operation is None or operation.relation.name is None:
        return None
    key = _key(statement, operation.relation)
    if key is None:
        return None
    new = _new_column(context, statement, operation)
    if isinstance(command, Execute):
        return _in_sql(statement, command.up, operation, key, new) if isinstance(command.up, Text) else None
    if isinstance(command, RepoQuery):
        if not isinstance(command.sql, Text) or not _without_parameters(statement.node):
            return None
        return _in_sql(statement, command.sql, operation, key, new)
    if isinstance(command, RepoCall):
        return _in_elixir(context, statement, command, operation, key, new)
    return None


def _of_schema(context: Context, command: RepoCall, operation: Update | Delete) -> Update | Delete | None:
    """The operation on the table of a schema module of the application."""
    read = context.analysis.project.ecto_schemas
    for schema in read() if read is not None else ():
        if schema.module == command.schema:
            return replace(operation, relation=schema.table)
    return None


def _key(statement: Statement, relation: Relation) -> str | None:
    """The one column of the primary key."""
    step = statement.steps[0]
    table = step.before.table(relation)
    if table is None or len(table.primary_key) != 1:
        return None
    column = table.columns.get(table.primary_key[0])
    return column.name if column is not None and not column.uncertain else None


def _new_column(context: Context, statement: Statement, operation: Update | Delete) -> str | None:
    """The column that is written in every row, where this migration has added it and rows hold NULL there.

    In a later migration code may have written it by then; that is not to be overwritten.
    """
    if not isinstance(operation, Update) or operation.restricted is not False or len(operation.columns) != 1:
        return None
    if not any(step is statement.steps[0] for step in context.steps):
        return None  # it is `down` that writes
    before = itertools.takewhile(lambda step: step is not statement.steps[0], context.steps)
    for step in before:
        for earlier in step.statement.operations:
            if (
                isinstance(earlier, AddColumn)
                and Schema.key(earlier.relation) == Schema.key(operation.relation)
                and earlier.column.name == operation.columns[0]
                and earlier.column.default is None
            ):
                return operation.columns[0]
    return None


def _write(operation: Update | Delete, key: str) -> Write:
    columns = operation.columns if isinstance(operation, Update) else ()
    verb = "update" if isinstance(operation, Update) else "delete"
    return Write(relation=operation.relation, key=key, verb=verb, columns=columns)


def _in_sql(
    statement: Statement, text: Text, operation: Update | Delete, key: str, new: str | None = None
) -> Write | None:
    sql = sql_rows.batched(text, operation, key, new, statement.steps[0].before.functions)
    return replace(_write(operation, key), sql=sql) if sql is not None else None


def _in_elixir(
    context: Context,
    statement: Statement,
    command: RepoCall,
    operation: Update | Delete,
    key: str,
    new: str | None,
) -> Write | None:
    calls = [
        node
        for node in statement.node.walk()
        if node.kind == "call" and node.children[0].kind == "dot"
        if node.children[0].children[-1].text == command.function
    ]
    if len(calls) != 1:
        return None
    path = context.document.path(calls[0].span)
    number = next((at for at, node in enumerate(path) if node is calls[0] or node.span == calls[0].span), 0)
    parent = path[number - 1]
    piped = None
    if parent.kind == "binary_operator":
        if parent.operator != "|>" or parent.children[-1].span != calls[0].span:
            return None
        piped, parent = parent.children[0], path[number - 2]
    whole = path[number - 1] if piped is not None else path[number]
    if whole.span != statement.node.span and parent.kind != "body":
        return None
    rows = query_rows.batched(context, calls[0], piped, command)
    if rows is None:
        return None
    return replace(_write(operation, key), elixir=query_rows.written(rows, key, new))


def _down(statement: Statement, command: Command) -> Write | str | None:
    """What `execute` says of the way back; a string where that is neither nothing nor can be batched."""
    if not isinstance(command, Execute) or command.down is None:
        return None
    if isinstance(command.down, FunctionTerm):
        return "a function" if command.down_commands else None
    if not isinstance(command.down, Text):
        return "not known"
    from ...sql.reader import read_sql

    operations = [operation for item in read_sql(command.down) for operation in item.operations]
    if not operations:
        return None
    if len(operations) != 1 or not isinstance(operations[0], Update | Delete):
        return "something else"
    key = _key(statement, operations[0].relation)
    write = _in_sql(statement, command.down, operations[0], key) if key is not None else None
    return write or "not in batches"


def read_down(context: Context, statements: tuple[Statement, ...]) -> Back | None:
    """What `down` of such a migration does; None where it does anything else."""
    commands = [command for statement in statements for command in statement.commands]
    if not commands:
        return Back()
    if all(isinstance(command, Raises) for command in commands):
        callback = context.migration.migration.callbacks["down"]
        document = context.document
        text = document.data[callback.span.start : callback.span.end].decode("utf-8").replace("\r\n", "\n")
        indentation = document.indentation(callback.span.start)
        return Back(text="\n".join(line.removeprefix(indentation) for line in text.split("\n")))
    writes = []
    for statement in statements:
        if statement.only_flushes or not statement.commands:
            continue
        taken = read_write(context, statement)
        if taken is None:
            return None
        writes.append(taken.up)
    return Back(writes=tuple(writes))


# --- the text ----------------------------------------------------------------------------------------------


def _has_variables(node: Node) -> bool:
    """Whether something in it comes from elsewhere in this module."""
    return any(
        inner.kind == "interpolation"
        or (inner.kind == "unary_operator" and inner.operator in ("@", "&", "^"))
        for inner in node.walk()
    )


def _is_one_call(node: Node) -> bool:
    """`execute(fn -> one_expression end)`."""
    functions = [inner for inner in node.walk() if inner.kind == "anonymous_function"]
    if len(functions) != 1:
        return False
    bodies = [inner for inner in functions[0].walk() if inner.kind == "body"]
    return len(bodies) == 1 and len(bodies[0].children) == 1


def _without_parameters(node: Node) -> bool:
    calls = [
        inner
        for inner in node.walk()
        if inner.kind == "call" and inner.children[0].kind == "dot"
        if inner.children[0].children[-1].text in ("query", "query!")
    ]
    if len(calls) != 1:
        return False
    arguments = calls[0].child("arguments")
    given = arguments.children if arguments is not None else []
    strings = [inner for inner in given if inner.kind == "string"]
    return len(given) == 1 and len(strings) == 1
