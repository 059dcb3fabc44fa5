"""Whether PostgreSQL's grammar takes a statement that holds more than Ecto's own words."""

from __future__ import annotations

from ...operations import Operation, Statement, UnparsedSQL
from ...program.terms import plain_text
from ...records import replace
from ...syntax.span import Span
from .command_names import first_span


def verified(statement: Statement, doubts: list[Span]) -> Statement:
    """The statement, with `UnparsedSQL` for its operations where it is a syntax error.

    `doubts` are the spans that may be the cause; without any the grammar is not asked. A statement that is
    not known in full is not judged.
    """
    if not doubts or not statement.certain:
        return statement
    message = next(
        (operation.message for operation in parsed(statement.sql) if isinstance(operation, UnparsedSQL)), None
    )
    if message is None:
        return statement
    span = first_span(doubts[0] if len(doubts) == 1 else None, statement.span)
    return replace(statement, operations=(UnparsedSQL(message=message, span=span),))


def parsed(sql: str) -> tuple[Operation, ...]:
    """The operations of SQL that Ecto has put together; their spans mean nothing."""
    from ...sql.reader import read_sql

    return tuple(operation for part in read_sql(plain_text(sql)) for operation in part.operations)
