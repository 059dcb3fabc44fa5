"""Constraint validated in the transaction that added it.

## What happens
`NOT VALID` and a later `VALIDATE CONSTRAINT` spare everybody the long lock, because validating needs only SHARE
UPDATE EXCLUSIVE. In one transaction it does not: the lock that adding the constraint took (ACCESS EXCLUSIVE for a
CHECK, SHARE ROW EXCLUSIVE for a foreign key) is held until commit, through the whole scan.

## When it is silent
- The migration creates the table itself.
- The constraint was added by an earlier migration, or each statement commits by itself.

## Instead
Validate it in the next migration.

## Measured
PostgreSQL 13 to 18: a second connection's SELECT waits while VALIDATE runs in the same transaction.

## References
- PostgreSQL documentation, ALTER TABLE, `VALIDATE CONSTRAINT`; Explicit Locking: locks are held until the end of
  the transaction
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddConstraint, ValidateConstraint
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext


class ValidateInSameTransaction(Rule):
    id = "validate-in-same-transaction"
    level = Level.DANGER
    tags = ("constraints", "scan")

    fires = (
        Case(
            about="A CHECK",
            text="""
            create constraint(:posts, :views_not_negative, check: "views >= 0", validate: false)
            execute "ALTER TABLE posts «VALIDATE CONSTRAINT views_not_negative»", ""
            """,
        ),
    )
    silent = (
        Case(
            about="Added by an earlier migration",
            before=(
                """
                create table(:posts) do
                  add :views, :integer
                end

                create constraint(:posts, :views_not_negative, check: "views >= 0", validate: false)
                """,
            ),
            text='execute "ALTER TABLE posts VALIDATE CONSTRAINT views_not_negative", ""',
        ),
        Case(
            about="Each statement commits by itself",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create constraint(:posts, :views_not_negative, check: "views >= 0", validate: false)
              execute "ALTER TABLE posts VALIDATE CONSTRAINT views_not_negative", ""
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        added = {
            (Schema.key(operation.relation), operation.constraint.name): operation.constraint.kind
            for step, operation in context.forward(AddConstraint)
            if step.in_transaction and not operation.constraint.validated
        }
        for step, operation in context.forward(ValidateConstraint):
            table = operation.relation
            kind = added.get((Schema.key(table), operation.name))
            if kind is None or not step.in_transaction or context.is_new(table, step):
                continue
            foreign = kind == "foreign key"
            mode = "SHARE ROW EXCLUSIVE" if foreign else "ACCESS EXCLUSIVE"
            waits = "writes wait" if foreign else "reads and writes wait"
            yield self.finding(
                operation.span,
                f"Validates `{operation.name}` while this transaction still holds {mode} on `{table}`: {waits}"
                " for the whole scan.",
                level=context.level(self.level, table, step),
                label="the lock of adding it is still held",
                reason="Locks are held until commit, and the constraint was added in the same transaction.",
                advice="Move VALIDATE CONSTRAINT into the next migration.",
                subject=subject(table, step.statement, constraint=operation.name),
            )
