"""No migration lock, although nothing needs that.

## What happens
The lock keeps two nodes that migrate at the same time from running the same migration twice. Without it both run it:
one fails with `relation already exists` or `deadlock detected`, or rows are changed twice. What the lock is in the way
of is only a statement that waits for older snapshots: a concurrent index build under the table lock.

## When it is silent
- An index is built or rebuilt concurrently in either direction, and the repo has the table lock.
- Code runs that is not known.
- Rows are changed without a transaction: the lock would be held as long.

## Instead
Leave the attribute out. With `migration_lock: :pg_advisory_lock` in the repo's configuration no migration needs it.

## Measured
PostgreSQL 18: with the advisory lock a concurrent build ends; DROP INDEX CONCURRENTLY does not wait for the table lock
either.

## References
- ecto_sql, `Ecto.Adapters.Postgres`, `:migration_lock`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import (
    CallsCode,
    CreateIndex,
    Delete,
    Insert,
    Maintenance,
    OpaqueSQL,
    Operation,
    Reindex,
    UnparsedSQL,
    Update,
    ValidateConstraint,
)
from ..base import Case, Rule
from ..context import MigrationContext

_LONG = (CallsCode, Delete, Insert, Maintenance, OpaqueSQL, UnparsedSQL, Update, ValidateConstraint)
_INDEX = """
@disable_ddl_transaction true
«@disable_migration_lock true»

def change do
  create index(:posts, [:author_id], concurrently: true)
end
"""
_PLAIN = _INDEX.replace("«", "").replace("»", "")


class DisableMigrationLockUnneeded(Rule):
    id = "disable-migration-lock-unneeded"
    level = Level.RISK
    tags = ("locks", "attributes", "deploy")

    fires = (
        Case(about="The repo has the advisory lock", config="migration_lock: :pg_advisory_lock", text=_INDEX),
        Case(
            about="Nothing waits for the lock",
            text="""
            «@disable_migration_lock true»

            def change do
              create table(:drafts)
            end
            """,
        ),
    )
    silent = (
        Case(about="An index is built concurrently", text=_PLAIN),
        Case(
            about="On the way back",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              drop index(:posts, [:author_id], concurrently: true)
            end

            def down do
              create index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(
            about="Rows are changed in batches",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              repo().update_all("posts", set: [status: "draft"])
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="The configuration is not known",
            config='migration_lock: System.get_env("LOCK")',
            text=_PLAIN,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        migration = context.migration
        attribute = migration.migration.disable_migration_lock
        lock = context.analysis.project.repo.migration_lock
        if attribute.value is not True or attribute.span is None or lock in (None, "false"):
            return
        operations: list[Operation] = []
        for run in (migration.up, migration.down):
            if run is None:
                continue
            if not run.complete:
                return
            operations += [operation for _, operation in run.operations]
        if not operations or any(isinstance(operation, _LONG) for operation in operations):
            return
        builds = any(
            isinstance(operation, CreateIndex | Reindex) and operation.concurrently
            for operation in operations
        )
        if builds and lock != "pg_advisory_lock":
            return
        reason = (
            "The repo has `migration_lock: :pg_advisory_lock`, which a concurrent build does not wait for."
            if builds
            else "Only a concurrent index build waits for the lock's own transaction, and there is none here."
        )
        yield self.finding(
            attribute.span,
            "Nothing here waits for the migration lock: without it two nodes that migrate at once both run this.",
            label="nothing needs this",
            reason=reason,
            advice="Leave the attribute out.",
            subject={"attribute": "disable_migration_lock"},
        )
