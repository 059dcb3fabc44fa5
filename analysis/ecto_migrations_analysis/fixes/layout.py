"""Breaks long Elixir expressions into lines as `mix format` does, for the few shapes that fixes generate.

An expression is a string (never broken) or one of the classes here. `write` gives its text for a place: the
column at which it starts and the number of characters that follow it on its last line.
"""

from __future__ import annotations

from typing import TypeAlias

from ..records import dataclass
from .elixir import WIDTH, indent

Expression: TypeAlias = "str | Call | List | Operation | Pair | From"


@dataclass(frozen=True, slots=True)
class Call:
    """`function(argument, …)`; `apart` writes one argument a line even where one line would do."""

    function: str
    arguments: tuple[Expression, ...]
    apart: bool = False


@dataclass(frozen=True, slots=True)
class List:
    """`[item, …]`, or with other brackets `{item, …}`."""

    items: tuple[Expression, ...]
    brackets: str = "[]"


@dataclass(frozen=True, slots=True)
class Operation:
    """`operand operator operand …`, in parentheses where asked for."""

    operator: str
    operands: tuple[Expression, ...]
    parentheses: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """`key: value`; `key` with its colon."""

    key: str
    value: Expression


@dataclass(frozen=True, slots=True)
class From:
    """`from(source, clauses)`, the query that begins on the line of its parenthesis."""

    source: str
    clauses: tuple[Pair, ...]
    apart: bool = False


def flat(expression: Expression) -> str:
    """The expression on one line."""
    match expression:
        case str():
            return expression
        case Call(function, arguments):
            return f"{function}({_joined(arguments)})"
        case List(items, brackets):
            return f"{brackets[0]}{_joined(items)}{brackets[1]}"
        case Operation(operator, operands, parentheses):
            text = f" {operator} ".join(flat(operand) for operand in operands)
            return f"({text})" if parentheses else text
        case Pair(key, value):
            return f"{key} {flat(value)}"
        case From(source, clauses):
            return f"from({source}, {_joined(clauses)})"


def write(expression: Expression, column: int, after: int = 0) -> str:
    """The expression for a place; lines behind the first are indented relative to the first line's indent.

    `column` is both: the indent of the line and the place where the expression starts, which for a value
    behind a key is not the same; keys are taken care of here.
    """
    return _write(expression, column, column, after)


def _write(expression: Expression, indentation: int, column: int, after: int) -> str:
    if not _apart(expression) and column + len(flat(expression)) + after <= WIDTH:
        return flat(expression)
    match expression:
        case str():
            return expression
        case Call(function, arguments):
            return f"{function}(\n{_lines(arguments, indentation + 2)}\n)"
        case List(items, "{}"):
            lines = [_write(item, indentation + 1, indentation + 1, 1) for item in items]
            return "{" + ",\n ".join(lines) + "}"
        case List(items, brackets):
            return f"{brackets[0]}\n{_lines(items, indentation + 2)}\n{brackets[1]}"
        case Operation(operator, operands, parentheses):
            return _operation(operator, operands, parentheses, indentation, after)
        case Pair(key, value):
            return _pair(key, value, indentation, after)
        case From(source, clauses):
            return f"from({source},\n{_lines(clauses, indentation + 2)}\n)"


def _pair(key: str, value: Expression, indentation: int, after: int) -> str:
    if isinstance(value, List) and value.brackets == "[]":
        return f"{key} {_write(value, indentation, indentation + len(key) + 1, after)}"
    return f"{key}\n{indent(_write(value, indentation + 2, indentation + 2, after), 2)}"


def _operation(
    operator: str, operands: tuple[Expression, ...], parentheses: bool, indentation: int, after: int
) -> str:
    opening, closing = ("(", ")") if parentheses else ("", "")
    shift = len(opening)
    last = len(operands) - 1
    lines = []
    for number, operand in enumerate(operands):
        behind = after + len(closing) if number == last else len(operator) + 1
        # Every operand but the first stands two columns deeper.
        deeper = shift + (2 if number else 0)
        text = _write(operand, indentation + deeper, indentation + deeper, behind)
        lines.append(indent(text, deeper) if number else text)
    return opening + f" {operator}\n".join(lines) + closing


def _apart(expression: Expression) -> bool:
    match expression:
        case Call(_, arguments, apart):
            return apart or any(_apart(argument) for argument in arguments)
        case List(items):
            return any(_apart(item) for item in items)
        case Operation(_, operands):
            return any(_apart(operand) for operand in operands)
        case Pair(_, value):
            return _apart(value)
        case From(_, clauses, apart):
            return apart or any(_apart(clause) for clause in clauses)
    return "\n" in expression


def _joined(expressions: tuple[Expression, ...] | tuple[Pair, ...]) -> str:
    return ", ".join(flat(expression) for expression in expressions)


def _lines(expressions: tuple[Expression, ...] | tuple[Pair, ...], indentation: int) -> str:
    last = len(expressions) - 1
    lines = [
        _write(expression, indentation, indentation, 0 if number == last else 1)
        for number, expression in enumerate(expressions)
    ]
    return indent(",\n".join(lines), 2)
