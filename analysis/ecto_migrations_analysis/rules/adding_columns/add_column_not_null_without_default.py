"""NOT NULL column without a default, added to a table that has rows.

## What happens
`ALTER TABLE … ADD COLUMN c type NOT NULL` takes ACCESS EXCLUSIVE and reads the table to look for rows without a
value. Every existing row is one, so the statement fails at the first row: `column "c" of relation "t" contains
null values`. On a table that happens to be empty it succeeds, and then the running release, which does not know
the column, fails with `not_null_violation` at every INSERT until the last old node is gone.

That is why it passes in development and in CI, where tables are empty, and fails in production.

## When it is silent
- The migration creates the table itself.
- The column has a default that is not NULL, is an identity, a serial or a generated column.

Where the migration has truncated the table before, in the same transaction, only the inserts of running code fail.

## Instead
A constant default makes it one step, instant on PostgreSQL 11 and later, without a scan or rewrite:

    add :status, :string, null: false, default: "draft"

Where each row needs a value of its own, expand and contract in three migrations: add the column nullable, fill it
in batches once the code that writes it is deployed, then enforce NOT NULL through a validated CHECK.

## Measured
PostgreSQL 13 to 18: ACCESS EXCLUSIVE, then `ERROR: column … contains null values` on a table with rows.

## References
- PostgreSQL documentation, ALTER TABLE, Notes: "Adding a column with … NOT NULL"
- ecto_sql, `Ecto.Adapters.Postgres.Connection.column_change/2`, `:add`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddColumn, ColumnDefinition
from ..base import Case, Rule, subject
from ..context import MigrationContext


def lacks_value(column: ColumnDefinition) -> bool:
    """Whether existing rows get no value: no default but NULL, and nothing that generates one."""
    if column.identity or column.generated or column.type.serial:
        return False
    return column.default is None or (column.default.sql or "").strip().upper() == "NULL"


class AddColumnNotNullWithoutDefault(Rule):
    id = "add-column-not-null-without-default"
    level = Level.DANGER
    tags = ("columns", "fails")

    fires = (
        Case(
            about="The plain form",
            text="""
            alter table(:posts) do
              add :status, :string, «null: false»
            end
            """,
        ),
        Case(
            about="A foreign key that every row must have",
            text="""
            alter table("posts") do
              add(:editor_id, references(:authors, validate: false), «null: false»)
            end
            """,
        ),
        Case(
            about="`default: nil` is no default",
            text="""
            alter table(:posts), do: add(:status, :string, default: nil, «null: false»)
            """,
        ),
        Case(
            about="The same in SQL",
            text="""
            execute "ALTER TABLE posts ADD COLUMN status text «NOT NULL»", "ALTER TABLE posts DROP COLUMN status"
            """,
        ),
        Case(
            about="The table is emptied before",
            text="""
            def up do
              execute "TRUNCATE drafts"

              alter table(:drafts) do
                add :status, :string, «null: false»
              end
            end

            def down, do: raise("no way back")
            """,
        ),
    )
    silent = (
        Case(
            about="A constant default: one instant step",
            text="""
            alter table(:posts) do
              add :status, :string, null: false, default: "draft"
            end
            """,
        ),
        Case(
            about="A table of the same migration",
            text="""
            create table(:posts) do
              add :title, :string
            end

            alter table(:posts) do
              add :status, :string, null: false
            end
            """,
        ),
        Case(
            about="Nullable",
            text="""
            alter table(:posts) do
              add :status, :string
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddColumn):
            column = operation.column
            if not column.not_null or not lacks_value(column) or column.origin == "timestamps":
                continue
            if context.is_new(operation.relation, step):
                continue
            table = operation.relation
            if context.has_no_rows(table, step):
                yield self.finding(
                    column.not_null_span,
                    "NOT NULL without a default: code that does not know the column fails at every insert into"
                    f" `{table}`, which is empty here.",
                    level=context.level(Level.RISK, table, step),
                    label="running code has no value for it",
                    reason=f"TRUNCATE stands before it in the transaction, so that no row lacks a value for"
                    f" `{column.name or '…'}`.",
                    advice="Deploy code that sets the column before NOT NULL, or give it a `default:`.",
                    subject=subject(table, step.statement, column=column.name),
                )
                continue
            yield self.finding(
                column.not_null_span,
                f"NOT NULL without a default: scans `{table}` under ACCESS EXCLUSIVE"
                " and fails if the table has rows.",
                level=context.level(self.level, table, step),
                label="existing rows have no value for it",
                reason=f"Every row of `{table}` lacks a value for `{column.name or '…'}`, so PostgreSQL refuses at"
                " the first one. Until every node runs code that sets it, their inserts fail too.",
                advice="Give it a constant `default:` (one instant step on PostgreSQL 11 and later), or split it:"
                " add it nullable, backfill in batches, then enforce NOT NULL.",
                subject=subject(table, step.statement, column=column.name),
            )
