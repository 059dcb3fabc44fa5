"""Boolean that may be NULL.

## What happens
A nullable boolean has three values. `where: p.draft` and `where: not p.draft` together miss the rows that are NULL,
and code has to tell `nil` from `false`.

## When it is silent
- The column is NOT NULL.

## Instead
In a new table `null: false` with a default; in an existing one too: a constant default is instant on PostgreSQL 11
and later.

    add :draft, :boolean, null: false, default: false

## Measured
PostgreSQL 18: of two rows, one true and one NULL, `WHERE draft` finds one and `WHERE NOT draft` none.

## References
- PostgreSQL documentation, Boolean Type; Logical Operators
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..made_columns import made_columns


class BooleanNullable(Rule):
    id = "boolean-nullable"
    level = Level.INFO
    tags = ("columns",)

    fires = (
        Case(
            about="Nullable, with and without a default",
            text="""
            create table(:posts) do
              add :draft, «:boolean»
              add :pinned, «:boolean», default: false
            end
            """,
        ),
        Case(
            about="In SQL",
            text='execute "ALTER TABLE posts ADD COLUMN draft «bool»", "ALTER TABLE posts DROP COLUMN draft"',
        ),
    )
    silent = (
        Case(
            about="NOT NULL",
            text="""
            create table(:posts) do
              add :draft, :boolean, null: false, default: false
            end
            """,
        ),
        Case(
            about="NOT NULL by a later statement",
            text="""
            create table(:posts) do
              add :draft, :boolean
            end

            execute "ALTER TABLE posts ALTER COLUMN draft SET NOT NULL",
                    "ALTER TABLE posts ALTER COLUMN draft DROP NOT NULL"
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, table, column in made_columns(context):
            if column.type.name != "boolean" or column.type.dimensions or column.not_null:
                continue
            left = context.steps[-1].after.table(table)
            stays = left.columns.get(column.name or "") if left is not None else None
            if stays is not None and stays.not_null:
                continue
            yield self.finding(
                column.type_span,
                f"`{table}.{column.name or '…'}` has three values: true, false and NULL.",
                level=self.level,
                label="may be NULL",
                reason="NULL is neither true nor false: both conditions miss it.",
                advice="Give it `null: false` and a default.",
                subject=subject(table, step.statement, column=column.name),
            )
