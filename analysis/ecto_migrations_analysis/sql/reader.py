"""SQL text to operations.

One `SqlStatement` for each statement of the text, in order. A text that PostgreSQL's grammar refuses is one
statement with its message, for the server refuses it as a whole. What is parsed but has no operation of its
own becomes `OpaqueSQL`; nothing raises.
"""

from __future__ import annotations

import re

from ..operations import Delete, Insert, OpaqueSQL, Operation, Select, UnparsedSQL, Update
from ..operations.base import NOWHERE
from ..program.terms import Text
from ..records import dataclass, field, replace
from ..syntax.span import Span
from . import (
    alter_object,
    alter_table,
    data,
    drops,
    functions,
    indexes,
    maintenance,
    objects,
    remarks,
    session,
    tables,
)
from .holes import SqlText, is_hole, parse_text
from .parser import Node, Refusal, scan
from .queries import relation_nodes
from .statement import Read, StatementText
from .tokens import Tokens
from .tree import kind

DYNAMIC = "dynamic"

_READERS: dict[str, Read] = {
    **tables.READERS,
    **alter_table.READERS,
    **alter_object.READERS,
    **drops.READERS,
    **indexes.READERS,
    **objects.READERS,
    **remarks.READERS,
    **functions.READERS,
    **data.READERS,
    **maintenance.READERS,
    **session.READERS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlStatement:
    """`sql` is the statement as sent, without the comments around it and with `…` for what is not known.

    `span` is its source; `error` is PostgreSQL's message where the grammar refuses the text.
    """

    sql: str
    operations: tuple[Operation, ...]
    span: Span = field(default=NOWHERE, compare=False)
    error: str | None = None


def read_sql(text: Text) -> tuple[SqlStatement, ...]:
    """The statements of `text`; none for an empty one or one of comments only."""
    if all(piece.text is None for piece in text.pieces) and text.pieces:
        return (_dynamic(text),)
    if text.value is not None and not text.value.strip(" \t\r\n\f\v;"):
        return ()
    sql, tree = parse_text(text)
    if isinstance(tree, Refusal):
        return (_refused(text, sql, tree),)
    tokens = Tokens(sql.sql, scan(sql.sql))
    return tuple(_statement(sql, tokens, node) for node in tree)


def operations_of(text: StatementText, node: Node) -> list[Operation]:
    """The operations of a (wrapped) statement of the tree."""
    sort = kind(node)
    if sort not in _READERS:
        reason = "what this statement does is not known here"
        return [OpaqueSQL(reason=reason, keywords=keywords(text.text), span=text.span)]
    return _READERS[sort](text, node[sort])


def _statement(sql: SqlText, tokens: Tokens, node: Node) -> SqlStatement:
    start = sql.character(node.get("stmt_location", 0))
    length = node.get("stmt_len", 0)
    end = sql.character(node.get("stmt_location", 0) + length) if length else len(sql.sql)
    text = StatementText(sql, tokens, tokens.at(start), tokens.at(end))
    left_out = sql.left_out(start, end)
    if left_out:
        text.end = max(left_out)
    try:
        operations = _operations(text, node["stmt"], bool(left_out))
    except RecursionError:
        reason = "the statement is nested too deeply to be read"
        operations = [OpaqueSQL(reason=reason, keywords=keywords(text.text), span=text.span)]
    return SqlStatement(sql=text.text, operations=tuple(operations), span=text.span)


def _operations(text: StatementText, node: Node, left_out: bool) -> list[Operation]:
    """The operations; where a piece between the words is not known, only those that it cannot change.

    `CREATE INDEX … #{where}` may be anything that begins so. An UPDATE stays one, with or without its WHERE.
    """
    operations = [_known(text, operation) for operation in operations_of(text, node)]
    if not left_out:
        return operations
    if all(isinstance(operation, Update | Delete | Insert | Select) for operation in operations):
        return [_unsure(operation) for operation in operations]
    relations = tuple(dict.fromkeys(text.relation(fields) for fields in relation_nodes(node)))
    words = keywords(text.text)
    return [OpaqueSQL(reason=DYNAMIC, keywords=words, relations=relations, span=text.span)]


def _known(text: StatementText, operation: Operation) -> Operation:
    """The operation, unless a name in it that must be known is not (`SET #{name} TO 1`)."""
    if not text.sql.holes or not is_hole(repr(operation)):
        return operation
    return OpaqueSQL(reason=DYNAMIC, keywords=keywords(text.text), span=operation.span)


def _unsure(operation: Operation) -> Operation:
    if isinstance(operation, Update | Delete) and operation.restricted is False:
        return replace(operation, restricted=None)
    return operation


def _dynamic(text: Text) -> SqlStatement:
    shown = text.display()
    operation = OpaqueSQL(reason=DYNAMIC, keywords=keywords(shown), span=text.span)
    return SqlStatement(sql=shown.strip(), operations=(operation,), span=text.span)


def _refused(text: Text, sql: SqlText, refusal: Refusal) -> SqlStatement:
    if text.value is None:
        return _dynamic(text)
    span = sql.span(*_trimmed(sql.sql))
    operation: Operation
    if not refusal.certain:
        operation = OpaqueSQL(reason=refusal.message, keywords=keywords(sql.sql), span=span)
        return SqlStatement(sql=sql.sql.strip(), operations=(operation,), span=span)
    operation = UnparsedSQL(message=refusal.message, span=_error_span(sql, refusal.position))
    return SqlStatement(sql=sql.sql.strip(), operations=(operation,), span=span, error=refusal.message)


def _trimmed(sql: str) -> tuple[int, int]:
    start = len(sql) - len(sql.lstrip())
    return start, max(start, len(sql.rstrip()))


# What the server's message calls a token: a word, a number, a quoted text or a mark.
_NEAR = re.compile(r'[\w$]+|"[^"]*"|\'[^\']*\'|\S')


def _error_span(sql: SqlText, position: int) -> Span:
    """The token that the message points at; the last one for an error at the end of the text."""
    found = _NEAR.match(sql.sql, position)
    if found is None:
        last = list(_NEAR.finditer(sql.sql))
        if not last:
            return sql.text.span
        found = last[-1]
    return sql.span(found.start(), found.end())


_COMMENTS = re.compile(r"\s+|--[^\n]*\n?|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+(?![\w.\"…])")


def keywords(sql: str) -> str | None:
    """The words with which a statement begins, upper case, at most three: "ALTER TABLE".

    The third and what follows are often names, so that only words of commands count.
    """
    words: list[str] = []
    at = 0
    while len(words) < 3:
        blank = _COMMENTS.match(sql, at)
        while blank is not None:
            at = blank.end()
            blank = _COMMENTS.match(sql, at)
        found = _WORD.match(sql, at)
        if found is None or (words and found[0].upper() not in _SECOND_WORDS):
            break
        words.append(found[0].upper())
        at = found.end()
    return " ".join(words) or None


_SECOND_WORDS = frozenset(
    """
    TABLE INDEX VIEW MATERIALIZED UNIQUE TYPE DOMAIN SCHEMA EXTENSION FUNCTION PROCEDURE TRIGGER POLICY RULE
    SEQUENCE STATISTICS PUBLICATION SUBSCRIPTION ROLE USER DATABASE TABLESPACE SYSTEM DEFAULT PRIVILEGES OWNED
    FOREIGN SERVER LANGUAGE AGGREGATE OPERATOR COLLATION CONVERSION CAST ALL OR REPLACE INTO FROM EVENT
    TEMPORARY TEMP UNLOGGED CONCURRENTLY
    """.split()  # noqa: SIM905
)
