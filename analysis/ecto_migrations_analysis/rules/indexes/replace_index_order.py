"""Index dropped before the one that replaces it is there.

## What happens
Without a transaction the drop takes effect at once, and the new index exists only when it is built: on a large table
minutes or hours later, or never, if the build fails. In between every query that used the index reads the whole
table. Where the index was unique, duplicates come in, and then the new one cannot be built.

## When it is silent
- The new one is built first.
- The migration runs in a transaction: others see both changes at once.
- What is dropped, if it exists, has the name of the new index: it is what a failed build left behind.
- The new index does not begin with the same column.

## Instead
First the new one, under a name of its own, then the old one; each in a migration of its own:

    create index(:posts, [:author_id, :inserted_at], concurrently: true)

    drop index(:posts, [:author_id], concurrently: true)

To get the old name, rename the new index afterwards: `rename index(…), to: "…"` makes nobody wait.

## Measured
PostgreSQL 18: after `DROP INDEX CONCURRENTLY` the plan of a query on the column is a sequential scan until the new
index is valid.

## References
- PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level, Related
from ...operations import CreateIndex, DropIndex, Relation
from ...schema.state import Schema
from ...syntax.span import Place
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POSTS = """
create table(:posts) do
  add :slug, :string
  add :author_id, :bigint
end

create unique_index(:posts, [:slug])
create index(:posts, [:author_id])
"""


class ReplaceIndexOrder(Rule):
    id = "replace-index-order"
    level = Level.RISK
    tags = ("indexes",)

    fires = (
        Case(
            about="A longer one takes its place",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              «drop index(:posts, [:author_id], concurrently: true)»
              create index(:posts, [:author_id, :slug], concurrently: true)
            end
            """,
        ),
        Case(
            about="A unique one with a condition",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              «drop unique_index(:posts, [:slug], concurrently: true)»
              create unique_index(:posts, [:slug], where: "slug <> ''", concurrently: true)
            end
            """,
        ),
    )
    silent = (
        Case(
            about="The new one first",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:author_id, :slug], concurrently: true)
              drop index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(
            about="What a failed build left behind",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              drop_if_exists index(:posts, [:author_id, :slug], concurrently: true)
              create index(:posts, [:author_id, :slug], concurrently: true)
            end

            def down, do: drop_if_exists(index(:posts, [:author_id, :slug], concurrently: true))
            """,
        ),
        Case(
            about="In a transaction",
            before=(_POSTS,),
            text="""
            drop index(:posts, [:author_id])
            create index(:posts, [:author_id, :slug])
            """,
        ),
        Case(
            about="Another column",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              drop index(:posts, [:author_id], concurrently: true)
              create index(:posts, [:slug], name: :by_slug, concurrently: true)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        steps = context.steps
        for number, step in enumerate(steps):
            for operation in step.statement.operations:
                if not isinstance(operation, DropIndex) or step.in_transaction:
                    continue
                dropped = _definition(step, operation)
                if dropped is None or context.is_new(dropped.relation, step):
                    continue
                new = next((item for item in _built(steps[number + 1 :]) if _replaces(item, dropped)), None)
                if new is None:
                    continue
                table = dropped.relation
                harm = (
                    "nothing keeps duplicates out, and one makes the build fail"
                    if dropped.unique
                    else "queries that used it read the whole table"
                )
                path = context.analysis.source.path
                yield self.finding(
                    operation.span,
                    f"Until `{new.name or '…'}` is built, `{table}` has no index on"
                    f" `{dropped.elements[0].column}`: {harm}.",
                    level=context.level(self.level, table, step),
                    label="dropped before the new one is there",
                    reason="Without a transaction the drop takes effect at once; if the build fails, there is none at"
                    " all.",
                    advice="Build the new one first, under a name of its own, and drop this one in the next migration.",
                    related=(Related("it is replaced here", Place(path, new.span)),) if path else (),
                    subject=subject(table, step.statement, index=operation.name.name),
                )


def _definition(step: Step, operation: DropIndex) -> CreateIndex | None:
    """What the dropped index was, by the history or as it is stated; None where there may have been none."""
    name = operation.name.name
    for table in step.before.tables.values():
        if name is not None and name in table.indexes:
            return table.indexes[name].definition
    known = step.before.table(operation.relation) if operation.relation is not None else None
    if operation.if_exists or (known is not None and known.complete):
        return None
    return operation.stated


def _built(steps: tuple[Step, ...]) -> Iterator[CreateIndex]:
    for step in steps:
        for operation in step.statement.operations:
            if isinstance(operation, CreateIndex):
                yield operation


def _replaces(new: CreateIndex, old: CreateIndex) -> bool:
    if _key(new.relation) != _key(old.relation) or not new.elements or not old.elements:
        return False
    first = old.elements[0].column
    return first is not None and new.elements[0].column == first


def _key(relation: Relation) -> Relation:
    return Schema.key(relation)
