"""Edits of the options of a call: take some out, put one in, change a value."""

from __future__ import annotations

import re

from ..syntax.span import Span
from ..syntax.tree import Node
from . import elixir
from .document import Document
from .model import Edit


class CallOptions:
    """The keyword list behind the first `positional` arguments of a call, as it is written there.

    `pairs` are the options by key. `editable` is False where the options are not spelled out in the call (a
    variable, a module attribute) and so cannot be changed there.
    """

    def __init__(self, document: Document, call: Node, positional: int) -> None:
        self.document = document
        self.call = call
        self.arguments = next((child for child in call.children if child.kind == "arguments"), None)
        given = self.arguments.children if self.arguments is not None else []
        self.before = given[positional - 1] if 0 < positional <= len(given) else None
        self.options = given[positional] if len(given) > positional else None
        self.list = _keyword_node(self.options)
        empty = self.options is not None and self.options.kind == "list" and not self.options.children
        self.editable = (
            len(given) >= positional
            and len(given) <= positional + 1
            # Without brackets, pairs are the last argument there can be.
            and (self.before is None or self.before.kind != "keywords")
            and (self.options is None or self.list is not None or empty)
        )
        self.pairs: dict[str, Node] = {}
        for pair in self.list.children if self.list is not None else ():
            self.pairs.setdefault(_key(pair), pair)

    def value(self, key: str) -> Node | None:
        pair = self.pairs.get(key)
        return pair.children[-1] if pair is not None and len(pair.children) == 2 else None

    def without(self, *keys: str) -> tuple[Edit, ...] | None:
        """Takes the pairs with these keys out, with their commas; comments between them stay.

        None where the call has none of them.
        """
        if self.list is None or self.options is None:
            return None
        pairs = self.list.children
        gone = [pair for pair in pairs if _key(pair) in keys]
        if not gone:
            return None
        if len(gone) == len(pairs):
            return self._cut(self.before, [self.options])
        edits: list[Edit] = []
        kept: Node | None = None
        run: list[Node] = []
        for pair in pairs:
            if pair in gone:
                run.append(pair)
                continue
            if run:
                edits += self._cut_before(run, pair)
            run, kept = [], pair
        return (*edits, *self._cut(kept, run)) if run else tuple(edits)

    def _cut_before(self, run: list[Node], following: Node) -> tuple[Edit, ...]:
        """Takes out pairs that another one follows: what follows moves up to their place."""
        span = Span(run[0].start, following.start)
        if not self._comments(span):
            return (Edit(span, ""),)
        ends = [*(pair.start for pair in run[1:]), following.start]
        return tuple(
            self._cut_alone(Span(pair.start, self._comma(pair.end, end) + 1))
            for pair, end in zip(run, ends, strict=True)
        )

    def _cut(self, before: Node | None, run: list[Node]) -> tuple[Edit, ...]:
        """Takes out the last pairs (or the whole list), and the comma between them and `before`."""
        if before is None:
            return (Edit(Span(run[0].start, run[-1].end), ""),)
        span = Span(before.end, run[-1].end)
        if not self._comments(span):
            return (Edit(span, ""),)
        comma = self._comma(before.end, run[0].start)
        edits = [Edit(Span(comma, comma + 1), "")]
        for number, pair in enumerate(run):
            end = self._comma(pair.end, run[number + 1].start) + 1 if number + 1 < len(run) else pair.end
            edits.append(self._cut_alone(Span(pair.start, end)))
        return tuple(edits)

    def _cut_alone(self, span: Span) -> Edit:
        """Takes `span` out, and its line where nothing else stands in it."""
        document = self.document
        start, end = span
        if not document.starts_line(start):
            return Edit(span, "")
        rest = document.rest_of_line(end)
        if not rest.strip():
            return Edit(Span(document.line_start(start), document.next_line(end)), "")
        # What follows in the line, such as a comment, moves up to its place.
        return Edit(Span(start, end + len(rest) - len(rest.lstrip(b" \t"))), "")

    def _comments(self, span: Span) -> bool:
        return any(span.start <= comment.start < span.end for comment in self.document.tree.comments)

    def _comma(self, start: int, end: int) -> int:
        """The offset of the comma between two arguments."""
        comments = self.document.tree.comments
        at = self.document.data.index(b",", start, end)
        while any(comment.start <= at < comment.end for comment in comments):
            at = self.document.data.index(b",", at + 1, end)
        return at

    def with_pair(self, text: str) -> Edit | None:
        """Puts the pair `text` (`key: value`) behind the last one, or as the only one; None: not editable."""
        if not self.editable:
            return None
        written = [pair.text for pair in self.list.children] if self.list is not None else []
        if (broken := self._one_pair_a_line([*written, text], len(f", {text}"))) is not None:
            return broken
        if self.list is not None:
            last = self.list.children[-1]
            gap = " "
            if self.document.starts_line(last.start):
                # One pair a line: the new one gets its own.
                gap = self.document.newline + self.document.indentation(last.start)
            return Edit(Span(last.end, last.end), f",{gap}{text}")
        if self.options is not None:  # []
            return Edit(self.options.span, f"[{text}]")
        if self.before is not None:
            gap = " "
            if self.document.starts_line(self.before.start) and self.before.start > self.call.start:
                # One argument a line, or the last one below the others.
                gap = self.document.newline + self.document.indentation(self.before.start)
            return Edit(Span(self.before.end, self.before.end), f",{gap}{text}")
        if self.arguments is not None:  # ()
            at = self.arguments.start + 1
            return Edit(Span(at, at), text)
        return Edit(Span(self.call.end, self.call.end), f"({text})")

    def replace_pair(self, key: str, text: str) -> Edit | None:
        """Puts the pair `text` in the place of the one with this key."""
        pair = self.pairs.get(key)
        if pair is None or self.list is None:
            return None
        written = [text if other is pair else other.text for other in self.list.children]
        return self._one_pair_a_line(written, len(text) - len(pair.text)) or Edit(pair.span, text)

    def _one_pair_a_line(self, written: list[str], longer: int) -> Edit | None:
        """All pairs on lines of their own, where `longer` makes a line too long that was not.

        As `mix format` does it for `add :a, :b, pairs` and `create index(:a, [:b], pairs)`; None for every
        other form, and where there is room.
        """
        document, before = self.document, self.before
        if before is None or (self.options is not None and self.options.kind != "keywords"):
            return None
        start, end = document.line_start(self.call.start), document.line_end(self.call.end)
        line = document.data[start:end].decode("utf-8", "replace")
        if "\n" in line or not len(line) <= elixir.WIDTH < len(line) + longer:
            return None
        opening = document.data[self.call.children[0].end : self.call.children[0].end + 1]
        command = re.match(rb"[ \t]*\w+ ", document.data[start:end])
        if opening == b" " and document.starts_line(self.call.start):
            indent, closing = document.indentation(start) + "  ", ""
        elif opening == b"(" and command is not None and start + command.end() == self.call.start:
            indent = document.indentation(start) + " " * len(command[0].lstrip())
            indent, closing = indent + "  ", f"{document.newline}{indent}"
        else:
            return None
        lines = [f",{document.newline}{indent}{pair}" for pair in written]
        stop = self.options.end if self.options is not None else before.end
        return Edit(Span(before.end, stop), "".join(lines) + closing)

    def replace_value(self, key: str, text: str) -> Edit | None:
        value = self.value(key)
        return Edit(value.span, text) if value is not None else None


def _keyword_node(options: Node | None) -> Node | None:
    """The node `keywords` of an argument that is a keyword list, with or without brackets."""
    if options is None:
        return None
    if options.kind == "keywords":
        return options
    if options.kind == "list" and len(options.children) == 1 and options.children[0].kind == "keywords":
        return options.children[0]
    return None


def _key(pair: Node) -> str:
    if not pair.children:
        return ""
    key = pair.children[0]
    if key.kind == "keyword":
        return key.text.rstrip().removesuffix(":")
    return "".join(child.text for child in key.children)
