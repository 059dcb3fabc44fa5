"""Column names inside expressions."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.schema.identifiers import mentions, renamed


@pytest.mark.parametrize(
    ("sql", "name", "expected"),
    [
        ("status IS NOT NULL", "status", True),
        ("STATUS = 'x'", "status", True),
        ("'status' = kind", "status", False),
        ("$$status$$ = kind", "status", False),
        ("$q$ status $q$ = kind", "status", False),
        ("E'it\\'s status' = kind", "status", False),
        ("'it''s status' = kind", "status", False),
        ("kind = 1 -- status", "status", False),
        ("kind /* status */ = 1", "status", False),
        ("lower(status)", "lower", False),
        ("lower (status)", "lower", False),
        ("kind::status", "status", False),
        ("posts.status = 1", "status", True),
        ('"Status" = 1', "Status", True),
        ('"Status" = 1', "status", False),
        ("status_id = 1", "status", False),
        ("größe > 1", "größe", True),
    ],
)
def test_mentions(sql: str, name: str, expected: bool) -> None:
    assert mentions(sql, name) is expected


def test_an_expression_that_is_not_known_mentions_nothing() -> None:
    assert mentions(None, "status") is False


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("status = 'status' AND status <> ''", "state = 'status' AND state <> ''"),
        ("lower(status) = status(1)", "lower(state) = status(1)"),
        ('"status" IS NULL', "state IS NULL"),
    ],
)
def test_renamed(sql: str, expected: str) -> None:
    assert renamed(sql, "status", "state") == expected


def test_renamed_quotes_where_it_must() -> None:
    assert renamed("status > 1", "status", 'the "State"') == '"the ""State""" > 1'
