"""Exclusion constraint added to a table that has rows.

## What happens
`ADD CONSTRAINT … EXCLUDE` builds its index while ACCESS EXCLUSIVE is held: reads and writes wait for the whole build.
There is no concurrent form, no `USING INDEX` and no NOT VALID: `validate: false` fails. One pair of rows that conflict,
and it fails too.

## When it is silent
- The migration creates the table itself.

## Instead
No form of it is free. On a small table: at a quiet hour, with a `lock_timeout`. On a large one: a new table that has
the constraint from the start, filled in batches and kept in step by a trigger, then swapped for the old one. Where
only new rows matter, a partial constraint (`WHERE (inserted_at > …)`) still reads the table, but conflicts of old rows
do not make it fail.

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE, then `building index`; with NOT VALID SQLSTATE 0A000, "EXCLUDE constraints cannot be
marked NOT VALID".

## References
- PostgreSQL documentation, CREATE TABLE, `EXCLUDE`; ALTER TABLE, `ADD table_constraint`
- ecto_sql, `Ecto.Migration.constraint/3`, `:exclude`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddConstraint
from ..base import Case, Rule, subject
from ..context import MigrationContext


class ExclusionConstraint(Rule):
    id = "exclusion-constraint"
    level = Level.DANGER
    tags = ("constraints", "blocking")

    fires = (
        Case(
            about="The plain form",
            text="«create constraint(:bookings, :no_overlap, exclude: ~s|gist (room WITH =, during WITH &&)|)»",
        ),
        Case(
            about="In SQL",
            text="""
            execute "ALTER TABLE bookings «ADD CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&)»",
                    "ALTER TABLE bookings DROP CONSTRAINT no_overlap"
            """,
        ),
    )
    silent = (
        Case(
            about="A new table",
            text="""
            create table(:bookings) do
              add :during, :tsrange
            end

            create constraint(:bookings, :no_overlap, exclude: ~s|gist (during WITH &&)|)
            """,
        ),
        Case(
            about="A CHECK",
            text='create constraint(:bookings, :room_known, check: "room > 0", validate: false)',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddConstraint):
            constraint, table = operation.constraint, operation.relation
            if constraint.kind != "exclusion" or context.has_no_rows(table, step):
                continue
            yield self.finding(
                operation.span,
                f"Builds the index of `{constraint.name or '…'}` under ACCESS EXCLUSIVE on `{table}`: reads and writes"
                " wait, and it fails if two rows conflict.",
                level=context.level(self.level, table, step),
                label="reads and writes wait for the whole build",
                reason="An exclusion constraint has neither a concurrent form nor NOT VALID.",
                advice="On a small table at a quiet hour, with a lock_timeout; for a large one, a new table that has it"
                " from the start.",
                subject=subject(table, step.statement, constraint=constraint.name),
            )
