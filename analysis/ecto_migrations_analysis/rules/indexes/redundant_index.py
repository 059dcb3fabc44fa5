"""New index that makes an older one superfluous.

## What happens
An index answers the queries on its first columns as well. With one on `(author_id, inserted_at)`, another on
`author_id` alone answers no query that the first does not; it is still written at each insert and at most updates,
kept in memory and vacuumed.

## When it is silent
- The older index is unique, partial, has `include:` columns, another method, or belongs to a constraint.
- This migration or a later one drops it.
- The columns differ, or their order.
- The new index is superfluous itself (`duplicate-index`).

## Instead
Drop the older one, concurrently, in a migration after the one that builds the new index. Where the second column is
long, compare sizes first: a much smaller index may be worth having. Where this migration makes both, leave the
shorter one out.

## Measured
PostgreSQL 18, 20,000 rows: `WHERE author_id = 3` uses the index on `(author_id, inserted_at)` at the same estimated
cost as one on `author_id` alone.

## References
- PostgreSQL documentation, Indexes, Multicolumn Indexes
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import CreateIndex
from ...schema.state import IndexState, Table
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POSTS = """
create table(:posts) do
  add :author_id, :bigint
  add :slug, :string
end

create index(:posts, [:author_id])
"""
_CONCURRENTLY = """
@disable_ddl_transaction true
@disable_migration_lock true

def change do
  «create index(:posts, [:author_id, :slug], concurrently: true)»
end
"""
_PLAIN = _CONCURRENTLY.replace("«", "").replace("»", "")


class RedundantIndex(Rule):
    id = "redundant-index"
    level = Level.INFO
    tags = ("indexes", "history")

    fires = (
        Case(about="The older one is on the first column", before=(_POSTS,), text=_CONCURRENTLY),
        Case(
            about="Both are new",
            text=_POSTS + "\n«create index(:posts, [:author_id, :slug])»",
        ),
    )
    silent = (
        Case(
            about="The older one is unique",
            before=(_POSTS.replace("create index", "create unique_index"),),
            text=_PLAIN,
        ),
        Case(
            about="The older one is partial",
            before=(_POSTS.replace("[:author_id])", "[:author_id], where: \"slug <> ''\")"),),
            text=_PLAIN,
        ),
        Case(
            about="The new one is partial",
            before=(_POSTS,),
            text=_PLAIN.replace(":slug]", ':slug], where: "a"'),
        ),
        Case(
            about="Another order",
            before=(_POSTS,),
            text=_PLAIN.replace("[:author_id, :slug]", "[:slug, :author_id]"),
        ),
        Case(
            about="The new one is superfluous itself",
            before=(_POSTS + "create index(:posts, [:author_id, :slug, :id])",),
            text=_PLAIN,
        ),
        Case(
            about="Dropped later",
            before=(_POSTS,),
            text=_PLAIN,
            after=("drop index(:posts, [:author_id])",),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateIndex):
            relation = operation.relation
            table = step.before.table(relation)
            if table is None or not operation.complete or len(operation.elements) < 2:
                continue
            left = _left(context, operation, table)
            made = {other.name for _, other in context.forward(CreateIndex)}
            for index in table.indexes.values():
                if not _is_first_part(index, operation) or index.name not in left.indexes:
                    continue
                place = index.origin.place
                yield self.finding(
                    operation.span,
                    f"Makes `{index.name}` of `{relation}` superfluous: this index begins with the same columns.",
                    level=context.level(self.level, relation, step),
                    label=f"{index.name} answers nothing that this one does not",
                    reason="An index answers queries on its first columns too; each one is written at every insert.",
                    advice=f"Leave `{index.name}` out."
                    if index.name in made
                    else f"Drop `{index.name}` in a later migration, once this one is built.",
                    related=(Related(f"`{index.name}` was created here", place),) if place else (),
                    subject=subject(relation, step.statement, index=index.name),
                )


def _left(context: MigrationContext, operation: CreateIndex, table: Table) -> Table:
    """The table as this migration and the later ones leave it."""
    project = context.analysis.project
    schema = project.latest() if project.latest is not None else context.steps[-1].after
    return schema.table(operation.relation) or table


def _is_first_part(index: IndexState, new: CreateIndex) -> bool:
    old = index.definition
    if len(old.elements) >= len(new.elements):
        return False
    if old.unique or index.constraint is not None or old.method != "btree" or new.method != "btree":
        return False
    if old.where is not None or new.where is not None or old.include or not old.complete or not old.elements:
        return False
    return new.elements[: len(old.elements)] == old.elements
