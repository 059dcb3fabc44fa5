"""`timestamps()` in `alter table`: two NOT NULL columns without a default.

## What happens
`timestamps()` adds `inserted_at` and `updated_at` with `null: false` (`Ecto.Migration.timestamps/1`). In
`create table` that is right; in `alter table` it is `ADD COLUMN … NOT NULL` without a default, twice: ACCESS
EXCLUSIVE, a scan, and an error at the first existing row.

## When it is silent
- The migration creates the table itself.
- `default:` or `null: true` is given, here or in the repo's `migration_timestamps`.

## Instead

    timestamps(default: fragment("now()"))

`now()` is stable within the statement: PostgreSQL evaluates it once, stores it beside the catalog entry, and every
existing row reads it. Nothing is rewritten or scanned. The default can be dropped in a later migration.

## Measured
PostgreSQL 13 to 18: with `DEFAULT now() NOT NULL` no rewrite and no scan; without, `contains null values`.

## References
- PostgreSQL documentation, ALTER TABLE, Notes, on a non-volatile DEFAULT
- ecto_sql, `Ecto.Migration.timestamps/1`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddColumn
from ..base import Case, Rule, subject
from ..context import MigrationContext
from .add_column_not_null_without_default import lacks_value


class AddTimestampsNotNull(Rule):
    id = "add-timestamps-not-null"
    level = Level.DANGER
    tags = ("columns", "fails")
    silences = ("add-column-not-null-without-default",)

    fires = (
        Case(
            about="The plain form",
            text="""
            alter table(:posts) do
              «timestamps()»
            end
            """,
        ),
        Case(
            about="Without parentheses, with a type",
            text="""
            alter table(:posts) do
              «timestamps type: :utc_datetime_usec»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="With a default",
            text="""
            alter table(:posts) do
              timestamps(default: fragment("now()"))
            end
            """,
        ),
        Case(
            about="Nullable",
            text="""
            alter table(:posts) do
              timestamps(null: true)
            end
            """,
        ),
        Case(
            about="A new table",
            text="""
            create table(:posts) do
              timestamps()
            end
            """,
        ),
        Case(
            about="The repo's configuration gives a default",
            text="""
            alter table(:posts) do
              timestamps()
            end
            """,
            config='migration_timestamps: [default: {:fragment, "now()"}]',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddColumn):
            column = operation.column
            if column.origin != "timestamps" or not column.not_null or not lacks_value(column):
                continue
            if context.is_new(operation.relation, step):
                continue
            table = operation.relation
            yield self.finding(
                column.span,
                f"`timestamps` adds NOT NULL columns without a default: scans `{table}` under ACCESS EXCLUSIVE"
                " and fails if the table has rows.",
                level=context.level(self.level, table, step),
                label="existing rows have no value for them",
                reason="In `create table` that is right. Here every existing row lacks a value.",
                advice='`timestamps(default: fragment("now()"))` is instant: PostgreSQL evaluates now() once and'
                " rewrites nothing.",
                subject=subject(table, step.statement),
            )
