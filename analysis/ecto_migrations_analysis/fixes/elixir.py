"""Elixir's spelling of names, strings and comments, as `mix format` leaves them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from ..program.inspection import escape, inspect_atom
from ..program.terms import Atom

# The formatter's default `line_length`.
WIDTH = 98

# What may follow a dot or precede the colon of a keyword without quotes. (Elixir allows more letters; quoting
# those is never wrong.)
_PLAIN = re.compile(r"[a-z_][A-Za-z0-9_]*[?!]?")


def string(value: str) -> str:
    """A string literal."""
    return f'"{escape(value)}"'


def literal(sql: str) -> str:
    """A string, or a heredoc for several lines."""
    if "\n" not in sql:
        return string(sql)
    escaped = sql.replace("\\", "\\\\").replace("#{", "\\#{").replace('"""', '\\"""')
    return f'"""\n{escaped}\n"""'


def atom(name: str) -> str:
    return inspect_atom(Atom(name))


def keyword(name: str) -> str:
    """The key of a keyword pair, its colon included."""
    return f"{name}:" if _PLAIN.fullmatch(name) else f"{string(name)}:"


def field(binding: str, name: str) -> str:
    """A field of a query's binding."""
    return f"{binding}.{name}" if _PLAIN.fullmatch(name) else f"field({binding}, {atom(name)})"


def fragment(sql: str) -> str:
    """`fragment("…")`: a question mark in the SQL is no parameter."""
    question = "\\?"
    return f"fragment({string(sql.replace('?', question))})"


def comment(text: str) -> str:
    """A comment at the left margin, wrapped to the formatter's width (which leaves comments alone)."""
    lines = textwrap.wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"# {line}" for line in lines)


def indent(text: str, by: int) -> str:
    """Every line that is not empty, moved to the right."""
    return textwrap.indent(text, " " * by)


def block(statements: Iterable[str]) -> str:
    """Statements one below the other; an empty line around each that takes several lines."""
    text = ""
    previous = ""
    for statement in statements:
        if text:
            text += "\n\n" if "\n" in statement or "\n" in previous else "\n"
        text += statement
        previous = statement
    return text
