"""Every measured migration, both ways, to the letter (tests/facts/README.md says how it was measured)."""

from __future__ import annotations

import dataclasses

import pytest
from ecto_migrations_analysis.operations import (
    AddColumn,
    DropIndex,
    Expression,
    Operation,
    RenameIndex,
    SetDefault,
)
from ecto_migrations_analysis.program.commands import Execute, RepoQuery
from ecto_migrations_analysis.program.terms import plain_text
from ecto_migrations_analysis.sql.reader import read_sql
from support.emission import Fact, facts, migration, outcome, statements

FACTS = list(facts())


def test_all_facts_are_here() -> None:
    assert len(FACTS) == 165 + 771
    assert len({fact.op for fact in FACTS[:165]}) == 165


@pytest.mark.parametrize("fact", FACTS, ids=str)
def test_statements_and_errors(fact: Fact) -> None:
    found = migration(fact.text, fact.config)
    assert outcome(found.up, fact.config) == (fact.up, fact.up_error)
    assert outcome(found.down, fact.config) == (fact.down, fact.down_error)


@pytest.mark.parametrize("fact", FACTS, ids=str)
def test_operations_are_those_of_the_sql(fact: Fact) -> None:
    """The operations made from a command are those that PostgreSQL's grammar finds in its SQL."""
    found = migration(fact.text, fact.config)
    for program in (found.up, found.down):
        for statement in statements(program, fact.config):
            # The SQL of these is read by the grammar itself.
            if statement.error or isinstance(statement.command, Execute | RepoQuery):
                continue
            assert statement.certain
            read = [
                operation for part in read_sql(plain_text(statement.sql)) for operation in part.operations
            ]
            made = [comparable(operation) for operation in statement.operations]
            assert made == [comparable(operation) for operation in read], statement.sql


# What only the DSL says.
_FROM_DSL = {
    "from_modify": False,
    "stated_from": None,
    "stated_type": None,
    "of_new_column": None,
    "inline": False,
    "stated": None,
}


def comparable(operation: Operation) -> Operation:
    """Without what only the DSL says.

    An array of literals is a literal where Ecto writes it; the reader of SQL does not look into arrays.
    """
    dropped = {key: value for key, value in _FROM_DSL.items() if hasattr(operation, key)}
    if isinstance(operation, DropIndex | RenameIndex):
        dropped["relation"] = None
    if isinstance(operation, SetDefault):
        dropped["default"] = _literal_if_array(operation.default)
    if isinstance(operation, AddColumn) and operation.column.default is not None:
        default = _literal_if_array(operation.column.default)
        dropped["column"] = dataclasses.replace(operation.column, default=default)
    return dataclasses.replace(operation, **dropped)


def _literal_if_array(default: Expression) -> Expression:
    if default.sql is None or not default.sql.startswith("ARRAY[") or "now()" in default.sql:
        return default
    return dataclasses.replace(default, literal=True)
