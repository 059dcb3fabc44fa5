"""Table without timestamps.

## What happens
PostgreSQL does not keep when a row was written. Without `inserted_at` and `updated_at` nobody can tell later; and
they cannot be added to old rows with a true value.

## When it is silent
- The table has `timestamps()`, or a column `inserted_at` or `created_at`.
- It joins others: all of its columns are keys.
- It is a partition, inherits from another table, is temporary, or is made from a query or `LIKE` another.

## Instead

    create table(:posts) do
      add :title, :string
      timestamps()
    end

## Measured
PostgreSQL 18: `track_commit_timestamp` is off unless the server is told otherwise.

## References
- ecto_sql, `Ecto.Migration.timestamps/1`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateTable
from ..base import Case, Rule, subject
from ..context import MigrationContext

_NAMES = frozenset({"inserted_at", "created_at", "inserted_on", "created_on"})


class MissingTimestamps(Rule):
    id = "missing-timestamps"
    level = Level.INFO
    tags = ("tables", "timestamps")

    fires = (
        Case(
            about="The plain form",
            text="""
            create table(«:posts») do
              add :title, :string
            end
            """,
        ),
        Case(
            about="In SQL",
            text='execute "CREATE TABLE «posts» (id bigint PRIMARY KEY, title text)", "DROP TABLE posts"',
        ),
    )
    silent = (
        Case(
            about="With timestamps()",
            text="""
            create table(:posts) do
              add :title, :string
              timestamps(inserted_at: :written_at)
            end
            """,
        ),
        Case(
            about="With a column of its own",
            text="""
            create table(:events) do
              add :name, :text
              add :created_at, :utc_datetime
            end
            """,
        ),
        Case(
            about="Added below",
            text="""
            create table(:posts)

            alter table(:posts) do
              timestamps()
            end
            """,
        ),
        Case(
            about="Keys only",
            text="""
            create table(:posts_tags) do
              add :post_id, references(:posts)
              add :tag_id, references(:tags)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateTable):
            table = operation.relation
            if not operation.complete or operation.temporary or operation.partition_of is not None:
                continue
            if operation.inherits or operation.like or operation.from_query:
                continue
            if any(column.origin == "timestamps" for column in operation.columns):
                continue
            left = context.steps[-1].after.table(table)
            if left is None or left.uncertain or not _NAMES.isdisjoint(left.columns):
                continue
            keys = {name for constraint in operation.constraints for name in constraint.columns}
            if keys.issuperset(left.columns) and len(keys) > 1:
                continue
            yield self.finding(
                operation.relation_span,
                f"`{table}` does not keep when its rows were written.",
                level=self.level,
                label="no timestamps()",
                reason="The database does not know either, and old rows never get a true value.",
                advice="Add `timestamps()`.",
                subject=subject(table, step.statement),
            )
