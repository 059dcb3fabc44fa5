"""Array or map that may be NULL, without a default.

## What happens
There are two ways of having nothing: NULL, and the empty array or map. Appending to NULL gives NULL, a condition
such as `NOT ('a' = ANY (tags))` misses the rows that are NULL, and code has to cope with `nil` and with `[]`.

## When it is silent
- The column has a default, or is NOT NULL.

## Instead

    add :tags, {:array, :string}, null: false, default: []
    add :settings, :map, null: false, default: %{}

Both are constants: instant on PostgreSQL 11 and later, in an existing table too.

## Measured
PostgreSQL 18: `meta || '{"a": 1}'` is NULL where `meta` is; `WHERE NOT ('a' = ANY (tags))` does not find NULL.

## References
- PostgreSQL documentation, Arrays; JSON Functions and Operators
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import DataType
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..made_columns import made_columns


class ArrayOrMapWithoutDefault(Rule):
    id = "array-or-map-without-default"
    level = Level.INFO
    tags = ("columns",)

    fires = (
        Case(
            about="An array and a map",
            text="""
            create table(:posts) do
              add :tags, «{:array, :string}»
              add :settings, «:map»
            end
            """,
        ),
        Case(
            about="In SQL",
            text='execute "ALTER TABLE posts ADD COLUMN meta «jsonb»", "ALTER TABLE posts DROP COLUMN meta"',
        ),
    )
    silent = (
        Case(
            about="With defaults",
            text="""
            create table(:posts) do
              add :tags, {:array, :string}, null: false, default: []
              add :settings, :map, default: %{}
            end
            """,
        ),
        Case(
            about="NOT NULL",
            text="""
            create table(:posts) do
              add :payload, :map, null: false
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, table, column in made_columns(context):
            empty = _empty(column.type)
            if empty is None or column.not_null or column.default is not None or column.generated:
                continue
            yield self.finding(
                column.type_span,
                f"`{table}.{column.name or '…'}` may be NULL and may be empty: two ways of having nothing.",
                level=self.level,
                label="no default",
                reason="What is appended to NULL is lost, and conditions miss the rows that are NULL.",
                advice=f"Give it `null: false, default: {empty}`.",
                subject=subject(table, step.statement, column=column.name),
            )


def _empty(type_: DataType) -> str | None:
    """The empty value of a collection; None for other types."""
    if type_.dimensions:
        return "[]"
    return "%{}" if type_.name in ("jsonb", "json", "hstore") else None
