"""What a stream can show."""

from __future__ import annotations

import io

import pytest
from ecto_migrations_server.cli.terminal import ASCII, UNICODE, Terminal


class Stream(io.TextIOWrapper):
    def __init__(self, encoding: str, tty: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


@pytest.mark.parametrize(
    ("tty", "environment", "colour"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours(tty: bool, environment: dict[str, str], colour: bool) -> None:
    assert Terminal.of(Stream("utf-8", tty), environment).colour is colour


def test_glyphs_follow_the_encoding() -> None:
    assert Terminal.of(Stream("utf-8", False), {}).glyphs is UNICODE
    assert Terminal.of(Stream("ascii", False), {}).glyphs is ASCII
    assert Terminal.of(Stream("latin-1", False), {}).glyphs is ASCII


def test_without_a_terminal_nothing_depends_on_its_width() -> None:
    assert Terminal.of(Stream("utf-8", False), {"COLUMNS": "50"}).width == 120
    assert Terminal.of(Stream("utf-8", True), {"COLUMNS": "50"}).width == 50
    assert Terminal.of(Stream("utf-8", True), {"COLUMNS": "5"}).width == 40
    assert Terminal.of(Stream("utf-8", True), {}).width == 120


def test_paint() -> None:
    assert Terminal(colour=True).paint("x", "bold", "red") == "\x1b[1;31mx\x1b[0m"
    assert Terminal().paint("x", "bold") == "x"


def test_a_paragraph_is_broken_at_the_width_on_a_terminal_only() -> None:
    text = "one two three four"
    assert Terminal(width=12, wrap=True).paragraph(text) == ["  one two", "  three four"]
    assert Terminal(width=12, wrap=True).paragraph(text, "> ", "  ") == ["> one two", "  three four"]
    assert Terminal(width=12).paragraph(text) == ["  one two three four"]
    assert Terminal(width=5, wrap=True).paragraph("unbreakable x") == ["  unbreakable", "  x"]
    assert Terminal().paragraph("") == []
