"""Table without a primary key.

## What happens
Nothing names a row of it: Ecto cannot update or delete one through its struct, two equal rows cannot be told apart,
and a publication (logical replication, change data capture) refuses every UPDATE and DELETE of the table.

## When it is silent
- The table has a primary key at the end of the migration.
- It is a partition, inherits from another table, is temporary, or is made from a query or `LIKE` another.

## Instead
A key of its own, or, for a table that joins two others, both of its columns:

    create table(:posts_tags, primary_key: false) do
      add :post_id, references(:posts), primary_key: true
      add :tag_id, references(:tags), primary_key: true
    end

## Measured
PostgreSQL 18: `cannot update table … because it does not have a replica identity and publishes updates` (55000).

## References
- PostgreSQL documentation, Logical Replication, Publication
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateTable
from ..base import Case, Rule, subject
from ..context import MigrationContext


class TableWithoutPk(Rule):
    id = "table-without-pk"
    level = Level.INFO
    tags = ("tables",)

    fires = (
        Case(
            about="No key among the columns",
            text="""
            create table(«:events», primary_key: false) do
              add :name, :text
            end
            """,
        ),
        Case(
            about="In SQL",
            text='execute "CREATE TABLE «events» (name text)", "DROP TABLE events"',
        ),
    )
    silent = (
        Case(about="The key that Ecto implies", text="create table(:events)"),
        Case(
            about="A key of two columns",
            text="""
            create table(:posts_tags, primary_key: false) do
              add :post_id, references(:posts), primary_key: true
              add :tag_id, references(:tags), primary_key: true
            end
            """,
        ),
        Case(
            about="The key comes later",
            text="""
            create table(:events, primary_key: false) do
              add :id, :uuid, null: false
            end

            execute "ALTER TABLE events ADD PRIMARY KEY (id)", ""
            """,
        ),
        Case(
            about="A partition",
            text="""
            execute "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
                    "DROP TABLE events_2026"
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
            left = context.steps[-1].after.table(table)
            if left is None or left.primary_key or left.uncertain:
                continue
            yield self.finding(
                operation.relation_span,
                f"`{table}` has no primary key: nothing names a row of it.",
                level=self.level,
                label="no primary key",
                reason="Ecto needs one to update or delete a struct, and logical replication to publish either.",
                advice="Give it a key of its own, or make one of the columns that are unique together.",
                subject=subject(table, step.statement),
            )
