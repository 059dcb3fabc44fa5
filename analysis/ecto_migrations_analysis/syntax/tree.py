"""The syntax tree of an Elixir text, as plain Python objects.

tree-sitter-elixir gives a tree for any text. It is walked once, without recursion (the nesting of a hostile
text is only bounded by its size), into `Node` objects: reading an attribute of those costs a fraction of
asking the parser's own nodes, and the reader looks at a node again each time a loop or a helper function
runs it.

Comments are no children of any node; `Tree.comments` holds them.
"""

from __future__ import annotations

# What `threading.local` is; importing threading takes longer than all of this module.
from _thread import _local as local
from collections.abc import Iterator
from functools import cache

import tree_sitter
import tree_sitter_elixir

from .source import Source
from .span import Span

ERROR = "ERROR"

_tuple = tuple.__new__

# Nodes whose operator (an anonymous token) tells what they are.
_OPERATIONS = frozenset({"binary_operator", "unary_operator"})
# Nodes whose children are statements (`arguments` and the like hold expressions).
STATEMENT_LISTS = frozenset(
    {"source", "do_block", "block", "body", "else_block", "rescue_block", "catch_block", "after_block"}
)


class Node:
    """A named node of the grammar tree-sitter-elixir.

    `kind` is its type there (`call`, `atom`, `do_block`, …); `children` are its named children without
    comments; `operator` is set for `binary_operator` and `unary_operator`. `has_error` is true where a part
    of it did not parse or is missing.
    """

    __slots__ = ("children", "data", "end", "has_error", "kind", "memo", "missing", "operator", "start")

    def __init__(self, kind: str, start: int, end: int, data: bytes) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.data = data
        self.children: list[Node] = []
        self.operator = ""
        self.has_error = False
        # A token of this very node is missing, as the `end` of an open block.
        self.missing = False
        # For who walks the tree: what a node stands for, where that is the same each time (a literal).
        self.memo: object = None

    @property
    def span(self) -> Span:
        # As `Span(self.start, self.end)`, without the call of a Python function that this is.
        return _tuple(Span, (self.start, self.end))

    @property
    def text(self) -> str:
        """The source of the node; bytes that are no UTF-8 become U+FFFD."""
        return self.data[self.start : self.end].decode("utf-8", "replace")

    def child(self, kind: str) -> Node | None:
        """The first child of this kind."""
        for child in self.children:
            if child.kind == kind:
                return child
        return None

    def walk(self) -> Iterator[Node]:
        """This node and everything below it, in the order of the text."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.children))

    def __repr__(self) -> str:
        return f"<{self.kind} {self.start}:{self.end}>"


class Tree:
    """`root` is the node `source`; `comments` are the spans of the comments, in order."""

    def __init__(self, root: Node, comments: tuple[Span, ...]) -> None:
        self.root = root
        self.comments = comments

    def path_at(self, offset: int) -> list[Node]:
        """The nodes that hold a caret at `offset`, outermost first.

        Where two neighbours touch the caret, the later one counts.
        """
        path = [self.root]
        while True:
            inner = [child for child in path[-1].children if child.start <= offset <= child.end]
            if not inner:
                return path
            path.append(inner[-1])

    def broken(self) -> tuple[Span, ...]:
        """The smallest statements around each part that did not parse.

        Of a block that lacks its `end`, the place where that is missed: its statements are as they are.
        """
        found: list[Span] = []
        pending = [self.root] if self.root.has_error else []
        while pending:
            node = pending.pop()
            inner = [child for child in node.children if child.has_error]
            if node.kind in STATEMENT_LISTS:
                pending.extend(inner)
                if node.missing:
                    found.append(Span(node.end, node.end))
                continue
            # A statement: its own statement lists may narrow the error down, if everything else in it parsed.
            lists = [child for child in inner if errs_in_statements(child)]
            if node.kind != ERROR and lists and len(lists) == len(inner):
                pending.extend(lists)
            else:
                found.append(node.span)
        return tuple(sorted(found))


def errs_in_statements(node: Node) -> bool:
    """Whether each error below `node` lies in a statement list (of a block, however deep in it)."""
    pending = [node]
    while pending:
        current = pending.pop()
        if current.kind == ERROR:
            return False
        if current.kind in STATEMENT_LISTS:
            continue
        inner = [child for child in current.children if child.has_error]
        if not inner:
            return False
        pending.extend(inner)
    return True


@cache
def _language() -> tree_sitter.Language:
    return tree_sitter.Language(tree_sitter_elixir.language())


class _Parsers(local):
    """A parser for each thread: it has a state, and the binding lets go of the interpreter's lock."""

    def __init__(self) -> None:
        self.elixir = tree_sitter.Parser(_language())


_parsers = _Parsers()


@cache
def _kinds() -> list[tuple[str, bool]]:
    """Each kind of node by its number: its name, and whether it is a named one. Asking a node for its number
    costs a third of asking for both."""
    language = _language()
    return [
        (language.node_kind_for_id(number) or "", language.node_kind_is_named(number))
        for number in range(language.node_kind_count)
    ]


def parse(source: Source) -> Tree:
    """The tree of `source`, whatever it holds; takes time linear in its size."""
    return parse_bytes(source.data)


def parse_bytes(data: bytes) -> Tree:
    parsed = _parsers.elixir.parse(data)
    cursor = parsed.walk()
    top = cursor.node
    assert top is not None
    faulty = top.has_error
    root = Node(top.type, 0, len(data), data)
    comments: list[Span] = []
    ancestors = [root]
    kinds = _kinds()
    if not cursor.goto_first_child():
        root.has_error = faulty
        return Tree(root, ())
    while True:
        current = cursor.node
        assert current is not None
        parent = ancestors[-1]
        number = current.kind_id
        # The number of ERROR is beyond those of the grammar.
        kind, named = kinds[number] if number < len(kinds) else (current.type, current.is_named)
        descended = False
        if named:
            if kind == "comment":
                comments.append(Span(current.start_byte, current.end_byte))
            else:
                node = Node(kind, current.start_byte, current.end_byte, data)
                parent.children.append(node)
                if faulty and (kind == ERROR or current.is_missing):
                    node.has_error = True
                if cursor.goto_first_child():
                    ancestors.append(node)
                    descended = True
        else:
            if parent.kind in _OPERATIONS and kind not in "()":
                parent.operator = kind
            if faulty and current.is_missing:
                parent.has_error = parent.missing = True
        if descended:
            continue
        while not cursor.goto_next_sibling():
            done = ancestors.pop()
            if not ancestors:
                return Tree(root, tuple(comments))
            if done.has_error:
                ancestors[-1].has_error = True
            cursor.goto_parent()
