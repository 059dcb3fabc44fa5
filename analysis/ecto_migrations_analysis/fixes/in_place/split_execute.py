"""Several SQL statements in one `execute`, as one `execute` each.

Ecto reverses the commands of `change` last one first: the statements of the way back go, in their order, to
the commands from the last to the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from ...program.commands import Execute
from ...program.terms import FunctionTerm, Text
from ...syntax.tree import Node
from .. import elixir
from ..context import Context, Proposal
from .common import answer, execute, found, replaced, statement

STRATEGY = "split-execute"
RULE = "execute-multiple-statements"


def proposals(context: Context) -> Iterator[Proposal]:
    findings = found(context, RULE)
    if not findings:
        return
    for _, command in context.commands(Execute):
        answered = tuple(item for item in findings if item.span == command.span)
        if not answered or not context.is_plain(command):
            continue
        node = statement(context.document, command.span)
        if node is None or node.span != command.span or _argument_count(node) is None:
            continue
        column = len(context.document.indentation(node.start))
        texts = _texts(command, node, column)
        if texts is not None:
            title = f"Split into {len(texts)} execute, one for each SQL statement"
            edit = replaced(context.document, node, _together(texts))
            subject = str(command.span.start)
            yield answer(context, STRATEGY, subject, title, answered, (edit,), safe=True)


def _argument_count(node: Node) -> int | None:
    """The number of arguments of `execute`, where they are strings written out."""
    arguments = node.child("arguments")
    if node.kind != "call" or node.children[0].text != "execute" or arguments is None:
        return None
    if not all(argument.kind == "string" for argument in arguments.children):
        return None
    return len(arguments.children) if len(arguments.children) in (1, 2) else None


def _texts(command: Execute, node: Node, column: int) -> list[str] | None:
    up, down = _statements(command.up), _statements(command.down)
    if up is None or len(up) < 2 or down is None:
        return None
    if _argument_count(node) == 1:
        return [_single(sql) for sql in up]
    # What comes back first belongs to the last command.
    pairs = list(zip_longest(reversed(up), down, fillvalue=""))[::-1]
    return [_pair(forward, backward, column) for forward, backward in pairs]


def _statements(sql: Text | FunctionTerm | object | None) -> list[str] | None:
    if sql is None:
        return []
    if not isinstance(sql, Text) or sql.value is None:
        return None
    from ...sql.reader import read_sql

    read = read_sql(sql)
    return None if any(item.error is not None for item in read) else [_dedented(item.sql) for item in read]


def _dedented(sql: str) -> str:
    import textwrap

    first, newline, rest = sql.strip().rstrip(";").rstrip().partition("\n")
    return first + newline + textwrap.dedent(rest)


def _single(sql: str) -> str:
    return f"execute {_string(sql)}"


def _pair(up: str, down: str, column: int) -> str:
    if "\n" not in up and "\n" not in down:
        return execute(up, down, column)
    behind = " " * len("execute ")
    return f"execute {_string(up, behind)},\n{behind}{_string(down, behind)}"


def _string(sql: str, indent: str = "") -> str:
    """A string, as a heredoc where it takes several lines; those behind the first begin with `indent`."""
    if "\n" not in sql:
        return elixir.string(sql)
    escaped = sql.replace("\\", "\\\\").replace("#{", "\\#{").replace('"""', '\\"""')
    lines = [f"{indent}{line}" if line.strip() else "" for line in escaped.split("\n")]
    return '"""\n' + "\n".join(lines) + f'\n{indent}"""'


def _together(texts: list[str]) -> str:
    """Lines of one statement each stay together; what takes several has an empty line around it."""
    return elixir.block(texts)
