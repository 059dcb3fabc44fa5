"""The source frame: the squiggle stands under its span whatever the line holds."""

from __future__ import annotations

from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Span
from ecto_migrations_server.cli.cells import width
from ecto_migrations_server.cli.frame import frame
from ecto_migrations_server.cli.terminal import ASCII, Terminal
from hypothesis import given, settings
from hypothesis import strategies as st


def framed(text: str, terminal: Terminal | None = None, label: str = "") -> list[str]:
    """The frame of a text whose span stands between `«` and `»`."""
    start = len(text.partition("«")[0].encode())
    plain = text.replace("«", "")
    end = len(plain.partition("»")[0].encode())
    source = Source(plain.replace("»", "").encode())
    return frame(source, Span(start, end), label, terminal or Terminal())


def test_two_lines_before_and_one_after() -> None:
    text = "one\ntwo\n    alter table(:posts) do\n      add :status, :string, «null: false»\n    end\nend\n"
    assert framed(text, label="no value") == [
        "    2 │ two",
        "    3 │     alter table(:posts) do",
        "    4 │       add :status, :string, null: false",
        "      │                             ━━━━━━━━━━━ no value",
        "    5 │     end",
    ]


def test_the_last_line_of_a_file() -> None:
    assert framed("a\n«b»") == ["    1 │ a", "    2 │ b", "      │ ━"]
    assert framed("a\n«b»\n") == ["    1 │ a", "    2 │ b", "      │ ━"]


def test_an_empty_file_and_an_empty_span() -> None:
    assert framed("«»") == ["    1 │", "      │ ━"]
    assert framed("ab«»cd") == ["    1 │ abcd", "      │   ━"]


def test_tabs_and_wide_characters() -> None:
    assert framed("\tadd «:x»") == ["    1 │     add :x", "      │         ━━"]
    assert framed('add "日本😋", «é:e\u0301»') == [
        '    1 │ add "日本😋", é:e\u0301',
        "      │               ━━━",
    ]


def test_line_ends_are_those_of_the_protocol() -> None:
    assert framed("a\r\nb «c»\r\nd") == ["    1 │ a", "    2 │ b c", "      │   ━", "    3 │ d"]
    # U+2028 ends no line; it is shown as something that can be seen.
    assert framed("a\u2028«b»") == ["    1 │ a\ufffdb", "      │   ━"]


def test_a_span_of_several_lines() -> None:
    assert framed("x «create(\n    index(:a)\n  )» y\n") == [
        "    1 │ x create(",
        "      │   ━━━━━━━",
        "    2 │     index(:a)",
        "      │     ━━━━━━━━━",
        "    3 │   ) y",
        "      │   ━",
    ]


def test_a_span_that_ends_with_a_line_end() -> None:
    assert framed("«a\n»b") == ["    1 │ a", "      │ ━", "    2 │ b"]


def test_the_middle_of_a_long_span_is_left_out() -> None:
    lines = framed("«" + "\n".join(f"l{number}" for number in range(1, 20)) + "»")
    numbers = [line.split("│")[0].strip() for line in lines if "━" not in line]
    assert numbers == ["1", "2", "3", "…", "19"]


def test_a_long_line_is_cut_around_the_span() -> None:
    output = framed("x" * 300 + " «null: false» " + "y" * 300, Terminal(width=60), label="why")
    assert output == [
        "    1 │ …xxxxxxxxxxxxxxxxxx null: false yyyyyyyyyyyyyyyyyyy…",
        "      │                     ━━━━━━━━━━━ why",
    ]
    assert max(map(len, output)) <= 60


def test_a_wide_character_at_the_cut_leaves_a_blank() -> None:
    first, second = framed("日" * 100 + "a«b»" + "日" * 100, Terminal(width=60))
    assert width(first) <= 60
    assert first[: second.index("━")].rstrip("a日") != first
    assert width(first.partition("b")[0]) == second.index("━")


def test_a_label_that_does_not_fit_goes_below() -> None:
    terminal = Terminal(width=40, wrap=True)
    assert framed("create index(:posts, «[:status]»)", terminal, "rows wait for it") == [
        "    1 │ create index(:posts, [:status])",
        "      │                      ━━━━━━━━━",
        "      │                 rows wait for it",
    ]


def test_ascii() -> None:
    assert framed("a «b»", Terminal(glyphs=ASCII)) == ["    1 | a b", "      |   ^"]


def test_colours_do_not_move_anything() -> None:
    plain = framed("a «b»", label="x")
    painted = frame(Source(b"a b"), Span(2, 3), "x", Terminal(colour=True), "red")
    assert painted != plain
    without = "\n".join(painted)
    for code in ("2", "31", "0"):
        without = without.replace(f"\x1b[{code}m", "")
    assert without.split("\n") == plain


def test_bytes_that_are_no_utf8() -> None:
    lines = frame(Source(b"a\xff\xfe b"), Span(4, 5), "", Terminal())
    assert lines == ["    1 │ a\ufffd\ufffd b", "      │     ━"]


@settings(deadline=None, max_examples=200)
@given(
    st.text(alphabet=st.sampled_from("ab \t\n\r日😋e\u0301\u200d\x1b\u202e\u2028"), max_size=60),
    st.integers(0, 80),
    st.integers(0, 80),
    st.integers(30, 60),
)
def test_any_span_of_any_text(text: str, one: int, other: int, columns: int) -> None:
    source = Source(text.encode())
    start, end = sorted(min(each, len(source.data)) for each in (one, other))
    terminal = Terminal(width=max(40, columns), wrap=True)
    lines = frame(source, Span(start, end), "label", terminal)
    assert any("━" in line for line in lines)
    for line in lines:
        assert "\x1b" not in line
        assert "\n" not in line
        assert width(line) <= terminal.width
