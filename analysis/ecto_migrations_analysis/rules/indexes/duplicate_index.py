"""Index that another index already covers.

## What happens
Every index is written at each INSERT and at most UPDATEs, kept in memory and vacuumed. One on the same columns as
another, or on the first columns of another, answers no query that the other does not answer.

## When it is silent
- The indexes differ in method, predicate, uniqueness that the new one adds, operator class or order.
- The table is not fully known.
- This migration or a later one drops the other: the new one replaces it.

## Instead
Leave it out; or, where the new one replaces the old, drop the old one in a later migration, once the new one is
built.

## Measured
PostgreSQL 18: the plan of a query on the leading columns uses either index.

## References
- PostgreSQL documentation, Indexes, Multicolumn Indexes
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import CreateIndex
from ...schema.state import IndexState
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POSTS = """
create table(:posts) do
  add :author_id, :bigint
  add :slug, :string
end

create index(:posts, [:author_id, :slug])
"""


class DuplicateIndex(Rule):
    id = "duplicate-index"
    level = Level.INFO
    tags = ("indexes", "history")
    # A superfluous index makes no other one superfluous.
    silences = ("redundant-index",)

    fires = (
        Case(
            about="The first column of another index",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              «create index(:posts, [:author_id], concurrently: true)»
            end
            """,
        ),
        Case(
            about="The same columns under another name",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              «create index(:posts, [:author_id, :slug], name: :again, concurrently: true)»
            end
            """,
        ),
        Case(
            about="Among others",
            text="""
            create table(:posts) do
              add :author_id, :bigint
              add :slug, :string
            end

            create unique_index(:posts, [:slug])
            «create index(:posts, [:slug], name: :posts_by_slug)»
            """,
        ),
    )
    silent = (
        Case(
            about="A unique index says more",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create unique_index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(
            about="A column that is not the first",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:slug], concurrently: true)
            end
            """,
        ),
        Case(
            about="A later migration drops the other",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:author_id, :slug], name: :again, concurrently: true)
            end
            """,
            after=("drop index(:posts, [:author_id, :slug])",),
        ),
        Case(
            about="A partial index",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:author_id], where: "slug IS NULL", concurrently: true)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateIndex):
            table = step.before.table(operation.relation)
            if table is None or not operation.complete:
                continue
            candidates = table.indexes_on(operation.elements)
            covering = next((index for index in candidates if _covers(index, operation)), None)
            if covering is None:
                continue
            latest = context.analysis.project.latest
            ends = [context.steps[-1].after] if latest is None else [context.steps[-1].after, latest()]
            left = [end.table(operation.relation) for end in ends]
            if any(item is not None and covering.name not in item.indexes for item in left):
                continue  # replaced
            same = len(covering.definition.elements) == len(operation.elements)
            related = (
                (Related(f"`{covering.name}` was created here", covering.origin.place),)
                if covering.origin.place
                else ()
            )
            yield self.finding(
                operation.span,
                f"`{covering.name}` already indexes the same columns of `{operation.relation}`."
                if same
                else f"`{covering.name}` of `{operation.relation}` already begins with the same columns.",
                label="answers no query that the other does not",
                reason="Every index is written at each insert and takes memory.",
                advice="Leave it out, or drop the other one if this replaces it."
                if same and operation.unique == covering.definition.unique
                else "Leave it out.",
                related=related,
                subject=subject(operation.relation, step.statement, index=operation.name),
            )


def _covers(index: IndexState, new: CreateIndex) -> bool:
    """Whether the index, which begins with all elements of the new one, makes that needless."""
    old = index.definition
    if index.name == new.name or old.method != new.method or new.method != "btree":
        return False
    if old.where is not None or new.where is not None or new.include or not new.elements:
        return False
    return not new.unique or (old.unique and len(old.elements) == len(new.elements))
