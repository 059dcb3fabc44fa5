"""Column with a volatile default, added to a table that has rows.

## What happens
A default that PostgreSQL must compute for each row (`gen_random_uuid()`, `random()`, `clock_timestamp()`,
`nextval(…)`) cannot be stored once beside the catalog entry. `ADD COLUMN` then rewrites the whole table and
rebuilds every index of it, under ACCESS EXCLUSIVE: reads and writes wait until it is done.

`now()` and `CURRENT_TIMESTAMP` are stable, not volatile: they cost nothing.

## When it is silent
- The migration creates the table itself.
- The default is a constant, or an expression of immutable and stable functions only.

## Instead
Add the column without a default, then set the default for new rows only, which is instant, and backfill the old
rows in batches in a later migration:

    alter table(:posts) do
      add :public_id, :uuid
    end

    execute "ALTER TABLE posts ALTER COLUMN public_id SET DEFAULT gen_random_uuid()",
            "ALTER TABLE posts ALTER COLUMN public_id DROP DEFAULT"

## Measured
PostgreSQL 13 to 18: `rewriting table "posts"`, every index rebuilt, a new relfilenode.

## References
- PostgreSQL documentation, ALTER TABLE, Notes: "Adding a column with a volatile DEFAULT … will require the
  entire table and its indexes to be rewritten"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddColumn
from ...sql.expressions import volatility
from ..base import Case, Rule, subject
from ..context import MigrationContext


class AddColumnVolatileDefault(Rule):
    id = "add-column-volatile-default"
    level = Level.DANGER
    tags = ("columns", "rewrite", "blocking")
    silences = ("add-column-default-legacy",)

    fires = (
        Case(
            about="A random UUID, with other options and beside another column",
            text="""
            alter table(:posts) do
              add :subtitle, :string
              add :public_id, :uuid, null: false, «default: fragment("gen_random_uuid()")»
            end
            """,
        ),
        Case(
            about="The clock, which differs from row to row",
            text="""
            alter table(:posts) do
              add :seen_at, :utc_datetime_usec, «default: fragment("clock_timestamp()")»
            end
            """,
        ),
        Case(
            about="The same in SQL",
            text="""
            execute "ALTER TABLE posts ADD COLUMN token text DEFAULT «md5(random()::text)»", ""
            """,
        ),
    )
    silent = (
        Case(
            about="now() is evaluated once",
            text="""
            alter table(:posts) do
              add :seen_at, :utc_datetime, default: fragment("now()"), null: false
            end
            """,
        ),
        Case(
            about="A constant, and a list of constants",
            text="""
            alter table(:posts) do
              add :state, :string, default: "draft"
              add :labels, {:array, :string}, default: []
            end
            """,
        ),
        Case(
            about="A new table",
            text="""
            create table(:posts, primary_key: false) do
              add :id, :uuid, primary_key: true, default: fragment("gen_random_uuid()")
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddColumn):
            column, table = operation.column, operation.relation
            if column.default is None or column.default.literal or column.default.sql is None:
                continue
            if column.generated or context.has_no_rows(table, step):
                continue
            found = volatility(column.default, step.before.functions)
            if found not in ("volatile", "unknown"):
                continue
            sql = column.default.sql
            if found == "volatile":
                level, what = self.level, f"rewrites `{table}` and all its indexes under ACCESS EXCLUSIVE"
                why = f"`{sql}` gives another value for each row, so each row must be written."
            else:
                level, what = Level.RISK, f"rewrites `{table}` under ACCESS EXCLUSIVE unless it is STABLE"
                why = f"The volatility of `{sql}` is not known here; a function is VOLATILE where nothing is said."
            yield self.finding(
                column.default.span,
                f"Default `{sql}` {what}: reads and writes wait.",
                level=context.level(level, table, step),
                label="computed for every row",
                reason=why,
                advice="Add the column without a default, set the default by itself (new rows only, instant),"
                " and backfill in batches.",
                subject=subject(table, step.statement, column=column.name),
            )
