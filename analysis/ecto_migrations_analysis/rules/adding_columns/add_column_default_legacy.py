"""Column with a default, added on a PostgreSQL older than 11.

## What happens
Before PostgreSQL 11 every default but NULL is written into every row: `ADD COLUMN` writes the whole table again and
rebuilds every index of it, under ACCESS EXCLUSIVE. Reads and writes wait until it is done. Since 11 a constant is
stored once, beside the catalog entry.

## When it is silent
- PostgreSQL 11 and later, or a version that nothing in the project tells.
- The migration creates the table itself.
- The default is NULL, or volatile (`add-column-volatile-default` says what that costs on every version).

## Instead
Add the column without a default, set the default by itself (new rows only), and fill the old rows in batches:

    alter table(:posts) do
      add :status, :string
    end

    execute "ALTER TABLE posts ALTER COLUMN status SET DEFAULT 'draft'",
            "ALTER TABLE posts ALTER COLUMN status DROP DEFAULT"

## Measured
PostgreSQL 10: a new relfilenode and every index rebuilt, for a constant and for `now()`; nothing for NULL.
PostgreSQL 11 and 18: nothing.

## References
- PostgreSQL 10 documentation, ALTER TABLE, Notes: "Adding a column with a DEFAULT clause … will require the entire
  table and its indexes to be rewritten"
- PostgreSQL 11 release notes: "Allow ALTER TABLE to add a column with a non-null default without doing a table
  rewrite"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddColumn
from ..base import Case, Rule, subject
from ..context import MigrationContext

# The first version that stores a constant default beside the catalog entry.
_STORED_ONCE = 11


class AddColumnDefaultLegacy(Rule):
    id = "add-column-default-legacy"
    level = Level.DANGER
    tags = ("columns", "rewrite", "blocking")

    fires = (
        Case(
            about="A constant",
            text="""
            alter table(:posts) do
              add :status, :string, null: false, «default: "draft"»
            end
            """,
            version=10,
        ),
        Case(
            about="Of a column that may be empty",
            text="""
            alter table(:posts) do
              add :status, :string, «default: "draft"»
            end
            """,
            version=10,
        ),
        Case(
            about="now(), in SQL",
            text='execute "ALTER TABLE posts ADD COLUMN seen_at timestamp DEFAULT «now()»", ""',
            version=10,
        ),
    )
    silent = (
        Case(
            about="PostgreSQL 11",
            text="""
            alter table(:posts) do
              add :status, :string, default: "draft"
            end
            """,
            version=11,
        ),
        Case(
            about="No default",
            text="""
            alter table(:posts) do
              add :status, :string, default: nil
              add :note, :text
            end
            """,
            version=10,
        ),
        Case(
            about="Volatile, which is said on every version",
            text="""
            alter table(:posts) do
              add :token, :uuid, default: fragment("gen_random_uuid()")
            end
            """,
            version=10,
        ),
        Case(
            about="A new table",
            text="""
            create table(:posts) do
              add :status, :string, default: "draft"
            end
            """,
            version=10,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        major = context.analysis.project.version.major
        if major >= _STORED_ONCE:
            return
        for step, operation in context.forward(AddColumn):
            column, table = operation.column, operation.relation
            if column.default is None or column.generated or context.has_no_rows(table, step):
                continue
            if (column.default.sql or "").strip().upper() == "NULL":
                continue
            yield self.finding(
                column.default.span,
                f"On PostgreSQL {major} a default rewrites `{table}` and all its indexes under ACCESS EXCLUSIVE:"
                " reads and writes wait.",
                level=context.level(self.level, table, step),
                label="written into every row",
                reason="Only since PostgreSQL 11 is a constant default stored once, beside the catalog entry.",
                advice="Add the column without a default, set the default by itself (new rows only, instant),"
                " and backfill in batches.",
                subject=subject(table, step.statement, column=column.name),
            )
