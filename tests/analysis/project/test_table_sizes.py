"""The file of table sizes: what it says, where it lies, and what is wrong with it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.project.table_sizes import FILE_NAME, Size, TableSizes, rounded
from ecto_migrations_analysis.project.table_sizes_file import read_table_sizes
from hypothesis import given, settings
from hypothesis import strategies as st

TODAY = date(2026, 3, 1)
GOOD = """{
  "measured": "2026-02-20",
  "tables": {
    "billing.invoices": {"rows": 12, "bytes": 16384},
    "posts": {"rows": 84000000, "bytes": 12884901888}
  }
}
"""


def sizes(text: str) -> TableSizes:
    found = read_table_sizes(text.encode(), "/app/x.json", TODAY).values.get("sizes", TableSizes())
    assert isinstance(found, TableSizes)
    return found


def problems(text: str | bytes) -> list[tuple[str, str]]:
    data = text if isinstance(text, bytes) else text.encode()
    file = read_table_sizes(data, "/app/x.json", TODAY)
    return [(file.source.text(problem.span), problem.message) for problem in file.problems]


def test_a_file() -> None:
    found = sizes(GOOD)
    assert problems(GOOD) == []
    assert found.measured == "2026-02-20" and not found.old
    assert found.of("posts") == found.of("public.posts") == Size(84_000_000, 12 * 1024**3)
    assert found.of("billing.invoices") == Size(12, 16384)
    assert found.of("invoices") is None
    assert found == sizes(GOOD) and hash(found) == hash(sizes(GOOD))
    assert sizes(GOOD.replace("12,", "13,")) != found


@pytest.mark.parametrize(
    ("size", "words", "small", "large"),
    [
        (Size(84_000_000, 12 * 1024**3), "about 84 million rows, 12 GB", False, True),
        (Size(1_249_999, 340 * 1024**2), "about 1.2 million rows, 340 MB", False, False),
        (Size(2_000_000_000, 3 * 1024**4 // 2), "about 2 billion rows, 1.5 TB", False, True),
        (Size(999_999, None), "about 1 million rows", False, False),
        (Size(12_345, None), "about 12,000 rows", False, False),
        (Size(10_000, 10 * 1024**2), "about 10,000 rows, 10 MB", True, False),
        (Size(10_001, 1024**2), "about 10,000 rows, 1 MB", False, False),
        (Size(10, 11 * 1024**2), "about 10 rows, 11 MB", False, False),
        (Size(None, 8192), "8 kB", True, False),
        (Size(1, None), "about 1 row", True, False),
        (Size(0, 0), "no rows, 0 bytes", True, False),
        (Size(100, 11 * 1024**3), "about 100 rows, 11 GB", False, True),
        (Size(10_000_000, 1), "about 10 million rows, 1 bytes", False, True),
    ],
)
def test_sizes_in_words(size: Size, words: str, small: bool, large: bool) -> None:
    assert (str(size), size.is_small, size.is_large) == (words, small, large)


@given(st.integers(0, 10**15))
def test_two_digits_are_kept(number: int) -> None:
    found = rounded(number)
    assert abs(found - number) * 20 <= number
    assert rounded(found) == found
    assert len(str(found).rstrip("0")) <= 2 or number < 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"\xff", [("\ufffd", "is no UTF-8; no table's size is known from it")]),
        ("", [("", "is no JSON: expecting value; no table's size is known from it")]),
        (
            '{\n"tables": {\n"ä": ]',
            [("]", "is no JSON: expecting value; no table's size is known from it")],
        ),
        ("[" * 100_000, [("[" * 100_000, "cannot be read as JSON; no table's size is known from it")]),
        (
            "[]",
            [
                (
                    "[]",
                    'is no file of table sizes: an object with the key "tables" is expected;'
                    " no table's size is known from it",
                )
            ],
        ),
        ('{"measured": "2026-02-01", "tables": {}, "more": 1}', [('"more"', "unknown key `more`")]),
        (
            '{"measured": "2026-02-01", "tables":'
            ' {"a": 5, "b": {"rows": true}, "c": {"rowz": 1, "rows": 2}}}',
            [
                ('"a"', "expected an object with rows and bytes for `a`"),
                ('"b"', "expected a number of rows for `b`"),
                ('"c"', "unknown key `rowz` of `c`; there is `rows`, `bytes`"),
            ],
        ),
        (
            '{"measured": "2026-02-01", "tables": {"a": {"rows": -1, "bytes": 1.5}}}',
            [
                ('"a"', "expected a number of rows for `a`"),
                ('"a"', "expected a number of bytes for `a`"),
            ],
        ),
        ('{"measured": "2026-02-01", "tables": {"a": {"rows": null, "bytes": 5}}}', []),
        (
            '{"tables": {}}',
            [("", "expected the day of the measurement, as in 2026-01-31; it counts as old")],
        ),
        (
            '{"measured": "20260201", "tables": {}}',
            [('"measured"', "expected the day of the measurement, as in 2026-01-31; it counts as old")],
        ),
        (
            '{"measured": "2026-02-30", "tables": {}}',
            [('"measured"', "expected the day of the measurement, as in 2026-01-31; it counts as old")],
        ),
        (
            '{"measured": "2026-03-05", "tables": {}}',
            [('"measured"', "2026-03-05 lies in the future; it counts as old")],
        ),
        (
            '{"measured": "2025-09-01", "tables": {}}',
            [
                (
                    '"measured"',
                    "measured 181 days ago: no finding is lowered for it any more;"
                    " measure again with `ecto-migrations tables`",
                )
            ],
        ),
        ('{"measured": "2025-09-02", "tables": {}}', []),
    ],
    ids=range(15),
)
def test_what_is_wrong(text: str | bytes, expected: list[tuple[str, str]]) -> None:
    assert problems(text) == expected


def test_what_is_right_counts_beside_what_is_wrong() -> None:
    text = '{"measured": 1, "tables": {"a": 5, "b": {"rows": 9, "bytes": "x"}, "c": {}}}'
    found = sizes(text)
    assert found.old and found.measured is None
    assert found.entries == (("b", Size(9, None)),)
    assert not found.is_small("b")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["rows", "bytes", "tables", "measured", "a.b"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(VALUES | st.fixed_dictionaries({"measured": VALUES, "tables": VALUES}))
def test_no_file_raises(value: object) -> None:
    for problem in read_table_sizes(json.dumps(value).encode(), "/x", TODAY).problems:
        assert problem.message


@given(st.binary(max_size=40))
def test_no_bytes_raise(data: bytes) -> None:
    file = read_table_sizes(data, "/x", TODAY)
    assert all(problem.span.end <= len(data) for problem in file.problems)


# --- where it lies -----------------------------------------------------------------------------------------


@pytest.fixture
def migration(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "mix.exs").write_text("defmodule A.MixProject do\n  use Mix.Project\nend\n")
    folder = tmp_path / "priv" / "repo" / "migrations"
    folder.mkdir(parents=True)
    return folder / "20260101000000_a.exs"


def measured(rows: int) -> str:
    return json.dumps({"measured": date.today().isoformat(), "tables": {"posts": {"rows": rows}}})


def rows(workspace: Workspace, migration: Path) -> int | None:
    found = workspace.surroundings(str(migration)).settings.sizes.of("posts")
    return found.rows if found is not None else None


def test_the_nearest_counts(tmp_path: Path, migration: Path) -> None:
    workspace = Workspace()
    assert rows(workspace, migration) is None
    (tmp_path / FILE_NAME).write_text(measured(1))
    assert rows(workspace, migration) == 1
    (migration.parent / FILE_NAME).write_text(measured(2))
    assert rows(workspace, migration) == 2
    (migration.parent / FILE_NAME).unlink()
    (tmp_path / FILE_NAME).write_text(measured(30))
    assert rows(workspace, migration) == 30
    assert workspace.surroundings(str(migration)).settings.origin("sizes") == FILE_NAME


def test_the_file_that_settings_name(tmp_path: Path, migration: Path) -> None:
    workspace = Workspace()
    (tmp_path / FILE_NAME).write_text(measured(1))
    (tmp_path / "config").mkdir()
    (tmp_path / ".ecto-migrations.toml").write_text('[tables]\nsizes = "config/production.json"\n')
    context = workspace.surroundings(str(migration))
    assert not context.settings.sizes
    (file,) = context.settings_files
    (problem,) = file.problems
    assert file.source.text(problem.span) == "production.json"
    assert "production.json cannot be read; no table's size is known" in problem.message
    (tmp_path / "config" / "production.json").write_text(measured(7))
    assert rows(workspace, migration) == 7
    context = workspace.surroundings(str(migration))
    assert [len(file.problems) for file in context.settings_files] == [0, 0]


@pytest.mark.parametrize(
    ("value", "message"),
    [("5", "expected the path of a file, got 5"), ('" "', "expected the path of a file, got ' '")],
)
def test_what_is_no_path(tmp_path: Path, migration: Path, value: str, message: str) -> None:
    (tmp_path / ".ecto-migrations.toml").write_text(f"tables.sizes = {value}\n")
    (file,) = Workspace().surroundings(str(migration)).settings_files
    assert [problem.message for problem in file.problems] == [message]
