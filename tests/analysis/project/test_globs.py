"""Patterns of paths and of table names."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.project.globs import PathPattern, matches_name
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("base", "pattern", "path", "found"),
    [
        ("/app", "priv/repo/migrations/1_a.exs", "/app/priv/repo/migrations/1_a.exs", True),
        ("/app", "./priv/repo/", "/app/priv/repo/migrations/1_a.exs", True),
        ("/app", "priv/repo", "/app/priv/repository/1_a.exs", False),
        ("/app", "priv/repo", "/other/priv/repo/1_a.exs", False),
        ("/app", "priv/*/migrations", "/app/priv/repo/migrations/deep/1_a.exs", True),
        ("/app", "priv/*.exs", "/app/priv/repo/1_a.exs", False),
        ("/app", "**/1_*.exs", "/app/priv/repo/migrations/1_a.exs", True),
        ("/app", "**/1_*.exs", "/app/1_a.exs", True),
        ("/app", "priv/**/1_?.exs", "/app/priv/1_a.exs", True),
        ("/app", "2025*.exs", "/app/priv/repo/migrations/20250101_a.exs", True),
        ("/app", "2025*.exs", "/app/priv/repo/migrations/20240101_a.exs", False),
        ("/app", "priv/[ab].exs", "/app/priv/b.exs", True),
        ("/app", "priv/[!ab].exs", "/app/priv/b.exs", False),
        ("/app", "priv/[b-a].exs", "/app/priv/b.exs", False),
        ("/app", "a.b", "/app/aXb", False),
        ("/app", "**", "/app/x/y", True),
        ("/", "app/*", "/app/x", True),
        (None, "priv/repo", "/app/priv/repo/1_a.exs", True),
        (None, "priv/repo", "/app/my_priv/repo/1_a.exs", False),
        (None, "1_a.exs", "/app/priv/repo/1_a.exs", True),
    ],
)
def test_paths(base: str | None, pattern: str, path: str, found: bool) -> None:
    assert PathPattern(base, pattern).matches(path) is found


@pytest.mark.parametrize(
    ("base", "folder", "path", "found"),
    [
        ("/app", "db/manual", "/app/db/manual/1_a.exs", "/app/db/manual"),
        ("/app", "./db/manual/", "/app/db/manual/deep/1_a.exs", "/app/db/manual"),
        ("/app", "../other", "/other/1_a.exs", "/other"),
        ("/app", "db/manual", "/app/db/manually/1_a.exs", None),
        (None, "db/manual", "/app/db/manual/deep/1_a.exs", "/app/db/manual"),
        (None, "db/manual", "/app/my_db/manual/1_a.exs", None),
    ],
)
def test_folders(base: str | None, folder: str, path: str, found: str | None) -> None:
    assert PathPattern(base, folder).folder_around(path) == found


@pytest.mark.parametrize(
    ("pattern", "table", "found"),
    [
        ("plans", "plans", True),
        ("plans", "billing.plans", True),
        ("billing.*", "billing.plans", True),
        ("billing.*", "plans", False),
        ("*_types", "order_types", True),
        ("plans", "plans_archive", False),
        ("*", "anything", True),
    ],
)
def test_tables(pattern: str, table: str, found: bool) -> None:
    assert matches_name(pattern, table) is found


@settings(deadline=None)
@given(st.text(alphabet="a*?[]!-^\\/.x") | st.text(), st.text())
def test_any_pattern(pattern: str, path: str) -> None:
    for base in ("/app", None):
        PathPattern(base, pattern).matches(path)
        PathPattern(base, pattern).folder_around(path)
    assert matches_name(pattern, path) in (True, False)
