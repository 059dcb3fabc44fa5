"""What quoted literals say, and where in the source each part of it stands.

The expected values are what Elixir 1.14 evaluates the same literals to.
"""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.syntax.strings import Hole, Literal, parts
from ecto_migrations_analysis.syntax.tree import Node, parse_bytes


def quoted(source: str) -> Node:
    data = source.encode()
    return next(
        node
        for node in parse_bytes(data).root.walk()
        if node.kind in ("string", "sigil", "quoted_atom", "charlist")
    )


def decoded(source: str) -> str:
    return "".join(part.text if isinstance(part, Literal) else "‹›" for part in parts(quoted(source)))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('"a"', "a"),
        ('""', ""),
        (r'"tab\there"', "tab\there"),
        (r'"\x41\u00e9\u{1F600}\s\d\e\a\b\f\v\0\q\#{x}"', "A\u00e9\U0001f600 \x7f\x1b\a\b\f\v\0q#{x}"),
        ('"a\n  b\\\n  c"', "a\n  b  c"),
        ('"a\r\nb"', "a\r\nb"),
        (r"~S(a\)b\n)", r"a)b\n"),
        (r"~s(a\)b\n)", "a)b\n"),
        (r'~s|a "b" c|', 'a "b" c'),
        (':"varchar(10)"', "varchar(10)"),
        ('"é#{x}ü"', "é‹›ü"),
        ('"""\n  a\n    b\n  """', "a\n  b\n"),
        ('"""\n\ta\n\t b\n\t"""', "a\n b\n"),
        ('"""\r\n  a\r\n  b\r\n  """', "a\r\nb\r\n"),
        ('"""\n  a\n c\n\n    d\n  """', "a\nc\n\n  d\n"),
        ('"""\n  a \\\n  b\\t\n  """', "a b\t\n"),
        ('"""\n  a \\\\\n  b\n  """', "a \\\nb\n"),
        ('~S"""\n  a\\nb\n  c \\\n  d\n  """', "a\\nb\nc \\\nd\n"),
        ('~SQL"""\n  a\n  """', "a\n"),
        ('"""\n  a#{1\n}\n  b\n  """', "a‹›\nb\n"),
        ('"""\n"""', ""),
        ('"""\n  #{x}\n    #{y} z\n  """', "‹›\n  ‹› z\n"),
        ("'abc'", "abc"),
    ],
)
def test_the_value_of_a_literal(source: str, value: str) -> None:
    assert decoded(source) == value


@pytest.mark.parametrize(
    "source",
    [
        '"plain é text"',
        '"""\n    SELECT 1\n      FROM é;\n\n   x\\ty #{z} w\n    """',
        '~S"""\n  a\\nb\n  """',
        '"a\\nb"',
    ],
)
def test_verbatim_parts_are_the_bytes_of_the_source(source: str) -> None:
    data = source.encode()
    for part in parts(quoted(source)):
        if isinstance(part, Literal) and part.verbatim:
            assert data[part.span.start : part.span.end].decode() == part.text


def test_escapes_and_interpolations_stand_for_their_whole_source() -> None:
    source = r'"a\u00e9#{b}"'
    spans = [source.encode()[part.span.start : part.span.end].decode() for part in parts(quoted(source))]
    assert spans == ["a", r"\u00e9", "#{b}"]
    assert isinstance(list(parts(quoted(source)))[2], Hole)


def test_bytes_that_are_no_utf8_are_not_verbatim() -> None:
    node = next(node for node in parse_bytes(b'"a\xffb"').root.walk() if node.kind == "string")
    (part,) = parts(node)
    assert isinstance(part, Literal) and not part.verbatim and part.text == "a\ufffdb"
