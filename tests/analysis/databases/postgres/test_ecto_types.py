"""The type written for a column makes a column of this type again."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.databases.postgres.ecto_types import ecto_type
from ecto_migrations_analysis.databases.postgres.types import parse_type
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.operations import AddColumn, DataType
from ecto_migrations_analysis.syntax.source import Source

TYPES = (
    *(
        "bigint",
        "integer",
        "smallint",
        "text",
        "varchar",
        "varchar(255)",
        "varchar(40)",
        "text[]",
        "bigint[][]",
    ),
    *("varchar(255)[]", "numeric", "numeric(10)", "numeric(10,2)", "numeric(10,2)[]", "timestamp"),
    *(
        "timetz",
        "timestamp(0)",
        "timestamp(3)",
        "timestamp(0)[]",
        "timestamptz",
        "timestamptz(0)",
        "time",
        "time(0)",
    ),
    *("uuid", "jsonb", "json", "bytea", "boolean", "date", "interval", "inet", "citext", "char(3)", "bit(4)"),
    *("real", "money", "app.mood", "mood", '"Mood"', 'app."Mood"', "double precision", "bit varying(4)"),
)


@pytest.mark.parametrize("sql", TYPES)
def test_the_adapter_makes_the_same_type_again(sql: str) -> None:
    wanted = parse_type(sql)
    written = ecto_type(wanted)
    assert written is not None
    arguments = ", ".join(part for part in written if part)
    text = f"""defmodule A do
      use Ecto.Migration
      def change, do: alter(table(:t), do: add(:a, {arguments}))
    end
    """
    up = analyze(Source(text.encode())).migrations[0].up
    assert up is not None
    (operation,) = up.steps[0].statement.operations
    assert isinstance(operation, AddColumn)
    # SQL folds the case of a name that is not quoted; the statement itself is what the server reads.
    assert operation.column.type == wanted or f'"a" {sql}' in up.steps[0].statement.sql


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        ("varchar(255)", (":string", "")),
        ("varchar(40)", (":string", "size: 40")),
        ("numeric(10,2)", (":decimal", "precision: 10, scale: 2")),
        ("timestamp(0)", (":naive_datetime", "")),
        ("varchar(255)[]", ("{:array, :string}", "")),
    ],
)
def test_the_usual_names_are_written(sql: str, written: tuple[str, str]) -> None:
    assert ecto_type(parse_type(sql)) == written


def test_a_type_that_is_not_known_is_not_written() -> None:
    assert ecto_type(DataType(None)) is None
