"""Concurrent index build that waits for Ecto's own lock for ever.

## What happens
While migrations run, Ecto holds a transaction open on a second connection, with a lock on `schema_migrations`
(`migration_lock: :table_lock`, the default) and a snapshot. `CREATE INDEX CONCURRENTLY` waits until every older
snapshot is gone. The migrator waits for the index, the index waits for the migrator: the deploy hangs without an
error, since Ecto gives DDL no time limit. Interrupting it leaves an INVALID index behind.

`@disable_ddl_transaction true` alone does not help: it is the lock's transaction that is waited for.

## When it is silent
- `@disable_migration_lock true`.
- The repo has `migration_lock: :pg_advisory_lock` (a session lock, no snapshot) or `false`.
- `DROP INDEX CONCURRENTLY`, which waits only for transactions that use the table.

## Instead
Best once for all, in the configuration:

    config :my_app, MyApp.Repo, migration_lock: :pg_advisory_lock

or in the migration, where no two nodes migrate at once:

    @disable_ddl_transaction true
    @disable_migration_lock true

## Measured
PostgreSQL 12, 15 and 18, with the extended protocol as Postgrex speaks it: the build never ends while the lock's
transaction is open; with the advisory lock it does.

## References
- ecto_sql, `Ecto.Adapters.Postgres.lock_for_migrations/3`
- PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateIndex, Reindex
from ..base import Case, Rule, subject
from ..context import MigrationContext
from .concurrent_index_in_transaction import concurrent_form, concurrently_span


class ConcurrentIndexMigrationLock(Rule):
    id = "concurrent-index-migration-lock"
    level = Level.DANGER
    tags = ("indexes", "hangs")

    fires = (
        Case(
            about="The DDL transaction is disabled, the lock is not",
            text="""
            @disable_ddl_transaction true

            def change do
              create index(:posts, [:author_id], «concurrently: true»)
            end
            """,
        ),
    )
    silent = (
        Case(
            about="Both are disabled",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(
            about="The repo locks by pg_advisory_lock",
            text="""
            @disable_ddl_transaction true

            def change do
              create index(:posts, [:author_id], concurrently: true)
            end
            """,
            config="migration_lock: :pg_advisory_lock",
        ),
        Case(
            about="A concurrent drop waits only for users of the table",
            text="""
            @disable_ddl_transaction true

            def change do
              drop index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        migration = context.migration.migration
        if migration.disable_migration_lock.value is not False:
            return
        if context.analysis.project.repo.migration_lock != "table_lock":
            return
        for step in context.steps:
            if step.in_transaction:
                continue
            for operation in step.statement.operations:
                if not isinstance(operation, CreateIndex | Reindex) or concurrent_form(operation) is None:
                    continue
                table = operation.relation if isinstance(operation, CreateIndex) else operation.name
                yield self.finding(
                    concurrently_span(context.analysis.source, operation),
                    f"Hangs for ever: {concurrent_form(operation)} on `{table}` waits for the transaction in which"
                    " Ecto holds its migration lock.",
                    label="needs @disable_migration_lock true or an advisory lock",
                    reason="The migrator waits for the index, the index waits for the migrator's snapshot."
                    " Interrupting it leaves an INVALID index.",
                    advice="Set `migration_lock: :pg_advisory_lock` in the repo's configuration, or"
                    " `@disable_migration_lock true` here and migrate from one node only.",
                    subject=subject(table, step.statement),
                )
