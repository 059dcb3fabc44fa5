"""Setting that has no effect where it stands.

## What happens
Three ways to set a `lock_timeout` (or any other parameter) and have none, all of them where there is no transaction:

- `after_begin` and `before_commit` run in a transaction only: with `@disable_ddl_transaction true` never.
- `SET LOCAL` lasts until the end of the transaction. Outside of one it ends at once: `WARNING: SET LOCAL can only be
  used in transaction blocks`.
- A plain `SET` is for its connection, and outside of a transaction Ecto takes a connection of the pool for each
  statement. The next statement may run on another one.

## When it is silent
- The migration runs in a transaction, or the statement in one of the repo.
- The parameter is set inside of `repo().checkout(fn -> … end)`, which keeps one connection.
- A plain `SET`, while the migration lock keeps the other connection of the pool of two that `mix ecto.migrate` has.

## Instead

    @disable_ddl_transaction true

    def up do
      repo().checkout(fn ->
        repo().query!("SET lock_timeout = '5s'")
        repo().query!("ALTER TABLE posts ADD COLUMN status text")
        repo().query!("RESET lock_timeout")
      end)
    end

## Measured
PostgreSQL 18: `SHOW lock_timeout` after `SET LOCAL` outside of a transaction is 0, with the warning. The rest is read
in the source of ecto_sql 3.14.

## References
- ecto_sql, `Ecto.Migration.Runner.perform_operation/3` (private), `Ecto.Repo.checkout/2`
- PostgreSQL documentation, SET
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import SetParameter
from ..base import Case, Rule
from ..context import MigrationContext


class LockTimeoutIneffective(Rule):
    id = "lock-timeout-ineffective"
    level = Level.RISK
    tags = ("transactions", "lock_timeout")

    fires = (
        Case(
            about="after_begin without a transaction",
            text="""
            @disable_ddl_transaction true

            def «after_begin» do
              repo().query!("SET LOCAL lock_timeout = '5s'")
            end

            def change do
              execute "ALTER TABLE posts DROP COLUMN body", ""
            end
            """,
        ),
        Case(
            about="SET LOCAL outside of a transaction",
            text="""
            @disable_ddl_transaction true

            def up do
              execute "«SET LOCAL lock_timeout = '5s'»"
              execute "ALTER TABLE posts DROP COLUMN body"
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="SET on one of several connections",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              execute "«SET lock_timeout = '5s'»"
              execute "ALTER TABLE posts DROP COLUMN body"
            end

            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="In the migration's transaction",
            text="""
            def after_begin do
              repo().query!("SET LOCAL lock_timeout = '5s'")
            end

            def change do
              execute "ALTER TABLE posts DROP COLUMN body", ""
            end
            """,
        ),
        Case(
            about="In a transaction of the repo",
            text="""
            @disable_ddl_transaction true

            def up do
              repo().transaction(fn ->
                repo().query!("SET LOCAL lock_timeout = '5s'")
                repo().query!("ALTER TABLE posts DROP COLUMN body")
              end)
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="On one connection",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              repo().checkout(fn ->
                repo().query!("SET lock_timeout = '5s'")
                repo().query!("ALTER TABLE posts DROP COLUMN body")
              end)
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="The lock has the other connection",
            text="""
            @disable_ddl_transaction true

            def up do
              execute "SET lock_timeout = '5s'"
              execute "ALTER TABLE posts DROP COLUMN body"
            end

            def down, do: :ok
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        migration = context.migration.migration
        if migration.disable_ddl_transaction.value is True:
            for name in ("after_begin", "before_commit"):
                callback = migration.callbacks.get(name)
                if callback is not None:
                    yield self.finding(
                        callback.name_span,
                        f"`{name}` never runs: `@disable_ddl_transaction true` leaves no transaction to run it in.",
                        label="never called",
                        reason="Ecto calls it only inside of the migration's transaction.",
                        advice="Do it in the migration itself, with `repo().checkout(fn -> … end)` around what belongs"
                        " together.",
                        subject={"callback": name},
                    )
        for step, operation in context.forward(SetParameter):
            if step.in_transaction or (
                step.statement.command is not None and step.statement.command.checkout
            ):
                continue
            if operation.local:
                yield self.finding(
                    operation.span,
                    f"Does nothing: outside of a transaction SET LOCAL {operation.name} ends with its own statement.",
                    level=Level.RISK,
                    label="there is no transaction",
                    reason="SET LOCAL lasts until the end of the transaction, and each statement here is its own.",
                    advice="Use SET inside of `repo().checkout(fn -> … end)`, around what it is for, and RESET it.",
                    subject={"parameter": operation.name},
                )
            elif operation.value is not None and self._any_connection(context, step):
                yield self.finding(
                    operation.span,
                    f"Sets {operation.name} on one connection of the pool; the next statement may run on another.",
                    level=Level.RISK,
                    label="for this connection only",
                    reason="Without a transaction Ecto takes a connection of the pool for each statement.",
                    advice="Put SET and what it is for into `repo().checkout(fn -> … end)`, and RESET it.",
                    subject={"parameter": operation.name},
                )

    @staticmethod
    def _any_connection(context: MigrationContext, step: Step) -> bool:
        """Whether no lock of the migrator occupies a connection, and another statement follows."""
        lock = context.analysis.project.repo.migration_lock
        free = context.migration.migration.disable_migration_lock.value is True or lock == "false"
        return free and step is not context.steps[-1]
