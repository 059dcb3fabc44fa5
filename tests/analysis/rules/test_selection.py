"""Which rules are on, and how small tables change levels; whole projects: tests/cli/test_settings.py."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.findings import Finding, Level
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.project.globs import PathPattern
from ecto_migrations_analysis.project.settings import Settings, Tables
from ecto_migrations_analysis.rules import files as files_chapter
from ecto_migrations_analysis.rules.catalogue import ENTRIES
from ecto_migrations_analysis.rules.selection import Selection, levelled
from ecto_migrations_analysis.rules.settings_problems import unknown_name
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Span

PATH = "/app/priv/repo/migrations/20250101000000_a.exs"


def on(settings: Settings) -> set[str]:
    selection = Selection(settings, PATH)
    return {entry.id for entry in ENTRIES.values() if selection.includes(entry)}


DEFAULT = {entry.id for entry in ENTRIES.values() if not entry.optional}
OPTIONAL = set(ENTRIES) - DEFAULT


def test_conventions_are_off_until_they_are_selected() -> None:
    assert OPTIONAL
    assert on(Settings()) == on(Settings(select=("default",))) == DEFAULT
    assert on(Settings(select=("all",))) == set(ENTRIES)
    assert on(Settings(select=("conventions",))) == OPTIONAL
    assert on(Settings(select=("default", "conventions"))) == set(ENTRIES)
    one = min(OPTIONAL)
    assert on(Settings(select=("default", one))) == DEFAULT | {one}
    assert on(Settings(select=("all",), ignore=("default",))) == OPTIONAL


def test_the_more_specific_name_wins() -> None:
    files = {entry.id for entry in files_chapter.RULES}
    assert "duplicate-name" in files
    assert on(Settings(select=("files",))) == files
    assert on(Settings(ignore=("files",))) == DEFAULT - files
    assert on(Settings(select=("duplicate-name",), ignore=("files",))) == {"duplicate-name"}
    assert on(Settings(select=("files",), ignore=("all",))) == files
    assert on(Settings(select=("files",), ignore=("files",))) == set()
    assert on(Settings(select=("duplicate-name",), ignore=("duplicate-name",))) == set()
    # `deploy` is a tag.
    assert "out-of-order-version" not in on(Settings(ignore=("deploy",)))


def test_files_and_levels_win_over_both() -> None:
    here = PathPattern("/app", "priv/repo")
    selected = Settings(select=("drop-table",))
    assert on(selected) == {"drop-table"}
    assert on(Settings(select=("drop-table",), per_file_ignores=((here, ("all",)),))) == set()
    elsewhere = PathPattern("/app", "priv/other")
    assert on(Settings(select=("drop-table",), per_file_ignores=((elsewhere, ("all",)),))) == {"drop-table"}
    assert on(Settings(select=("drop-table",), levels=(("drop-table", "off"),))) == set()
    # A level switches nothing on.
    one = min(OPTIONAL)
    assert one not in on(Settings(levels=((one, "risk"),)))


def test_skipped_checks_stand_for_rules() -> None:
    assert on(Settings(skip_checks=("table_dropped",))) == DEFAULT - {
        "drop-table",
        "drop-table-still-in-schema",
    }
    assert on(Settings(skip_checks=("raw_sql_executed", "no_such_check"))) == DEFAULT


def under(settings: Settings) -> Analysis:
    """Of nothing, with these settings."""
    return analyze(Source.from_text(""), ProjectContext(settings=settings))


@pytest.mark.parametrize(
    ("rule", "table", "level"),
    [
        ("index-not-concurrent", "plans", Level.INFO),
        ("index-not-concurrent", "billing.plans", Level.INFO),
        ("index-not-concurrent", "posts", Level.DANGER),
        ("index-not-concurrent", "event_types", Level.DANGER),
        ("index-not-concurrent", "order_types", Level.INFO),
        ("index-not-concurrent", None, Level.DANGER),
        # It is not a matter of time.
        ("rename-table", "plans", Level.DANGER),
        ("truncate", "plans", Level.DANGER),
        ("add-column-not-null-without-default", "plans", Level.DANGER),
    ],
)
def test_small_tables(rule: str, table: str | None, level: Level) -> None:
    finding = Finding(
        rule=rule,
        level=Level.DANGER,
        span=Span(0, 1),
        message="x",
        subject={"table": table} if table is not None else {},
    )
    settings = Settings(tables=Tables(small=("plans", "*_types"), large=("event_*",)))
    assert [item.level for item in levelled((finding,), under(settings))] == [level]


def test_a_level_that_is_set_and_a_small_table() -> None:
    finding = Finding(
        rule="index-not-concurrent", level=Level.RISK, span=Span(0, 1), message="x", subject={"table": "a"}
    )
    stated = (("index-not-concurrent", "danger"),)
    small = Settings(levels=stated, tables=Tables(small=("a",)))
    assert levelled((finding,), under(Settings(levels=stated)))[0].level == Level.DANGER
    assert levelled((finding,), under(small))[0].level == Level.INFO


@pytest.mark.parametrize(
    ("name", "group", "message"),
    [
        ("drop-table", False, None),
        ("default", True, None),
        ("all", True, None),
        ("adding-columns", True, None),
        ("blocks-writes", True, None),
        ("lock-timeout", True, None),
        ("indexes", False, "unknown rule `indexes`"),
        ("drop-tabel", True, "unknown rule `drop-tabel` (`drop-table`?)"),
        ("indxes", True, "unknown rule `indxes` (`indexes`?)"),
        ("xyzzy", True, "unknown rule `xyzzy`"),
    ],
)
def test_unknown_names(name: str, group: bool, message: str | None) -> None:
    assert unknown_name(name, group) == message


def test_a_project_that_selects_rules_by_id_loads_no_others() -> None:
    code = (
        "import sys\n"
        "from ecto_migrations_analysis.engine import analyze\n"
        "from ecto_migrations_analysis.project.context import ProjectContext\n"
        "from ecto_migrations_analysis.project.settings import Settings\n"
        "from ecto_migrations_analysis.syntax.source import Source\n"
        "text = 'defmodule A do\\n  use Ecto.Migration\\n  def change, do: drop(table(:posts))\\nend'\n"
        "project = ProjectContext(settings=Settings(select=('default',), ignore=('drop-table', 'indexes')))\n"
        "analyze(Source.from_text(text, '1_a.exs'), project)\n"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "set_not_null_scan" not in done.stdout
    assert "tomllib" not in loaded and "ecto_migrations_analysis.rules.suppression" not in loaded
