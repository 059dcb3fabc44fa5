"""The text that a fix changes: its nodes, its line ends, its indentation."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from ..syntax.source import Source
from ..syntax.span import Span
from ..syntax.tree import Node, Tree, parse


class Document:
    """One source with its tree, asked about by the offsets that the analysis gives."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.data = source.data

    @cached_property
    def tree(self) -> Tree:
        return parse(self.source)

    @cached_property
    def newline(self) -> str:
        """The line end of the file: that of its first line."""
        end = self.data.find(b"\n")
        if end < 0:
            return "\r" if b"\r" in self.data else "\n"
        return "\r\n" if self.data[end - 1 : end] == b"\r" else "\n"

    def lines(self, text: str) -> str:
        """`text` with the line ends of the file."""
        return text.replace("\n", self.newline)

    def node(self, span: Span) -> Node | None:
        """The outermost node that has exactly this span."""
        for node in self.path(span):
            if node.span == span:
                return node
        return None

    def path(self, span: Span) -> list[Node]:
        """The nodes that enclose `span`, outermost first."""
        path = [self.tree.root]
        while True:
            children = path[-1].children
            # The children lie one behind the other: of those that begin early enough, the last may hold it.
            number = bisect_right(children, span.start, key=lambda child: child.start) - 1
            while number >= 0 and children[number].end == span.start and span.end > span.start:
                number -= 1
            if number < 0 or not children[number].span.encloses(span):
                return path
            path.append(children[number])

    def calls(self, span: Span, *names: str) -> Iterator[Node]:
        """The calls of these functions within `span`, in the order of the text."""
        top = self.node(span)
        for node in top.walk() if top is not None else ():
            if node.kind == "call" and node.children[0].text in names:
                yield node

    # --- lines ---------------------------------------------------------------------------------------------

    def line_start(self, offset: int) -> int:
        lines = self.source.lines
        return lines.line_start(lines.line_of(offset))

    def line_end(self, offset: int) -> int:
        """Where the line of `offset` ends, before its line end."""
        lines = self.source.lines
        return lines.line_end(lines.line_of(offset))

    def lines_of(self, span: Span) -> Span:
        """The whole lines that the span stands on, with the comments right above them."""
        start = self.line_start(span.start)
        while start:
            above = self.line_start(start - 1)
            if not self.data[above:start].lstrip(b" \t").startswith(b"#"):
                break
            start = above
        return Span(start, self.next_line(span.end))

    def next_line(self, offset: int) -> int:
        """Where the line after that of `offset` begins; the end of the text for the last one."""
        lines = self.source.lines
        return lines.line_start(lines.line_of(offset) + 1)

    def indentation(self, offset: int) -> str:
        """The white space that the line of `offset` begins with."""
        start = self.line_start(offset)
        line = self.data[start : self.line_end(offset)]
        return line[: len(line) - len(line.lstrip(b" \t"))].decode("ascii")

    def starts_line(self, offset: int) -> bool:
        """Whether only white space stands before `offset` in its line."""
        return not self.data[self.line_start(offset) : offset].strip(b" \t")

    def rest_of_line(self, offset: int) -> bytes:
        return self.data[offset : self.line_end(offset)]

    def ends_line(self, offset: int) -> bool:
        """Whether only white space or a comment follows in the line of `offset`."""
        rest = self.rest_of_line(offset).strip()
        return not rest or rest.startswith(b"#")

    def is_clean(self, span: Span) -> bool:
        """Whether the text parsed and is UTF-8, so that it can be written anew."""
        try:
            self.data[span.start : span.end].decode("utf-8")
        except UnicodeDecodeError:
            return False
        node = self.node(span)
        return node is not None and not node.has_error

    def indented(self, text: str, indent: str) -> str:
        """`text`, written with two spaces a level, at `indent` and in its style (tabs stay tabs)."""
        unit = "\t" if "\t" in indent else "  "
        lines = []
        for line in text.split("\n"):
            bare = line.lstrip(" ")
            depth = (len(line) - len(bare)) // 2
            lines.append(indent + unit * depth + bare if bare else "")
        return "\n".join(lines)
