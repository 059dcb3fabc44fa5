"""One piece of SQL in the making: what is not known leaves a hole in it."""

from __future__ import annotations

import re

from ...program.commands import Name
from ...program.inspection import HOLE, to_string
from ...program.terms import Atom, Options, Term, Text, Unknown
from ...syntax.span import Span
from .quoting import quote_name, single_quote

# A name, a number or a call without arguments: SQL that the grammar surely takes.
_PLAIN = re.compile(r"\w+(\(\))?")


class Rendering:
    """`certain`: everything that was rendered is known.

    `doubts` are the spans of SQL that the migration brings along and of clauses that the adapter puts where
    they may not stand: with any of them the statement may be a syntax error, without it is none.
    """

    def __init__(self) -> None:
        self.certain = True
        self.doubts: list[Span] = []

    def hole(self) -> str:
        self.certain = False
        return HOLE

    def bare(self, name: Name | None) -> str:
        """A name without quotes (in the middle of a longer one, or where SQL wants none)."""
        return name if isinstance(name, str) else self.hole()

    def name(self, name: Name) -> str:
        return quote_name(name) if isinstance(name, str) else f'"{self.hole()}"'

    def names(self, names: list[Name]) -> str:
        return ",".join(self.name(name) for name in names)

    def qualified(self, prefix: Name | None, name: Name) -> str:
        return self.name(name) if prefix is None else f"{self.name(prefix)}.{self.name(name)}"

    def string(self, text: Name | Text) -> str:
        if isinstance(text, Text):
            return single_quote(self.text(text))
        return single_quote(text) if isinstance(text, str) else f"'{self.hole()}'"

    def sql(self, text: Text | Unknown) -> str:
        """SQL of the migration's own, which is sent as it is."""
        return self.expression(self.text(text), text.span)

    def expression(self, sql: str, span: Span) -> str:
        if not _PLAIN.fullmatch(sql):
            self.doubts.append(span)
        return sql

    def text(self, text: Text | Unknown) -> str:
        if isinstance(text, Unknown):
            return self.hole()
        if text.value is None:
            self.certain = False
        return text.display(HOLE)

    def interpolated(self, term: Term) -> str:
        """`to_string/1` of a term, as in `"#{term}"`."""
        if isinstance(term, Text):
            return self.text(term)
        rendered = to_string(term)
        if rendered == HOLE:
            self.certain = False
        return rendered

    def flag(self, value: bool | None, text: str) -> str:
        """`text` where `value` is True, nothing where it is False, a hole where it is not known."""
        if value is None:
            return self.hole() + " "
        return text if value else ""


def given(options: Options, key: str) -> Term | None:
    """`Keyword.get(options, key)`: None where the key is absent or nil."""
    term = options.get(key)
    return None if isinstance(term, Atom) and term.name == "nil" else term


def truthy(term: Term | None) -> bool:
    """Everything but nil and false, as Elixir sees it (an unknown term counts as true)."""
    return term is not None and not (isinstance(term, Atom) and term.name in ("nil", "false"))
