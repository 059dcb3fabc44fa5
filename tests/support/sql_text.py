"""SQL as an Elixir string holds it, with marked holes, and operations in a form that tests can compare."""

from __future__ import annotations

import dataclasses
import re

from ecto_migrations_analysis.operations import Operation
from ecto_migrations_analysis.program.terms import Piece, Text
from ecto_migrations_analysis.sql.reader import SqlStatement, read_sql
from ecto_migrations_analysis.syntax.span import Span


def sql_text(source: str) -> Text:
    """A verbatim string; `«name»` is an interpolation, unknown like every other."""
    pieces: list[Piece] = []
    at = 0
    for part in re.split(r"(«[^»]*»)", source):
        end = at + len(part.encode("utf-8", "surrogatepass"))
        if part.startswith("«"):
            pieces.append(Piece(None, Span(at, end)))
        elif part:
            pieces.append(Piece(part, Span(at, end), True))
        at = end
    return Text(tuple(pieces), Span(0, at))


def read(source: str) -> tuple[SqlStatement, ...]:
    return read_sql(sql_text(source))


def operations(source: str) -> list[Operation]:
    return [operation for statement in read(source) for operation in statement.operations]


def only(source: str) -> Operation:
    """The one operation of a text."""
    (operation,) = operations(source)
    return operation


def at(source: str, span: Span) -> str:
    """The source of a span."""
    return source.encode()[span.start : span.end].decode()


def spans(source: str, operation: object, prefix: str = "") -> dict[str, str]:
    """The source of every span of an operation that has one, by field (nested ones with a dot)."""
    found: dict[str, str] = {}
    for field in dataclasses.fields(operation):  # type: ignore[arg-type]
        value = getattr(operation, field.name)
        if isinstance(value, Span):
            if value.end > value.start:
                found[prefix + field.name] = at(source, value)
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            found |= spans(source, value, f"{prefix}{field.name}.")
    return found
