"""PostgreSQL's own parser: text to a tree of plain dictionaries, and to tokens.

The tree is libpg_query's JSON: reading it costs a sixth of the objects that pglast builds, and it is the
form that every binding of libpg_query has, so that this module is all that knows pglast. Importing pglast
costs 50 ms; it happens at the first call.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from ..records import dataclass

Node: TypeAlias = dict[str, Any]


class Token(NamedTuple):
    """`start` and `end` (exclusive) count characters; `keyword` is True for every keyword of the grammar."""

    start: int
    end: int
    name: str
    keyword: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """PostgreSQL's message and the character it points at (the end of the text where it names none).

    `certain` is False where the parser gave up for its own reasons (a text nested too deeply).
    """

    message: str
    position: int
    certain: bool = True


def parse(sql: str) -> list[Node] | Refusal:
    """The statements of `sql` as `RawStmt` nodes: `stmt`, and `stmt_location` and `stmt_len` in bytes."""
    import json

    from pglast.parser import ParseError, parse_sql_json

    refused = _unencodable(sql)
    if refused is not None:
        return refused
    try:
        tree = parse_sql_json(sql)
    except ParseError as error:
        return _refusal(error, len(sql))
    try:
        statements: list[Node] = json.loads(tree).get("stmts", [])
    except RecursionError:
        return Refusal("the statement is nested too deeply to be read", len(sql), certain=False)
    return statements


def scan(sql: str) -> list[Token]:
    """The tokens of `sql` without comments; none where it cannot be split into tokens."""
    from pglast.parser import ParseError
    from pglast.parser import scan as scan_tokens

    if _unencodable(sql) is not None:
        return []
    try:
        found = scan_tokens(sql)
    except ParseError:
        return []
    return [
        Token(token.start, token.end + 1, token.name, token.kind != "NO_KEYWORD")
        for token in found
        if token.name not in ("C_COMMENT", "SQL_COMMENT")
    ]


def _unencodable(sql: str) -> Refusal | None:
    """What the server refuses before it parses: a zero byte (the C parser would stop there) or no UTF-8."""
    zero = sql.find("\0")
    if zero >= 0:
        return Refusal('invalid byte sequence for encoding "UTF8": 0x00', zero)
    try:
        sql.encode()
    except UnicodeEncodeError as error:
        return Refusal('invalid byte sequence for encoding "UTF8"', error.start)
    return None


def _refusal(error: Exception, end: int) -> Refusal:
    message = str(error.args[0]) if error.args else str(error)
    position = error.args[1] if len(error.args) > 1 else None
    # The limit is that of the parser's stack, which is a setting of the server and not of the language.
    certain = "stack depth limit" not in message
    return Refusal(message, position if isinstance(position, int) else end, certain)
