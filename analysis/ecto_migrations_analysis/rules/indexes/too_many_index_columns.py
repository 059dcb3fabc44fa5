"""Index with many columns.

## What happens
A B-tree finds rows by its first columns; later ones only narrow what the earlier ones have found. An index of four
and more columns is large, is written whenever one of them changes, and helps just the queries that name the first
ones. Often two smaller indexes, or one on the two columns that select most, answer the same queries at less cost.

## When it is silent
- Three columns or less; columns of `include:` do not count.
- The index is unique: then the columns say what is unique.
- The method is not B-tree (GIN and BRIN treat all columns alike).

## Instead
The columns that select most, those compared by equality first; columns that are only read, in `include:`:

    create index(:posts, [:author_id, :inserted_at], include: [:title])

## Measured
PostgreSQL 18, 20,000 rows: an index on five integer columns takes 808 kB, one on a single column 456 kB; a query on
the fifth column alone does not use it.

## References
- PostgreSQL documentation, Indexes, Multicolumn Indexes: "more than three columns are unlikely to be helpful"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateIndex
from ..base import Case, Rule, subject
from ..context import MigrationContext

# PostgreSQL documentation, Multicolumn Indexes.
MOST = 3


class TooManyIndexColumns(Rule):
    id = "too-many-index-columns"
    level = Level.INFO
    tags = ("indexes",)

    fires = (
        Case(
            about="Four columns",
            text="""
            create table(:posts)
            «create index(:posts, [:author_id, :state, :kind, :inserted_at])»
            """,
        ),
    )
    silent = (
        Case(
            about="Three columns, and some to be read",
            text="""
            create table(:posts)
            create index(:posts, [:author_id, :state, :kind], include: [:title, :inserted_at])
            """,
        ),
        Case(
            about="Unique",
            text="""
            create table(:posts)
            create unique_index(:posts, [:author_id, :state, :kind, :inserted_at])
            """,
        ),
        Case(
            about="GIN",
            text="""
            create table(:posts)
            create index(:posts, [:a, :b, :c, :d], using: :gin)
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateIndex):
            count = len(operation.elements)
            if count <= MOST or operation.unique or operation.method != "btree":
                continue
            table = operation.relation
            yield self.finding(
                operation.span,
                f"Index `{operation.name or '…'}` on `{table}` has {count} columns: it helps queries that name the"
                " first ones, and is written when any of them changes.",
                level=context.level(self.level, table, step),
                label=f"{count} columns",
                reason="A B-tree finds rows by its first columns; later ones only narrow what those have found.",
                advice="Keep the two or three columns that select most; put what is only read into `include:`.",
                subject=subject(table, step.statement, index=operation.name),
            )
