"""On any text the reader returns, its spans lie in the text, and it says nothing about what did not parse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ecto_migrations_analysis.program import commands as c
from ecto_migrations_analysis.program.reader import ReadFile, read
from ecto_migrations_analysis.syntax.source import Source
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .reading import change, module

FACTS = Path(__file__).parents[2] / "facts" / "runner.jsonl"
MODULES = [json.loads(line)["module"] for line in FACTS.read_text("utf-8").splitlines()]
TEXTS = [f"defmodule M do\n  use Ecto.Migration\n{body}\nend\n" for body in MODULES]

PIECES = [
    *("do", "end", "fn", "->", "else", "rescue", "when", "if", "for", "case", "def", "defp", "x", "t", "_"),
    *("create", "alter", "drop", "add", "modify", "remove", "table", "index", "references", "execute"),
    *("timestamps()", "flush()", "repo()", "direction()", "prefix()", "Enum.each", "String.upcase", "M.f"),
    *(":a", ":up", '"s"', '"#{x}"', '"""\n  h\n  """', "~w(a b)a", "~S(x)", "nil", "true", "1", "1.5", "?a"),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "%{",
        ",",
        ".",
        ":",
        "|",
        "|>",
        "<>",
        "++",
        "=",
        "==",
        "=>",
        "<-",
        "&",
        "@",
    ),
    *("&1", "@x", "null: false", "do:", "\n", "\n", "\n", " ", "\t", ";", "#", "é", "🎉", "\\", '"', "'"),
]

FAST = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def inner(commands: tuple[c.Command, ...]) -> Iterator[c.Command]:
    for command in commands:
        yield command
        if isinstance(command, c.Execute):
            yield from inner(command.up_commands)
            yield from inner(command.down_commands)
            yield from inner(command.unflushed)


def commands_of(found: ReadFile) -> Iterator[c.Command]:
    for migration in found.migrations:
        for program in (migration.up, migration.down):
            yield from inner(program.commands if program else ())


def check(data: bytes) -> None:
    found = read(Source(data))
    size = len(data)
    for span in found.broken:
        assert 0 <= span.start <= span.end <= size
    for command in commands_of(found):
        # Where the parser misses a name, the code that is not known has no text.
        shortest = 0 if isinstance(command, c.UnknownCode) else 1
        assert 0 <= command.span.start <= command.span.end - shortest <= size - shortest
        for span in command.via:
            assert 0 <= span.start < span.end <= size
        changes: tuple[c.Change, ...] = ()
        if isinstance(command, c.CreateTable):
            changes = command.columns
        elif isinstance(command, c.AlterTable):
            changes = command.changes
        assert all(0 <= item.span.start <= item.span.end <= size for item in changes)
        if isinstance(command, c.UnknownCode | c.Flush):
            continue
        if changes and all(isinstance(item, c.UnknownChange) for item in changes):
            # That a table is new is said even where a line of its block did not parse.
            continue
        if isinstance(command, c.DropTable) and command.table.span.start > command.span.start + 6:
            # The rollback of such a table: `create table(…) do …`.
            continue
        for span in found.broken:
            assert span.start == span.end or not command.span.encloses(span), command


@FAST
@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_code_made_of_pieces(pieces: list[str]) -> None:
    body = " ".join(pieces)
    check(change(body).encode())
    check(module(body).encode())
    check(body.encode())


@FAST
@given(st.data())
def test_a_migration_with_a_part_cut_out_doubled_or_replaced(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        middle = data.draw(st.sampled_from(["", text[start:end] * 2, *PIECES]))
        text = text[:start] + middle + text[end:]
    check(text.encode())


@FAST
@given(st.data())
def test_a_migration_as_it_is_typed(data: st.DataObject) -> None:
    """Cut off anywhere, with and without what an editor puts behind the caret."""
    text = data.draw(st.sampled_from(TEXTS))
    at = data.draw(st.integers(0, len(text)))
    line_end = text.find("\n", at)
    check(text[:at].encode())
    check((text[:at] + (text[line_end:] if line_end >= 0 else "")).encode())


@FAST
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    check(data)
    check(b"defmodule M do\nuse Ecto.Migration\ndef change do\n" + data + b"\nend\nend")


DEEP = 3000


@pytest.mark.parametrize(
    "body",
    [
        "(" * DEEP + "1" + ")" * DEEP,
        "x = " + "[" * DEEP + "]" * DEEP,
        "x = " + "%{a: " * DEEP + "1" + "}" * DEEP,
        "if true do\n" * DEEP + 'execute "a"\n' + "end\n" * DEEP,
        "if x() do\n" * DEEP + 'execute "a"\n' + "end\n" * DEEP,
        "x = " + "fn -> " * DEEP + "1" + " end" * DEEP,
        "x = 1" + " |> f()" * DEEP,
        'execute "a"' + ' <> "b"' * DEEP,
        "x = 1" + " + 1" * DEEP,
        'execute "' + '#{"' * DEEP + "a" + '"}' * DEEP + '"',
        "x = " + "not " * DEEP + "true",
        "{" * DEEP + "a" + "}" * DEEP + " = x",
        "cond do\ntrue -> " * 500 + "1" + "\nend" * 500,
    ],
    ids=range(13),
)
def test_deep_nesting(body: str) -> None:
    check(change(body).encode())


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        'for a <- 1..1000, b <- 1..1000, c <- 1..1000, do: execute("#{a}#{b}#{c}")',
        'Enum.each(1..900, fn a -> Enum.each(1..900, fn b -> execute("#{a}#{b}") end) end)',
        'x = "aaaaaaaaaa"\n' + "x = x <> x\n" * 60 + "execute x",
        'x = "a"\n' + 'x = "#{x}#{x}"\n' * 60 + "execute x",
        "x = [1, 2]\n" + "x = x ++ x\n" * 60 + 'Enum.each(x, fn y -> execute("#{y}") end)',
        "x = {1}\n" + "x = {x, x}\n" * 200 + "y = x == x\ncreate table(:a, prefix: x)",
        "x = [1]\n" + "x = Enum.concat(x, x)\n" * 60,
        "x = 2\n" + "x = x * x\n" * 60 + 'execute "#{x}"',
        'x = "a"\n' + 'x = String.replace(x, "a", "aaaaaaaaaaaaaaaa")\n' * 60 + "execute x",
        "x = %{a: 1}\n" + "x = %{a: x, b: x}\n" * 200 + "execute inspect(x)",
    ],
    ids=range(10),
)
def test_values_and_loops_that_explode(body: str) -> None:
    check(change(body).encode())


@pytest.mark.parametrize(
    "body",
    [
        'def up, do: f(0)\ndef f(n) do\n  execute "x"\n  f(n + 1)\n  f(n + 2)\nend',
        "def up, do: f(0)\ndefp f(n), do: g(n)\ndefp g(n), do: f(n)",
        'def up, do: f(System.get_env("X"))\ndefp f(nil), do: 1\ndefp f(n), do: f(g(n))\ndefp g(x), do: f(x)',
        "def up do\n  f = fn f -> f.(f) end\n  f.(f)\nend",
        "def up, do: execute(&up/0)",
        "@a @a\n@b {@a, @b}\ndef up, do: execute(@b)",
        "defdelegate up, to: M",
        "defdelegate up, to: __MODULE__, as: :down\ndefdelegate down, to: __MODULE__, as: :up",
        "import M\ndef up, do: other()",
        "alias M, as: M\ndef up, do: M.M.up()",
    ],
    ids=range(10),
)
def test_recursion_of_every_kind(body: str) -> None:
    check(module(body).encode())


def test_a_loop_too_long_to_be_followed_says_so() -> None:
    found = read(Source.from_text(change('for a <- 1..1000, b <- 1..1000, do: execute("x")')))
    reasons = [item.reason for item in commands_of(found) if isinstance(item, c.UnknownCode)]
    assert "the migration is too long to be followed" in reasons


@pytest.mark.slow
def test_a_megabyte() -> None:
    check(change("create table(:a) do\n" + "  add :x, :string\n" * 10_000 + "end").encode())
    check(change('execute """\n' + "  SELECT 1;\n" * 80_000 + '  """').encode())
