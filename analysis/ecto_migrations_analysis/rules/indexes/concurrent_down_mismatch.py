"""Rollback that handles an index otherwise than the migration.

## What happens
`change` is reversed with the options as written, so that a concurrent `create` becomes a concurrent `drop`. A `down`
written by hand does what it says: `drop index(:posts, [:status])` without `concurrently: true` takes ACCESS EXCLUSIVE
on the table, waits for running queries, and everything after it waits too; `create index` without it makes writes
wait for the whole build. Both hit when something has gone wrong already, and a rollback is to help.

The other way round, a `down` that is concurrent in a migration with a transaction fails: DROP INDEX CONCURRENTLY
cannot run inside a transaction block.

## When it is silent
- The migration has `change`.
- The table is new in this migration: the rollback drops it anyway.

## Instead
`change`, or the same option in `down`:

    def down do
      drop index(:posts, [:status], concurrently: true)
    end

## Measured
PostgreSQL 13 to 18: `DROP INDEX` takes ACCESS EXCLUSIVE on the table, with CONCURRENTLY SHARE UPDATE EXCLUSIVE;
inside a transaction block SQLSTATE 25001.

## References
- ecto_sql, `Ecto.Migration.Runner.reverse/1`
- PostgreSQL documentation, DROP INDEX, `CONCURRENTLY`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Run, Step
from ...findings import Finding, Level
from ...operations import CreateIndex, DropIndex, Relation
from ..base import Case, Rule, subject
from ..context import MigrationContext


class ConcurrentDownMismatch(Rule):
    id = "concurrent-down-mismatch"
    level = Level.RISK
    tags = ("indexes", "rollback", "blocking")

    fires = (
        Case(
            about="Created concurrently, dropped under a lock",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              create index(:posts, [:status], concurrently: true)
            end

            def down do
              «drop index(:posts, [:status])»
            end
            """,
        ),
        Case(
            about="Dropped concurrently, built while writes wait",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up, do: drop(index(:posts, [:status], concurrently: true))
            def down, do: «create(index(:posts, [:status]))»
            """,
        ),
        Case(
            about="Concurrently in a transaction",
            text="""
            def up, do: create(index(:posts, [:status]))
            def down, do: «drop(index(:posts, [:status], concurrently: true))»
            """,
        ),
    )
    silent = (
        Case(
            about="The same both ways",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up, do: create(index(:posts, [:status], concurrently: true))
            def down, do: drop_if_exists(index(:posts, [:status], concurrently: true))
            """,
        ),
        Case(
            about="`change`",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change, do: create(index(:posts, [:status], concurrently: true))
            """,
        ),
        Case(
            about="Under a lock both ways",
            text="""
            def up, do: create(index(:posts, [:status]))
            def down, do: drop(index(:posts, [:status]))
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        up, down = context.migration.up, context.migration.down
        if up is None or down is None or down.program.callback != "down":
            return
        created, dropped = _concurrency(up, CreateIndex), _concurrency(up, DropIndex)
        for step in down.steps:
            for operation in step.statement.operations:
                if not isinstance(operation, CreateIndex | DropIndex):
                    continue
                undone = created if isinstance(operation, DropIndex) else dropped
                forward, table = undone.get(_name(operation)), _table(operation)
                if (
                    _name(operation) is None
                    or forward is None
                    or forward == operation.concurrently
                    or context.is_new(table)
                ):
                    continue
                words = _words(operation, table, step)
                if words is not None:
                    message, label, advice = words
                    yield self.finding(
                        operation.span,
                        message,
                        level=context.level(self.level, table, step),
                        label=label,
                        reason="`down` does what it says; only a `change` is reversed with the options as written.",
                        advice=advice,
                        subject=subject(table, step.statement),
                        forward=False,
                        fails=operation.concurrently,
                    )


def _concurrency(run: Run, kind: type[CreateIndex] | type[DropIndex]) -> dict[str | None, bool]:
    """By name, whether the indexes of the run are handled concurrently."""
    return {
        _name(operation): operation.concurrently
        for _, operation in run.operations
        if isinstance(operation, CreateIndex | DropIndex) and isinstance(operation, kind)
    }


def _name(operation: CreateIndex | DropIndex) -> str | None:
    return operation.name if isinstance(operation, CreateIndex) else operation.name.name


def _table(operation: CreateIndex | DropIndex) -> Relation:
    if isinstance(operation, CreateIndex):
        return operation.relation
    return operation.relation or operation.name


def _words(operation: CreateIndex | DropIndex, table: Relation, step: Step) -> tuple[str, str, str] | None:
    """Message, label and advice; None where it does no harm."""
    if operation.concurrently:
        if not step.in_transaction:
            return None
        form = "CREATE" if isinstance(operation, CreateIndex) else "DROP"
        return (
            f"Rollback fails: {form} INDEX CONCURRENTLY on `{table}` cannot run inside a transaction block.",
            "this migration runs in a transaction",
            "Leave `concurrently: true` out here, or handle the index concurrently both ways, without a"
            " transaction.",
        )
    advice = "Give it `concurrently: true` as well, or write the migration as `change`."
    if isinstance(operation, DropIndex):
        return (
            f"Rollback drops `{operation.name}` under ACCESS EXCLUSIVE on `{table}`: waits for running queries, and"
            " everything after it waits too.",
            "not concurrently, as it was created",
            advice,
        )
    return (
        f"Rollback builds `{operation.name or '…'}` under SHARE on `{table}`: inserts, updates and deletes wait until"
        " it is built.",
        "not concurrently, as it was dropped",
        advice,
    )
