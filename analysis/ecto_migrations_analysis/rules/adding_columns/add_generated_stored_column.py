"""Stored generated column added to a table that has rows.

## What happens
`GENERATED ALWAYS AS (…) STORED` is computed for every row when the column is added: `ADD COLUMN` writes the whole
table again and rebuilds every index of it, under ACCESS EXCLUSIVE. Reads and writes wait until it is done.

## When it is silent
- The migration creates the table itself.
- The column is `VIRTUAL` (PostgreSQL 18): it is computed when it is read, and adding it is instant. In
  PostgreSQL 18 it is what `GENERATED ALWAYS AS (…)` means without a word behind it.

## Instead
On PostgreSQL 18, unless it has to be indexed:

    add :slug, :string, generated: "ALWAYS AS (lower(title)) VIRTUAL"

Otherwise a plain column that a trigger fills for rows being written, and a backfill in batches for the others; or
a view; or an index on the expression, built concurrently, where it is only searched for.

## Measured
PostgreSQL 18: `rewriting table "posts"` and every index rebuilt for STORED; nothing for VIRTUAL. An index on a
virtual column: `indexes on virtual generated columns are not supported`.

## References
- PostgreSQL documentation, Generated Columns; ALTER TABLE, Notes: "Adding … a stored generated column … will
  require the entire table and its indexes to be rewritten"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddColumn
from ..base import Case, Rule, subject
from ..context import MigrationContext


class AddGeneratedStoredColumn(Rule):
    id = "add-generated-stored-column"
    level = Level.DANGER
    tags = ("columns", "rewrite", "blocking")

    fires = (
        Case(
            about="The plain form",
            text="""
            alter table(:posts) do
              add :slug, :string, «generated: "ALWAYS AS (lower(title)) STORED"»
            end
            """,
        ),
        Case(
            about="In a table that is known",
            before=("create table(:posts) do\n  add :title, :string\nend",),
            text="""
            alter table(:posts) do
              add :slug, :string, «generated: "ALWAYS AS (lower(title)) STORED"»
            end
            """,
        ),
        Case(
            about="The same in SQL, on PostgreSQL 18",
            text="""
            execute "ALTER TABLE posts ADD COLUMN slug text GENERATED ALWAYS AS («lower(title)») STORED", ""
            """,
            version=18,
        ),
    )
    silent = (
        Case(
            about="Virtual, on PostgreSQL 18",
            text="""
            alter table(:posts) do
              add :slug, :string, generated: "ALWAYS AS (lower(title)) VIRTUAL"
            end
            """,
            version=18,
        ),
        Case(
            about="A new table",
            text="""
            create table(:posts) do
              add :title, :string
              add :slug, :string, generated: "ALWAYS AS (lower(title)) STORED"
            end
            """,
        ),
        Case(
            about="An identity, of which another rule speaks",
            text="""
            alter table(:posts) do
              add :number, :bigint, generated: "ALWAYS AS IDENTITY"
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        virtual = (
            "Make it `VIRTUAL`, which is instant, unless it must be indexed; otherwise add"
            if context.analysis.project.version.major >= 18
            else "Add"
        )
        for step, operation in context.forward(AddColumn):
            column, table = operation.column, operation.relation
            if column.generated is None or not column.generated.stored or context.has_no_rows(table, step):
                continue
            known = column.generated.expression.sql is not None
            yield self.finding(
                column.generated.expression.span,
                f"A stored generated column rewrites `{table}` and all its indexes under ACCESS EXCLUSIVE:"
                " reads and writes wait."
                if known
                else f"A generated column, unless it is VIRTUAL, rewrites `{table}` under ACCESS EXCLUSIVE:"
                " reads and writes wait.",
                level=context.level(self.level if known else Level.RISK, table, step),
                label="computed for every row",
                reason=f"The value is stored, so each row of `{table}` must be written.",
                advice=f"{virtual} a plain column, keep it by a trigger, and backfill in batches.",
                subject=subject(table, step.statement, column=column.name),
            )
