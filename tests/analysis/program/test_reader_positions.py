"""Positions in strings: an error in SQL points at the SQL, wherever it was written."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.program import commands as c
from ecto_migrations_analysis.program.terms import Text

from .reading import module, up


def located(text: str, needle: str) -> str:
    """The source that stands for `needle` in the SQL of the first `execute`."""
    command = next(item for item in up(text) if isinstance(item, c.Execute))
    assert isinstance(command.up, Text)
    value = command.up.display("")
    start = value.index(needle)
    span = command.up.source_span(start, start + len(needle))
    return text.encode()[span.start : span.end].decode()


@pytest.mark.parametrize(
    ("body", "needle", "source"),
    [
        ('def up, do: execute("SELECT é FROM t")', "FROM t", "FROM t"),
        ('def up do\n  execute """\n    SELECT 1\n      FROM t\n    """\nend', "FROM t", "FROM t"),
        ('def up do\n  execute """\n    A\n      B\n    """\nend', "A\n  B", "A\n      B"),
        ('@sql "SELECT 🎉 FROM t"\ndef up, do: execute(@sql)', "FROM", "FROM"),
        ('def up do\n  sql = ~s(SELECT "x")\n  execute sql\nend', '"x"', '"x"'),
        ('def up, do: execute("A " <> "B " <> "C")', "B", "B"),
        ('def up, do: execute("a\\nFROM")', "FROM", "FROM"),
        ('def up do\n  t = "posts"\n  execute "DROP TABLE #{t} CASCADE"\nend', "posts", "#{t}"),
        ('def up do\n  t = "posts"\n  execute "DROP TABLE #{t} CASCADE"\nend', "CASCADE", "CASCADE"),
        ('def up, do: execute(String.trim("  FROM t  "))', "FROM", "FROM"),
        ('def up, do: execute(sql("t"))\ndefp sql(t), do: "DROP #{t}; X"', "X", "X"),
        ("def up, do: Enum.each(~w(DROP VACUUM), &execute/1)", "DROP", "DROP"),
        ('def up, do: execute(Enum.join(["A", "B"], " "))', "B", "B"),
    ],
)
def test_where_a_part_of_the_sql_was_written(body: str, needle: str, source: str) -> None:
    text = f"defmodule M do\nuse Ecto.Migration\n{body}\nend\n"
    assert located(text, needle) == source


def test_crlf_and_what_is_no_ascii_in_front() -> None:
    text = module('def up do\n  # é 🎉\n  execute """\n  A é\n  B\n  """\nend').replace("\n", "\r\n")
    assert located(text, "B") == "B"


def test_text_from_a_function_points_at_the_call() -> None:
    text = 'defmodule M do\nuse Ecto.Migration\ndef up, do: execute(String.upcase("drop"))\nend\n'
    assert located(text, "DROP") == 'String.upcase("drop")'
