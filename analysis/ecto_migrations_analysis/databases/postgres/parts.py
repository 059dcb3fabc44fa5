"""What the statements of all commands have in common."""

from __future__ import annotations

from ...operations import Comment, Operation, Statement
from ...program import commands as c
from ...program.terms import Term, Text, Unknown
from ...syntax.span import Span
from .command_names import first_span
from .quoting import AdapterError
from .rendering import Rendering
from .verification import verified


def statement(
    command: c.Command,
    out: Rendering,
    sql: str,
    operations: tuple[Operation, ...],
    span: Span | None = None,
) -> Statement:
    """A statement that the command causes; `span` where a smaller part of it is the cause."""
    return verified(
        Statement(
            sql=sql,
            operations=operations,
            span=first_span(span, command.span),
            certain=out.certain,
            command=command,
        ),
        out.doubts,
    )


def comment_statement(
    command: c.Command, out: Rendering, subject: str, comment: Term | c.Name | None, operation: Comment
) -> tuple[Statement, ...]:
    """`COMMENT ON …`, or nothing where there is no comment. Raises AdapterError for one that is no string."""
    if comment is None:
        return ()
    if not isinstance(comment, str | Text | Unknown):
        raise AdapterError.no_clause("escape_string/1", operation.span)
    sql = f"COMMENT ON {subject} IS {out.string(comment)}"
    return (statement(command, out, sql, (operation,), operation.span),)


def drop_mode(out: Rendering, cascade: bool | None) -> str:
    """` CASCADE` for `mode: :cascade`."""
    if cascade is None:
        return " " + out.hole()
    return " CASCADE" if cascade else ""


def option_span(struct: c.Table | c.Index | c.Constraint, key: str) -> Span | None:
    """Where an option of `table`, `index` or `constraint` stands; None where it does not."""
    option = struct.options_given.option(key)
    return None if option is None else option.span


def known_text(comment: Term | c.Name | None) -> str | None:
    if isinstance(comment, Text):
        return comment.value
    return comment if isinstance(comment, str) else None
