"""Foreign key without an index on its column.

## What happens
PostgreSQL makes no index for a foreign key. Every DELETE of a referenced row, and every UPDATE of its key, then
reads the whole referencing table to look for children, one scan per row deleted; `ON DELETE CASCADE` and `SET
NULL` do so as well. Joins along the key scan too.

## When it is silent
- An index with the column in front is made in this migration or in a later one, or is there already.
- The table is not fully known.

## Instead

    create table(:comments) do
      add :post_id, references(:posts, on_delete: :delete_all)
    end

    create index(:comments, [:post_id])

On a table that exists already, build the index concurrently in a migration of its own.

## Measured
PostgreSQL 18: `DELETE FROM posts WHERE id = 1` reads all of `comments` without the index.

## References
- PostgreSQL documentation, Constraints, Foreign Keys: "it is often a good idea to index the referencing columns"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Relation
from ...schema.state import Table
from ..base import Case, Rule, subject
from ..context import MigrationContext


class ForeignKeyMissingIndex(Rule):
    id = "foreign-key-missing-index"
    level = Level.RISK
    tags = ("constraints", "indexes", "history")

    fires = (
        Case(
            about="A new table without the index",
            text="""
            create table(:comments) do
              add :post_id, «references(:posts, on_delete: :delete_all)»
            end
            """,
        ),
        Case(
            about="The column is only second in the index",
            text="""
            create table(:comments) do
              add :post_id, «references(:posts)»
              add :position, :integer
            end

            create index(:comments, [:position, :post_id])
            """,
        ),
    )
    silent = (
        Case(
            about="With the index",
            text="""
            create table(:comments) do
              add :post_id, references(:posts)
            end

            create index(:comments, [:post_id])
            """,
        ),
        Case(
            about="The primary key begins with it",
            text="""
            create table(:memberships, primary_key: false) do
              add :team_id, references(:teams), primary_key: true
              add :role, :string, primary_key: true
            end
            """,
        ),
        Case(
            about="A later migration makes the index",
            text="""
            create table(:comments) do
              add :post_id, references(:posts)
            end
            """,
            after=(
                """
                @disable_ddl_transaction true
                @disable_migration_lock true

                def change do
                  create index(:comments, [:post_id], concurrently: true)
                end
                """,
            ),
        ),
        Case(
            about="A table that is not known",
            text="""
            alter table(:comments) do
              add :post_id, references(:posts, validate: false)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        if not context.steps:
            return
        after = context.steps[-1].after
        for step, relation, constraint in context.added_constraints("foreign key"):
            table = after.table(relation)
            if table is None or not table.complete or table.uncertain or after.uncertain:
                continue
            if not constraint.columns or constraint.columns[0] not in table.columns:
                continue
            first = constraint.columns[0]
            if _has_index(table, first) or _is_indexed_later(context, relation, first):
                continue
            yield self.finding(
                constraint.span,
                f"No index on `{relation}.{first}`: each delete in `{constraint.references}` scans `{relation}`.",
                level=context.level(self.level, relation, step),
                label="no index begins with this column",
                reason="PostgreSQL makes no index for a foreign key, and looks for children at every delete of a"
                " referenced row.",
                advice=f"`create index(:{relation}, [:{first}])`, concurrently if the table has rows.",
                subject=subject(relation, step.statement, column=first),
            )


def _has_index(table: Table, column: str) -> bool:
    return column in _leading_columns(table) or table.primary_key[:1] == (column,)


def _is_indexed_later(context: MigrationContext, relation: Relation, column: str) -> bool:
    latest = context.analysis.project.latest
    table = latest().table(relation) if latest is not None else None
    return table is not None and _has_index(table, column)


def _leading_columns(table: Table) -> set[str | None]:
    """The columns that some whole index begins with."""
    return {
        index.definition.elements[0].column
        for index in table.indexes.values()
        if index.definition.elements and index.definition.where is None
    }
