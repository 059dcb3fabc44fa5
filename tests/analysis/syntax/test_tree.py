"""The tree as plain objects."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.syntax.span import Span
from ecto_migrations_analysis.syntax.tree import Tree, parse_bytes


def tree(text: str) -> Tree:
    return parse_bytes(text.encode())


def broken(text: str) -> list[str]:
    return [text[span.start : span.end] for span in tree(text).broken()]


def test_nodes_have_kind_span_children_and_operator() -> None:
    root = tree("x = foo(1, a: 2) # note").root
    (assignment,) = root.children
    assert (assignment.kind, assignment.operator) == ("binary_operator", "=")
    left, call = assignment.children
    assert (left.kind, left.text, left.span) == ("identifier", "x", Span(0, 1))
    assert [child.kind for child in call.children] == ["identifier", "arguments"]
    assert [child.kind for child in call.children[1].children] == ["integer", "keywords"]


def test_comments_are_kept_aside() -> None:
    text = "foo(\n  # one\n  1 # two\n)"
    found = tree(text)
    assert [text[span.start : span.end] for span in found.comments] == ["# one", "# two"]
    assert all(node.kind != "comment" for node in found.root.walk())


def test_path_to_a_caret() -> None:
    text = "create table(:posts)"
    kinds = [node.kind for node in tree(text).path_at(text.index("posts"))]
    assert kinds == ["source", "call", "arguments", "call", "arguments", "atom"]


def test_nothing_is_broken_in_what_parses() -> None:
    found = tree("if x do\n  1\nelse\n  2\nend")
    assert found.broken() == () and not found.root.has_error


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("foo(1)\nbar(2", ["bar(2"]),
        ("def a do\n  ok()\n  x(%{a: )\n  ok()\nend", ["x(%{a: )\n  "]),
        ("def a do\n  ok()\n  if b do\n    y(]\n  end\nend", ["(]"]),
        # A block that lacks its end: nothing in it is broken, and the place is where the end is missed.
        ("def a do\n  ok()\n", [""]),
    ],
)
def test_the_smallest_statement_around_an_error(text: str, parts: list[str]) -> None:
    found = broken(text)
    assert [part.strip() for part in found] == [part.strip() for part in parts]


def test_deep_nesting_is_no_recursion() -> None:
    found = tree("(" * 20_000 + "1" + ")" * 20_000)
    assert sum(1 for _ in found.root.walk()) > 20_000


def test_any_bytes_make_a_tree() -> None:
    for data in (b"", b"\xff\xfe\x00", b"\n\n\n", b'"', b"defmodule", bytes(range(256))):
        parse_bytes(data).broken()
