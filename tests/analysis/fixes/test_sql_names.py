"""Names in generated SQL."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.fixes import sql_names
from ecto_migrations_analysis.operations import Relation
from pglast import keywords


def test_the_reserved_words_are_those_of_postgresqls_grammar() -> None:
    assert set(keywords.RESERVED_KEYWORDS | keywords.TYPE_FUNC_NAME_KEYWORDS) == sql_names.RESERVED


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("status", "status"),
        ("_x1$", "_x1$"),
        ("order", '"order"'),
        ("user", '"user"'),
        # Not reserved, though a key word.
        ("name", "name"),
        ("value", "value"),
        ("Status", '"Status"'),
        ("first-name", '"first-name"'),
        ("1st", '"1st"'),
        ("größe", '"größe"'),
    ],
)
def test_a_name_is_quoted_where_it_must_be(name: str, expected: str) -> None:
    assert sql_names.name(name) == expected


def test_a_table_carries_its_schema() -> None:
    assert sql_names.relation(Relation("posts")) == "posts"
    assert sql_names.relation(Relation("order", "Tenant")) == '"Tenant"."order"'
