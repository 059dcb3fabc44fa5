"""Index dropped under a lock on its table.

## What happens
`DROP INDEX` takes ACCESS EXCLUSIVE on the table, for an instant once it has it. But it waits for every running
query on the table first, and while it waits, every new query waits behind it.

## When it is silent
- The migration creates the table or the index itself.
- `concurrently: true`.
- The same transaction then drops one of its columns, or the table: that takes the lock anyway.
- `mode: :cascade`, or an index of a partitioned table: PostgreSQL has no concurrent form for these.

## Instead

    @disable_ddl_transaction true
    @disable_migration_lock true

    def change do
      drop index(:posts, [:author_id], concurrently: true)
    end

## Measured
PostgreSQL 13 to 18: ACCESS EXCLUSIVE on the table; with CONCURRENTLY, SHARE UPDATE EXCLUSIVE.

## References
- PostgreSQL documentation, DROP INDEX, `CONCURRENTLY`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import CreateIndex, DropColumn, DropIndex, DropTable, Relation
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext


class DropIndexNotConcurrent(Rule):
    id = "drop-index-not-concurrent"
    level = Level.RISK
    tags = ("indexes", "lock queue")

    fires = (
        Case(about="The plain form", text="«drop index(:posts, [:author_id])»"),
        Case(about="With options", text="«drop_if_exists index(:posts, [:author_id], name: :by_author)»"),
        Case(
            about="In SQL",
            text='execute "«DROP INDEX by_author»", "CREATE INDEX by_author ON posts (author_id)"',
        ),
    )
    silent = (
        Case(
            about="A column of it goes with the same lock",
            before=("create table(:posts) do\n  add :slug, :string\nend\n\ncreate index(:posts, [:slug])",),
            text="drop index(:posts, [:slug])\n\nalter table(:posts) do\n  remove :slug, :string\nend",
        ),
        Case(
            about="Concurrently",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              drop index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(
            about="With CASCADE there is no concurrent form",
            text="drop index(:posts, [:slug]), mode: :cascade",
        ),
        Case(
            about="A table of the same migration",
            text="""
            create table(:posts)
            create index(:posts, [:id])
            drop index(:posts, [:id])
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        built = {(operation.relation.schema, operation.name) for _, operation in context.forward(CreateIndex)}
        for step, operation in context.forward(DropIndex):
            if operation.concurrently or operation.cascade:
                continue
            if (operation.name.schema, operation.name.name) in built:
                continue
            table = _owner(step.before, operation) or operation.relation
            known = step.before.table(table) if table else None
            if known is not None and known.partition_by is not None:
                continue
            if table is not None and (
                context.is_new(table, step) or _goes_anyway(context, step, table, operation)
            ):
                continue
            shown = f"`{table}`" if table is not None else "its table"
            yield self.finding(
                operation.span,
                f"Drops index `{operation.name}` under ACCESS EXCLUSIVE on {shown}: waits for running queries,"
                " and everything after it waits too.",
                level=context.level(self.level, table, step) if table is not None else self.level,
                label="queues behind the longest query",
                reason="The drop itself is instant; the wait for the lock is not.",
                advice="Drop it with `concurrently: true`, in a migration of its own with"
                " `@disable_ddl_transaction true`.",
                subject=subject(table or operation.name, step.statement, index=operation.name.name),
            )


def _goes_anyway(context: MigrationContext, step: Step, table: Relation, operation: DropIndex) -> bool:
    """Whether the same transaction then drops a column of the index, or the table: with the same lock."""
    if not step.in_transaction:
        return False
    known = step.before.table(table)
    index = known.indexes.get(operation.name.name or "") if known is not None else None
    columns = {element.column for element in index.definition.elements} if index is not None else set()
    later = context.steps[context.steps.index(step) + 1 :]
    return any(
        isinstance(item, DropTable) or item.column in columns
        for other in later
        if other.in_transaction and other.transaction == step.transaction
        for item in other.statement.operations
        if isinstance(item, DropTable | DropColumn) and Schema.key(item.relation) == Schema.key(table)
    )


def _owner(schema: Schema, operation: DropIndex) -> Relation | None:
    """The table the index belongs to, where the history knows it.

    SQL does not name it, and Ecto sends only the name: `index(:posts, …)` is found after a rename of `posts` too.
    """
    index = operation.name.name
    stated = schema.table(operation.relation) if operation.relation is not None else None
    if stated is not None and index in stated.indexes:
        return stated.relation
    return next((table.relation for table in schema.tables.values() if index in table.indexes), None)
