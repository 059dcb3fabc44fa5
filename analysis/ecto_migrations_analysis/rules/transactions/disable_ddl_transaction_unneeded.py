"""No DDL transaction, although nothing needs that.

## What happens
Without the transaction each statement commits by itself. When one fails, those before it have happened and the version
is not recorded: running the migration again fails at the first of them, and somebody repairs the database by hand.
`after_begin` does not run either.

## When it is silent
- A statement cannot run in a transaction, such as `CREATE INDEX CONCURRENTLY` or `VACUUM`, in either direction.
- Rows are changed, or code runs that may change some: in batches that is better without one long transaction.
- Nothing but one statement changes the database, which is atomic by itself.
- A value is added to an enum and used.
- It validates constraints or refreshes views, which others do not have to wait for.

## Instead
Leave the attribute out.

## Measured
PostgreSQL 18: after an error in the second statement the first one is still there without a transaction, and gone with
one.

## References
- ecto_sql, `Ecto.Migrator.run_maybe_in_transaction/5`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import (
    AddEnumValue,
    CallsCode,
    CreateIndex,
    Delete,
    DetachPartition,
    DropIndex,
    Insert,
    Maintenance,
    OpaqueSQL,
    Operation,
    RefreshMaterializedView,
    Reindex,
    Select,
    SessionCommand,
    TransactionControl,
    UnparsedSQL,
    Update,
    ValidateConstraint,
)
from ..base import Case, Rule
from ..context import MigrationContext

# What cannot run in a transaction, is better off without one, or may be either.
_REASONS = (
    *(AddEnumValue, CallsCode, Delete, Insert, Maintenance, OpaqueSQL, RefreshMaterializedView, Reindex),
    *(Select, SessionCommand, TransactionControl, UnparsedSQL, Update, ValidateConstraint),
)


def may_need_none(operation: Operation) -> bool:
    """Whether the operation is a reason to have no transaction around it."""
    if isinstance(operation, CreateIndex | DropIndex | DetachPartition):
        return operation.concurrently
    return isinstance(operation, _REASONS)


class DisableDdlTransactionUnneeded(Rule):
    id = "disable-ddl-transaction-unneeded"
    level = Level.RISK
    tags = ("transactions", "attributes")

    fires = (
        Case(
            about="Two tables altered",
            text="""
            «@disable_ddl_transaction true»

            def change do
              alter table(:posts) do
                add :status, :string
              end

              alter table(:comments) do
                add :status, :string
              end
            end
            """,
        ),
    )
    silent = (
        Case(
            about="An index is built concurrently",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              alter table(:posts) do
                add :status, :string
              end

              create index(:posts, [:status], concurrently: true)
            end
            """,
        ),
        Case(
            about="On the way back",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              create table(:drafts)
              create index(:drafts, [:id])
            end

            def down do
              drop index(:drafts, [:id], concurrently: true)
              drop table(:drafts)
            end
            """,
        ),
        Case(
            about="Rows are changed",
            text="""
            @disable_ddl_transaction true

            def up do
              alter table(:posts) do
                add :status, :string
              end

              flush()
              repo().update_all("posts", set: [status: "draft"])
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="One statement",
            text="""
            @disable_ddl_transaction true

            def change do
              create table(:drafts)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        migration = context.migration
        attribute = migration.migration.disable_ddl_transaction
        if attribute.value is not True or attribute.span is None or not context.steps:
            return
        for run in (migration.up, migration.down):
            for step in run.steps if run is not None else ():
                if step.statement.error is not None or not step.statement.operations:
                    return
                if any(may_need_none(operation) for operation in step.statement.operations):
                    return
        outside = [step for step in context.steps if not step.in_transaction]
        if len(outside) < 2 or (migration.up is not None and not migration.up.complete):
            return
        yield self.finding(
            attribute.span,
            f"Nothing here needs to run without a transaction: if one of the {len(context.steps)} statements fails,"
            " those before it stay.",
            label="nothing needs this",
            reason="The version is recorded only at the end: run again, the migration fails at what it has done.",
            advice="Leave the attribute out.",
            subject={"attribute": "disable_ddl_transaction"},
        )
