"""Names: as Ecto quotes them, and as PostgreSQL keeps them."""

from __future__ import annotations

from itertools import product

import pytest
from ecto_migrations_analysis.databases.postgres.quoting import (
    AdapterError,
    default_name,
    quote_name,
    single_quote,
    truncate_identifier,
)
from ecto_migrations_analysis.operations import AddConstraint, CreateIndex, CreateTable
from hypothesis import given
from hypothesis import strategies as st
from support.emission import of_change
from support.postgres import Database

NAMES = st.text(st.characters(codec="utf-8", exclude_characters='"\0'), min_size=1, max_size=80)


@given(NAMES)
def test_quoting(name: str) -> None:
    assert quote_name(name) == f'"{name}"'


@pytest.mark.parametrize("name", ['a"b', '"', 'a"'])
def test_a_double_quote_is_refused(name: str) -> None:
    with pytest.raises(AdapterError, match="is not permitted"):
        quote_name(name)


@given(st.text(st.characters(codec="utf-8")))
def test_strings(text: str) -> None:
    quoted = single_quote(text)
    assert quoted[0] == quoted[-1] == "'"
    assert quoted[1:-1].replace("''", "'") == text


@given(NAMES)
def test_truncation(name: str) -> None:
    kept = truncate_identifier(name)
    assert name.startswith(kept)
    assert len(kept.encode()) <= 63
    if kept != name:
        # No further character would have fitted.
        assert len(name[: len(kept) + 1].encode()) > 63


@given(NAMES, NAMES)
def test_default_names_fit(table: str, column: str) -> None:
    name = default_name(table, column, "fkey")
    assert len(name.encode()) <= 63
    assert name.endswith("_fkey")


def test_the_server_keeps_these_names(database: Database) -> None:
    """`truncate_identifier` against the server, which says what it made of a name."""
    names = ["a" * length for length in range(60, 67)]
    names += ["x" * ascii + "ż" * 40 for ascii in range(3)]
    names += ["x" * ascii + "€" * 30 for ascii in range(4)]
    names += ["x" * ascii + "😀" * 20 for ascii in range(5)]
    with database.connect() as connection:
        for name in names:
            columns = connection.execute(f"SELECT 1 AS {quote_name(name)}").description
            assert columns is not None
            assert columns[0].name == truncate_identifier(name)


def test_the_server_keeps_what_the_operations_say(database: Database) -> None:
    tables = ["short", "a" * 58, "a" * 59, "a" * 63, "a" * 70, "ż" * 40]
    with database.connect() as connection:
        for table, column in product(tables, ["c", "b" * 57, "b" * 70]):
            made = [
                *of_change(f'create table("{table}") do\n  add :"{column}", references("{table}")\nend'),
                *of_change(f'create index("{table}", [:"{column}"], name: "i_{table}_{column}")'),
                *of_change(f'create constraint("{table}", "c_{table}_{column}", check: "id > 0")'),
            ]
            connection.execute("BEGIN")
            for statement in made:
                connection.execute(statement.sql)
            kept = {name for (name,) in connection.execute("SELECT conname FROM pg_constraint")}
            kept |= {name for (name,) in connection.execute("SELECT relname FROM pg_class")}
            connection.execute("ROLLBACK")
            created, indexed, checked = (statement.operations[0] for statement in made)
            assert isinstance(created, CreateTable)
            assert isinstance(indexed, CreateIndex)
            assert isinstance(checked, AddConstraint)
            assert {key.name for key in created.constraints} <= kept
            assert {checked.constraint.name, indexed.name, created.relation.name} <= kept
