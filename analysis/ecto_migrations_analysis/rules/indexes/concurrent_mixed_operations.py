"""Several changes in a migration without a transaction.

## What happens
Without a transaction every statement commits by itself. If a later one fails, what came before has happened and
stays, and the version is not recorded. Run again, the migration fails at the first statement: `column "…" already
exists`. Every deploy stops there until somebody repairs it by hand. A concurrent build is what fails most easily: by
a duplicate, a deadlock, a timeout, a cancelled deploy.

## When it is silent
- The migration runs in a transaction.
- Everything before the last statement can be run again: IF [NOT] EXISTS, OR REPLACE, a CREATE after `drop_if_exists`
  of the same thing, an UPDATE or DELETE.
- Nothing in it needs to be outside of a transaction: then the attribute is what to take away.
- What follows a statement that cannot be run again only sets, reads or describes.

Where all of it is about tables that the migration creates, it is for your information: an empty table is easily
dropped.

## Instead
One statement that cannot be run again in each migration without a transaction: the columns in one with a transaction,
each concurrent index in one of its own; or a form that can be run again:

    def up do
      drop_if_exists index(:posts, [:author_id], concurrently: true)
      create index(:posts, [:author_id], concurrently: true)
    end

## Measured
PostgreSQL 18: after `ALTER TABLE posts ADD COLUMN kind text` and a failed `CREATE UNIQUE INDEX CONCURRENTLY`, in
autocommit mode, the column is there; the ALTER TABLE fails at the second run with SQLSTATE 42701.

## References
- ecto_sql, `Ecto.Migrator.run_maybe_in_transaction/5`
- ecto_sql, `Ecto.Migration.index/3`, "Adding/dropping indexes concurrently"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import (
    CallsCode,
    CreateTable,
    Delete,
    Insert,
    Maintenance,
    OpaqueSQL,
    Operation,
    Relation,
    Update,
)
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..repeatable import Dropped, can_fail, fails_again
from .concurrent_index_in_transaction import concurrent_form


class ConcurrentMixedOperations(Rule):
    id = "concurrent-mixed-operations"
    level = Level.RISK
    tags = ("indexes", "transactions")

    fires = (
        Case(
            about="A column and its index",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              alter table(:posts) do
                add :kind, :string
              end

              «create index(:posts, [:kind], concurrently: true)»
            end
            """,
        ),
        Case(
            about="Two indexes",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:kind], concurrently: true)
              «create index(:posts, [:state], concurrently: true)»
              create index(:posts, [:title], concurrently: true)
            end
            """,
        ),
        Case(
            about="A backfill after the column",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              alter table(:posts) do
                add :kind, :string
              end

              execute "«UPDATE posts SET kind = 'a' WHERE kind IS NULL»"
            end

            def down do
              alter table(:posts) do
                remove :kind
              end
            end
            """,
        ),
    )
    silent = (
        Case(
            about="One",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:kind], concurrently: true)
            end
            """,
        ),
        Case(
            about="Each can be run again",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              drop_if_exists index(:posts, [:kind], concurrently: true)
              create index(:posts, [:kind], concurrently: true)
            end

            def down do
              drop_if_exists index(:posts, [:kind], concurrently: true)
            end
            """,
        ),
        Case(
            about="The backfill comes first",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              execute "UPDATE posts SET kind = 'a' WHERE kind IS NULL"
              create index(:posts, [:kind], concurrently: true)
            end

            def down, do: drop(index(:posts, [:kind], concurrently: true))
            """,
        ),
        Case(
            about="In a transaction",
            text="""
            alter table(:posts) do
              add :kind, :string
            end

            create index(:posts, [:kind])
            """,
        ),
        Case(
            about="Nothing needs the attribute",
            text="""
            @disable_ddl_transaction true

            def change do
              alter table(:posts) do
                add :kind, :string
              end

              rename table(:posts), :title, to: :headline
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        steps = [step for step in context.steps if not step.in_transaction]
        if context.migration.transactional or not any(map(_needs_it, steps)):
            return
        dropped: Dropped = set()
        standing: str | None = None
        for step in steps:
            found = [fails_again(operation, dropped) for operation in step.statement.operations]
            failing = next((item for item in step.statement.operations if can_fail(item)), None)
            if standing is not None and failing is not None:
                yield self._finding(context, step, failing, standing)
                return
            standing = standing or next((what for what in found if what is not None), None)

    def _finding(self, context: MigrationContext, step: Step, operation: Operation, standing: str) -> Finding:
        relation = getattr(operation, "relation", None)
        table = relation if isinstance(relation, Relation) else Relation(None)
        new = any(True for _ in context.forward(CreateTable)) and all(
            context.is_new(_relation(item), other)
            for other in context.steps
            for item in other.statement.operations
            if _relation(item).name is not None
        )
        about = f" on `{table}`" if table.name is not None else ""
        return self.finding(
            operation.span,
            f"If this fails{about}, {standing} already: the migration cannot be run again.",
            level=context.level(Level.INFO if new else self.level, table, step),
            label="without a transaction what came before stays",
            reason="Each statement commits by itself, and the version is recorded only at the end. Run again, the"
            " first one fails.",
            advice="Split it: what needs no concurrent form in a migration with a transaction, each concurrent index in"
            " one of its own.",
            subject=subject(table, step.statement),
        )


def _relation(operation: Operation) -> Relation:
    relation = getattr(operation, "relation", None)
    return relation if isinstance(relation, Relation) else Relation(None)


def _needs_it(step: Step) -> bool:
    """Whether something in the statement is a reason to run outside of a transaction."""
    return any(
        concurrent_form(operation) is not None
        or isinstance(operation, Update | Delete | Insert | CallsCode | OpaqueSQL | Maintenance)
        for operation in step.statement.operations
    )
