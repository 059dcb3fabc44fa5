"""Index of a new table built concurrently.

## What happens
Nobody can wait for the index of a table that this migration creates: nobody knows the table, and it has no rows. The
concurrent form costs the transaction for nothing. Without one, a failure leaves the table behind and the migration
cannot be run again; within one, `CREATE INDEX CONCURRENTLY` fails.

## When it is silent
- The table is older than the migration.

## Instead
A plain index, in the migration's transaction:

    create table(:posts) do
      add :author_id, :bigint
    end

    create index(:posts, [:author_id])

## Measured
PostgreSQL 13 to 18: inside of the transaction that created the table `CREATE INDEX CONCURRENTLY` fails as in every
other, SQLSTATE 25001.

## References
- PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateIndex
from ..base import Case, Rule, subject
from ..context import MigrationContext
from .concurrent_index_in_transaction import concurrently_span


class ConcurrentIndexOnNewTable(Rule):
    id = "concurrent-index-on-new-table"
    level = Level.DANGER
    tags = ("indexes",)
    # There the way out is a migration without a transaction; here it is a plain index.
    silences = ("concurrent-index-in-transaction",)

    fires = (
        Case(
            about="It fails in the transaction",
            text="""
            create table(:posts) do
              add :author_id, :bigint
            end

            create index(:posts, [:author_id], «concurrently: true»)
            """,
        ),
        Case(
            about="Without a transaction it is needless",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create table(:posts) do
                add :author_id, :bigint
              end

              create index(:posts, [:author_id], «concurrently: true»)
            end
            """,
        ),
    )
    silent = (
        Case(
            about="An old table",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(
            about="IF NOT EXISTS, and an earlier migration made the table",
            before=("create table(:posts) do\n  add :author_id, :bigint\nend",),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create_if_not_exists table(:posts) do
                add :author_id, :bigint
              end

              create index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateIndex):
            table = operation.relation
            if not operation.concurrently or not context.is_new(table, step):
                continue
            if step.in_transaction:
                level = self.level
                message = (
                    f"Fails: CREATE INDEX CONCURRENTLY on `{table}` cannot run inside a transaction block."
                )
            else:
                level = Level.INFO
                message = f"`{table}` is new and empty: its index needs no CONCURRENTLY."
            yield self.finding(
                concurrently_span(context.analysis.source, operation),
                message,
                level=context.level(level, table, step),
                label="the table is new",
                reason=f"`{table}` is created by this migration: nobody waits while its index is built.",
                advice="Leave `concurrently: true` out, and the attributes where nothing else needs them.",
                subject=subject(table, step.statement, index=operation.name),
            )
