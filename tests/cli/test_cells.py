"""What reaches the terminal, and how wide it is."""

from __future__ import annotations

import pytest
from ecto_migrations_server.cli.cells import cells, printable, width


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", 3),
        ("", 0),
        ("日本語", 6),
        ("ｶﾅ", 2),
        ("Ａ", 2),
        ("😋", 2),
        ("e\u0301", 1),
        ("\ufe0f", 0),
        ("👩\u200d👩", 4),
    ],
)
def test_width(text: str, expected: int) -> None:
    assert width(text) == expected


def test_a_tab_goes_to_the_next_stop() -> None:
    assert cells("\ta\tb") == [("    ", 4), ("a", 1), ("   ", 3), ("b", 1)]
    assert cells("日\tb")[1] == ("  ", 2)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\nb\rc", "a␊b␍c"),
        ("\x7f", "␡"),
        ("\x9b31m", "\ufffd31m"),
        ("a\u202eb", "a\ufffdb"),
        ("a\u2028b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ("é日😋", "é日😋"),
    ],
)
def test_nothing_that_a_terminal_would_act_on(text: str, shown: str) -> None:
    assert printable(text) == shown
