"""CHECK constraint validated while the table is locked.

## What happens
`ADD CONSTRAINT … CHECK` holds ACCESS EXCLUSIVE while PostgreSQL reads every row to see that it holds. Reads and
writes wait; one bad row and it fails.

## When it is silent
- The migration creates the table itself.
- `validate: false`, or `NOT VALID`.

## Instead
Two migrations:

    create constraint(:posts, :views_not_negative, check: "views >= 0", validate: false)

and, in the next, under SHARE UPDATE EXCLUSIVE, while reads and writes go on:

    execute "ALTER TABLE posts VALIDATE CONSTRAINT views_not_negative", ""

## Measured
PostgreSQL 13 to 18: `verifying table` under ACCESS EXCLUSIVE; with NOT VALID no scan.

## References
- PostgreSQL documentation, ALTER TABLE, `ADD table_constraint [ NOT VALID ]`
- ecto_sql, `Ecto.Migration.constraint/3`, `:validate`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddConstraint
from ..base import Case, Rule, subject
from ..context import MigrationContext


class CheckConstraintValidated(Rule):
    id = "check-constraint-validated"
    level = Level.DANGER
    tags = ("constraints", "scan")

    fires = (
        Case(
            about="The plain form",
            text='«create constraint(:posts, :views_not_negative, check: "views >= 0")»',
        ),
        Case(
            about="In SQL",
            text="""
            execute "ALTER TABLE posts «ADD CONSTRAINT views_not_negative CHECK (views >= 0)»",
                    "ALTER TABLE posts DROP CONSTRAINT views_not_negative"
            """,
        ),
    )
    silent = (
        Case(
            about="Not validated yet",
            text='create constraint(:posts, :views_not_negative, check: "views >= 0", validate: false)',
        ),
        Case(
            about="A new table",
            text="""
            create table(:posts) do
              add :views, :integer
            end

            create constraint(:posts, :views_not_negative, check: "views >= 0")
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddConstraint):
            constraint, table = operation.constraint, operation.relation
            if constraint.kind != "check" or not constraint.validated or not constraint.enforced:
                continue
            if context.has_no_rows(table, step):
                continue
            name = constraint.name or "…"
            yield self.finding(
                operation.span,
                f"Validates CHECK `{name}` by scanning `{table}` under ACCESS EXCLUSIVE: reads and writes wait.",
                level=context.level(self.level, table, step),
                label="reads every row",
                reason="It fails if one row breaks the condition.",
                advice="Add it with `validate: false`, and in the next migration"
                f" `ALTER TABLE {table} VALIDATE CONSTRAINT {name}`, during which reads and writes go on.",
                subject=subject(table, step.statement, constraint=constraint.name),
            )
