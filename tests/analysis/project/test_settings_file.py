"""`.ecto-migrations.toml`: what it sets, and the lines of what is wrong in it."""

from __future__ import annotations

from typing import Any

import pytest
from ecto_migrations_analysis.project.globs import PathPattern
from ecto_migrations_analysis.project.settings import Settings, Tables
from ecto_migrations_analysis.project.settings_file import SettingsFile, combined, read_settings
from hypothesis import given, settings
from hypothesis import strategies as st

PATH = "/app/.ecto-migrations.toml"


def read(text: str | bytes, path: str = PATH) -> SettingsFile:
    return read_settings(text if isinstance(text, bytes) else text.encode(), path)


def problems(text: str | bytes) -> list[tuple[int, str, str]]:
    """Line (from 1), the marked text, the message."""
    file = read(text)
    lines = file.source.lines
    return [
        (lines.line_of(problem.span.start) + 1, file.source.text(problem.span), problem.message)
        for problem in file.problems
    ]


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ('database = "mysql"', "database", "mysql"),
        ("database_version = 16", "database_version", 16),
        ("database_version = 16.4", "database_version", 16),
        ('database_version = "15.2"', "database_version", 15),
        ('database_version = "postgres:15-alpine"', "database_version", 15),
        ("start_after = 20250101000000", "start_after", 20250101000000),
        ('start_after = "20250101000000"', "start_after", 20250101000000),
        ('select = ["default", "conventions"]', "select", ("default", "conventions")),
        ('ignore = ["rename-table"]', "ignore", ("rename-table",)),
        ("ignore = []", "ignore", ()),
        ('levels.drop-table = "off"', "levels", (("drop-table", "off"),)),
        ('[levels]\ndrop-table = "info"', "levels", (("drop-table", "info"),)),
        (
            '[per_file_ignores]\n"priv/old" = ["all"]',
            "per_file_ignores",
            ((PathPattern("/app", "priv/old"), ("all",)),),
        ),
        ('tables.small = ["plans", "*_types"]', "tables", Tables(small=("plans", "*_types"))),
        ('[tables]\nlarge = ["a"]\nsmall = ["*"]', "tables", Tables(small=("*",), large=("a",))),
        ('lock_timeout = "750ms"', "lock_timeout", "750ms"),
        ('lock_timeout = "2 s"', "lock_timeout", "2s"),
        ('migration_paths = ["db/manual"]', "migration_paths", (PathPattern("/app", "db/manual"),)),
        ("backfill_batch_size = 500", "backfill_batch_size", 500),
    ],
)
def test_values(text: str, key: str, value: Any) -> None:
    assert problems(text) == []
    assert read(text).values == {key: value}


@pytest.mark.parametrize(
    ("text", "line", "marked", "message"),
    [
        ('\ndatabse = "mysql"', 2, "databse", "unknown key `databse`; did you mean `database`?"),
        ("\nx = 1", 2, "x", "unknown key `x`; there is `database`, `database_version`, "),
        ('database = "postgresql"', 1, '"postgresql"', "did you mean `postgres`?"),
        ("database = 1", 1, "1", "there is postgres, mysql, sqlite, mssql"),
        ("database_version = 300", 1, "300", "expected a version such as 16, got 300"),
        ("database_version = true", 1, "true", "expected a version such as 16, got true"),
        ("database_version = [\n1]", 1, "[\n1]", "expected a version"),
        ('database_version = "new"', 1, '"new"', "expected a version"),
        ('start_after = "2025-01-01"', 1, '"2025-01-01"', "expected the version of a migration"),
        ("start_after = 2025-01-01", 1, "2025-01-01", "expected the version of a migration"),
        ("start_after = -1", 1, "-1", "expected the version of a migration"),
        ("select = []", 1, "[]", "selects no rule"),
        ('select = "default"', 1, '"default"', "expected a list of rules, got 'default'"),
        ('ignore = [\n  "drop-table",\n  7,\n]', 3, "7", "expected one of rules, got 7"),
        ('[levels]\ndrop-table = "low"', 2, '"low"', "danger, risk, info, off, got 'low'"),
        ('levels = "low"', 1, '"low"', "expected a table, got 'low'"),
        ('[tables]\nsmal = ["a"]', 2, "smal", "unknown key `smal`; did you mean `small`?"),
        ("tables.small = 1", 1, "1", "expected a list of table names, got 1"),
        ('per_file_ignores = ["a"]', 1, '["a"]', "expected a table"),
        ('[per_file_ignores]\n"a" = "all"', 2, '"all"', "expected a list of rules"),
        ('lock_timeout = "soon"', 1, '"soon"', 'expected a time such as "5s" or "750ms", got '),
        ('lock_timeout = "0s"', 1, '"0s"', "expected a time"),
        ("lock_timeout = 5", 1, "5", "expected a time"),
        ('lock_timeout = "1s\'; DROP TABLE x"', 1, '"1s\'; DROP TABLE x"', "expected a time"),
        ('migration_paths = ["db/*"]', 1, '"db/*"', "expected a folder without wildcards"),
        ("backfill_batch_size = 0", 1, "0", "expected a number of rows from 1 to 1000000, got 0"),
        ("backfill_batch_size = 1.5", 1, "1.5", "expected a number of rows"),
        ("a = 1\nb = \n", 2, "", "is no TOML: invalid value; none of its settings counts"),
        ("a = 1\na = 2", 2, "", "is no TOML: cannot overwrite a value"),
        ('a = "', 1, "", "is no TOML: "),
    ],
)
def test_problems(text: str, line: int, marked: str, message: str) -> None:
    found = problems(text)
    assert [item[:2] for item in found] == [(line, marked)]
    assert message in found[0][2]


def test_the_other_keys_count() -> None:
    file = read('database = "orcle"\nstart_after = 5\nselect = ["all", 1]\n')
    assert file.values == {"start_after": 5, "select": ("all",)}
    assert len(file.problems) == 2


def test_positions_count_in_bytes_behind_a_byte_order_mark() -> None:
    text = '\ufeff# größer\r\nlevels = { "größe" = "x" }\r\n'
    assert problems(text) == [(2, '"x"', "expected one of danger, risk, info, off, got 'x'")]
    assert [read(text).source.text(name.span) for name in read(text).names] == ['"größe"']


def test_what_is_no_text() -> None:
    assert problems(b"a = 1\nb = \xff\n")[0][0] == 2
    assert "is no UTF-8" in problems(b"\xff")[0][2]
    # An error of Python and not of the TOML reader.
    assert len(problems("a = " + "9" * 5000)) == 1
    assert len(problems("a = " + "[" * 50_000)) == 1


def test_names_of_rules_with_their_places() -> None:
    file = read('select = ["a"]\nlevels.b = "info"\n[per_file_ignores]\nx = ["c"]\n')
    assert [(file.source.text(name.span), name.name, name.group, name.key) for name in file.names] == [
        ('"a"', "a", True, "select"),
        ("b", "b", False, "levels"),
        ('"c"', "c", True, "per_file_ignores"),
    ]


def test_each_key_comes_whole_from_the_nearest_file() -> None:
    near = read('start_after = 2\ntables.small = ["a"]', "/app/apps/shop/.ecto-migrations.toml")
    far = read('start_after = 1\nlock_timeout = "1s"\ntables.large = ["b"]', PATH)
    made = combined(Settings(start_after=0), [(near, "apps/shop/x"), (far, "x")])
    assert (made.start_after, made.lock_timeout, made.tables) == (2, "1s", Tables(small=("a",)))
    assert made.origin("start_after") == "apps/shop/x"
    assert made.origin("lock_timeout") == "x"
    assert made.origin("select") is None


def test_rules_that_the_project_chooses_itself_count_instead_of_skipped_checks() -> None:
    start = Settings(skip_checks=("table_dropped",))
    assert combined(start, [(read("start_after = 1"), "x")]).skip_checks == ("table_dropped",)
    assert combined(start, [(read("ignore = []"), "x")]).skip_checks == ()
    assert combined(start, [(read('select = ["all"]'), "x")]).skip_checks == ()


KEYS = st.sampled_from(
    ["database", "database_version", "start_after", "select", "ignore", "levels", "per_file_ignores",
     "tables", "lock_timeout", "migration_paths", "backfill_batch_size", "tables.small", "x"]
)  # fmt: skip
VALUES = st.recursive(
    st.sampled_from(["1", "-1", "1.5", "nan", "true", '"all"', '""', '"a/*"', "1979-05-27", "{}", "[]"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
        | st.dictionaries(KEYS, inner, max_size=2).map(
            lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs.items()) + "}"
        )
    ),
    max_leaves=5,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=4).map(
    lambda pairs: "".join(f"{key} = {value}\n" for key, value in pairs.items())
)


@settings(deadline=None)
@given(st.text() | DOCUMENTS | st.binary())
def test_no_text_raises(text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    file = read(data)
    for problem in file.problems:
        assert 0 <= problem.span.start <= problem.span.end <= len(data)
        assert problem.message and "\n" not in problem.message
    # What counts can be used.
    assert isinstance(combined(Settings(), [(file, "x")]), Settings)
