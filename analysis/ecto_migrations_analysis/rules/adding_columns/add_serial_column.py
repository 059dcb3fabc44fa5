"""Serial column added to a table that has rows.

## What happens
`serial` and `bigserial` are an integer, a sequence and the default `nextval(…)`. Every existing row gets a number
of its own, so `ADD COLUMN` writes the whole table again and rebuilds every index of it, under ACCESS EXCLUSIVE:
reads and writes wait until it is done.

## When it is silent
- The migration creates the table itself.

## Instead
Add the column without a default, attach a sequence (new rows only, instant), and number the old rows in batches
in a later migration:

    alter table(:posts) do
      add :number, :bigint
    end

    execute "CREATE SEQUENCE posts_number_seq OWNED BY posts.number", "DROP SEQUENCE posts_number_seq"

    execute "ALTER TABLE posts ALTER COLUMN number SET DEFAULT nextval('posts_number_seq')",
            "ALTER TABLE posts ALTER COLUMN number DROP DEFAULT"

## Measured
PostgreSQL 18: `rewriting table "posts"`, every index rebuilt, a new relfilenode, for `smallserial` too.

## References
- PostgreSQL documentation, Serial Types; ALTER TABLE, Notes, on a volatile DEFAULT
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddColumn
from ..base import Case, Rule, subject
from ..context import MigrationContext


class AddSerialColumn(Rule):
    id = "add-serial-column"
    level = Level.DANGER
    tags = ("columns", "rewrite", "blocking")

    fires = (
        Case(
            about="A number for every row",
            text="""
            alter table(:posts) do
              add :number, «:bigserial»
            end
            """,
        ),
        Case(
            about="Beside other columns, and small",
            text="""
            alter table(:posts) do
              add :subtitle, :string
              add :number, «:smallserial», null: false
            end
            """,
        ),
        Case(
            about="The same in SQL",
            text='execute "ALTER TABLE posts ADD COLUMN number «serial»", "ALTER TABLE posts DROP COLUMN number"',
        ),
    )
    silent = (
        Case(
            about="A new table",
            text="""
            create table(:posts) do
              add :number, :bigserial
            end
            """,
        ),
        Case(
            about="A plain integer, its sequence attached for new rows only",
            text="""
            alter table(:posts) do
              add :number, :bigint
            end

            execute "CREATE SEQUENCE posts_number_seq OWNED BY posts.number", "DROP SEQUENCE posts_number_seq"

            execute "ALTER TABLE posts ALTER COLUMN number SET DEFAULT nextval('posts_number_seq')",
                    "ALTER TABLE posts ALTER COLUMN number DROP DEFAULT"
            """,
        ),
        Case(
            about="A reference to a serial key is a plain integer",
            text="""
            alter table(:posts) do
              add :author_id, references(:authors, type: :bigserial, validate: false)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddColumn):
            column, table = operation.column, operation.relation
            if not column.type.serial or context.has_no_rows(table, step):
                continue
            yield self.finding(
                column.type_span,
                f"A serial column rewrites `{table}` and all its indexes under ACCESS EXCLUSIVE:"
                " reads and writes wait.",
                level=context.level(self.level, table, step),
                label="numbers every row at once",
                reason=f"Each row of `{table}` gets the next value of a new sequence, so each row must be written.",
                advice="Add it as `:bigint`, give it a sequence as default by itself (new rows only, instant),"
                " and number the old rows in batches.",
                subject=subject(table, step.statement, column=column.name),
            )
