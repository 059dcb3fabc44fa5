"""One statement of an SQL text: its tree, its tokens, and the way from both to the Elixir source."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from ..operations import Expression, Operation, Relation
from ..operations.base import NOWHERE
from ..records import dataclass, field
from ..syntax.span import Span
from .holes import SqlText, is_hole
from .literals import is_constant
from .parser import Node
from .tokens import Tokens
from .tree import first_location, items, string

# A schema that the text does not tell: different from every known one, and from none.
UNKNOWN_SCHEMA = "…"

Read: TypeAlias = "Callable[[StatementText, Node], list[Operation]]"


@dataclass
class StatementText:
    """`first` and `last` are the range of its tokens.

    `end` is where it ends in the text, if that is behind its last token: at an unknown piece that the tree
    lacks.
    """

    sql: SqlText
    tokens: Tokens
    first: int
    last: int
    end: int = 0
    # The names of constraints given so far.
    taken: set[str] = field(default_factory=set)

    # --- places ---

    @property
    def span(self) -> Span:
        return self.span_of(self.first, self.last)

    @property
    def text(self) -> str:
        """The statement as sent, with `…` for what is not known."""
        return self.shown(self.first, self.last)

    def span_of(self, first: int, last: int) -> Span:
        """The source of the tokens `first` to `last` (exclusive); NOWHERE for none."""
        start, end = self._characters(first, last)
        return self.sql.span(start, end) if start < end else NOWHERE

    def shown(self, first: int, last: int) -> str:
        start, end = self._characters(first, last)
        return self.sql.shown(start, end) if start < end else ""

    def has_hole(self, first: int, last: int) -> bool:
        start, end = self._characters(first, last)
        return start < end and self.sql.has_hole(start, end)

    def _characters(self, first: int, last: int) -> tuple[int, int]:
        found = self.tokens.items[max(first, self.first) : min(last, self.last)]
        if not found:
            return 0, 0
        return found[0].start, max(found[-1].end, self.end if last >= self.last else 0)

    def at(self, location: int) -> int:
        """The token at a byte offset of the tree."""
        return self.tokens.at(self.sql.character(location))

    def place(self, node: Node) -> int | None:
        """The token where a node starts; None where the tree does not say."""
        location = node.get("location", 0)
        return self.at(location) if location >= 0 else None

    def find(self, *words: str, start: int | None = None) -> int | None:
        """The first token outside parentheses that is one of `words`."""
        return self.tokens.find(words, self.first if start is None else start, self.last)

    # --- names ---

    @staticmethod
    def name(text: str | None) -> str | None:
        """A name, or None where a piece of it is not known."""
        return None if not text or is_hole(text) else text

    def names(self, nodes: Iterable[Node]) -> tuple[tuple[str, ...], bool]:
        """The known names of a list of strings, and whether those are all."""
        found = [self.name(string(node)) for node in nodes]
        return tuple(name for name in found if name is not None), None not in found

    def relation(self, node: Node | None) -> Relation:
        """The relation of a (bare) RangeVar."""
        node = node or {}
        return self.qualified([node.get("schemaname", ""), node.get("relname", "")])

    def qualified(self, parts: list[str]) -> Relation:
        """The relation that the last one or two of `parts` name."""
        parts = [part for part in parts if part][-2:]
        name = self.name(parts[-1]) if parts else None
        if len(parts) < 2:
            return Relation(name)
        return Relation(name, UNKNOWN_SCHEMA if is_hole(parts[0]) else parts[0])

    def named(self, nodes: Iterable[Node]) -> Relation:
        """The relation of a list of name parts."""
        return self.qualified([part for part in map(string, nodes) if part is not None])

    def relations(self, nodes: Iterable[Node]) -> tuple[Relation, ...]:
        """The relations of a list of wrapped RangeVars."""
        return tuple(self.relation(node["RangeVar"]) for node in nodes if "RangeVar" in node)

    def relation_span(self, node: Node | None) -> Span:
        """Where a RangeVar stands."""
        if not node:
            return NOWHERE
        index = self.place(node)
        return NOWHERE if index is None else self.span_of(index, self.tokens.name_end(index))

    # --- expressions ---

    def expression(self, node: Any, first: int, last: int) -> Expression:
        """The expression `node` that the tokens `first` to `last` spell."""
        start, end = self._characters(first, last)
        if start >= end:
            return Expression(None)
        return Expression(
            None if self.sql.has_hole(start, end) else self.shown(first, last),
            literal=is_constant(node) and not self.sql.has_stand_in(start, end),
            span=self.span_of(first, last),
        )

    def in_parentheses(self, node: Any, index: int) -> Expression:
        """The expression in the first parentheses at or behind `index`."""
        while index < self.last and self.tokens.word(index) != "(":
            index += 1
        return self.expression(node, index + 1, self.tokens.close(index))

    def after(self, word: str, node: Any, *stops: str) -> Expression:
        """The expression behind the keyword `word` that comes before `node`, up to one of `stops`."""
        location = first_location(node)
        if location is None:
            return Expression(None)
        index = self.at(location)
        while index > self.first and self.tokens.word(index - 1) != word:
            index -= 1
        stop = self.tokens.find(stops, index, self.last)
        return self.expression(
            node, index, self.tokens.end_of_level(index, self.last) if stop is None else stop
        )


def object_parts(node: Node) -> list[str]:
    """The name parts of the object that a DROP, COMMENT or ALTER statement names."""
    if "ObjectWithArgs" in node:
        return [part for part in map(string, node["ObjectWithArgs"].get("objname", [])) if part is not None]
    if "TypeName" in node:
        return [part for part in map(string, node["TypeName"].get("names", [])) if part is not None]
    if "RangeVar" in node:
        fields = node["RangeVar"]
        return [part for part in (fields.get("schemaname"), fields.get("relname")) if part]
    if "List" in node:
        return [part for item in items(node) if "List" not in item for part in object_parts(item)]
    text = string(node)
    return [] if text is None else [text]
