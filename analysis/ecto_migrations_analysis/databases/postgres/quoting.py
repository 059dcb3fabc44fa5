"""Names and strings as Ecto's PostgreSQL adapter quotes them, and names as PostgreSQL keeps them."""

from __future__ import annotations

from ...program.inspection import inspect_string
from ...syntax.span import Span

# PostgreSQL's NAMEDATALEN, the closing zero byte counted (`src/include/pg_config_manual.h`).
NAMEDATALEN = 64


class AdapterError(Exception):
    """Ecto or its adapter raises `error` with `message`; `span` is the source to blame, where it is known."""

    def __init__(self, error: str, message: str, span: Span | None = None) -> None:
        super().__init__(f"{error}: {message}")
        self.error = error
        self.message = message
        self.span = span

    @classmethod
    def no_clause(cls, function: str, span: Span | None = None) -> AdapterError:
        """No clause of a function of the adapter takes what it was given."""
        return cls(
            "FunctionClauseError",
            f"no function clause matching in Ecto.Adapters.Postgres.Connection.{function}",
            span,
        )


def quote_name(name: str) -> str:
    """A name between double quotes. Raises AdapterError for a name that holds one.

    Source: `quote_name/1` of `Ecto.Adapters.Postgres.Connection`.
    """
    if '"' in name:
        raise AdapterError(
            "ArgumentError",
            f'bad literal/field/index/table name {inspect_string(name)} (" is not permitted)',
        )
    return f'"{name}"'


def single_quote(text: str) -> str:
    """A string literal (`single_quote/1`); a backslash stays as it is (`standard_conforming_strings`)."""
    return "'" + text.replace("'", "''") + "'"


def truncate_identifier(name: str) -> str:
    """The name as PostgreSQL keeps it: at most 63 bytes, never cut inside a character.

    Source: PostgreSQL manual, "Lexical Structure: Identifiers and Key Words".
    """
    return _clip(name, NAMEDATALEN - 1)


def default_name(table: str, columns: str | None, label: str) -> str:
    """The name PostgreSQL makes for an unnamed constraint or index: `table_columns_label`.

    The longer of table and columns is shortened until it fits (`makeObjectName` in
    `src/backend/commands/indexcmds.c`). A number that keeps it apart from an existing name is not added.
    """
    table = truncate_identifier(table)
    columns = truncate_identifier(columns) if columns is not None else None
    room = NAMEDATALEN - 1 - len(label) - 1 - (0 if columns is None else 1)
    first = len(table.encode())
    second = len((columns or "").encode())
    while first + second > room:
        if first > second:
            first -= 1
        else:
            second -= 1
    parts = [_clip(table, first), *([] if columns is None else [_clip(columns, second)]), label]
    return "_".join(parts)


def _clip(text: str, limit: int) -> str:
    data = text.encode()
    return text if len(data) <= limit else data[:limit].decode("utf-8", "ignore")
