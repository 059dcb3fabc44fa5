"""BEGIN, COMMIT or ROLLBACK sent by a migration.

## What happens
Ecto opens and ends the migration's transaction itself. A COMMIT in between ends it early: what ran before can no
longer be undone, what follows commits statement by statement, and the rest of the migration runs without the
protection that everybody expects. A BEGIN inside a transaction only warns.

## When it is silent
- SAVEPOINT and its like.

## Instead
`@disable_ddl_transaction true` for a migration that must not run in one transaction, and
`repo().transaction(fn -> … end)` for a part that must.

## Measured
PostgreSQL 18: `WARNING: there is already a transaction in progress`; after COMMIT, a later error undoes
nothing.

## References
- ecto_sql, `Ecto.Migrator.run_maybe_in_transaction/5`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import TransactionControl
from ..base import Case, Rule
from ..context import MigrationContext


class ExecuteTransactionControl(Rule):
    id = "execute-transaction-control"
    level = Level.DANGER
    tags = ("sql", "transactions")

    fires = (
        Case(about="COMMIT", text='execute "«COMMIT»", ""'),
        Case(
            about="A transaction in Ecto's own",
            text="""
            execute "«BEGIN»", ""
            execute "DROP TYPE old_status", "CREATE TYPE old_status AS ENUM ('draft')"
            execute "«COMMIT»", ""
            """,
        ),
    )
    silent = (Case(about="A savepoint", text='execute "SAVEPOINT before", ""'),)

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(TransactionControl):
            if operation.command not in ("begin", "start transaction", "commit", "end", "rollback", "abort"):
                continue
            if step.in_transaction:
                what = "in the middle of the migration's transaction: what follows is not in it"
            else:
                what = "on whichever connection of the pool comes: the next statement may run on another"
            yield self.finding(
                operation.span,
                f"Sends {operation.command.upper()} {what}.",
                label="Ecto ends its transactions itself",
                reason="Ecto opens and commits the migration's transaction, and checks out a connection for each"
                " statement outside of one.",
                advice="Use `@disable_ddl_transaction true`, and `repo().transaction/1` for what belongs together.",
            )
