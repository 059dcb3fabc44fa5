"""Dropped index that a foreign key needs.

## What happens
At every delete in the referenced table, and every change of its key, PostgreSQL looks for rows that still point to
it. Without an index that begins with the referencing column it reads the whole referencing table each time, once per
deleted row.

## When it is silent
- Another index begins with the column, or this migration or a later one builds one.
- The foreign key, the column or the table goes as well.
- The table is not known for certain.

## Instead
Keep the index; or build the one that replaces it first.

## Measured
PostgreSQL 18, `pg_stat_user_tables`: `DELETE FROM parent WHERE id = 5` counts one sequential scan of the child table
without the index, one index scan with it.

## References
- PostgreSQL documentation, Constraints, Foreign Keys: "it is often a good idea to index the referencing columns"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import DropIndex
from ...schema.state import IndexState, Table
from ..base import Case, Rule, subject
from ..context import MigrationContext

_COMMENTS = """
create table(:posts)

create table(:comments) do
  add :post_id, references(:posts)
  add :position, :integer
end

create index(:comments, [:post_id])
"""
_DROP = """
@disable_ddl_transaction true
@disable_migration_lock true

def change do
  drop index(:comments, [:post_id], concurrently: true)
end
"""


class DropUsedIndex(Rule):
    id = "drop-used-index"
    level = Level.RISK
    tags = ("indexes", "history")

    fires = (
        Case(
            about="The only one on the column",
            before=(_COMMENTS,),
            text=_DROP.replace("drop index", "«drop index").replace("true)", "true)»"),
        ),
    )
    silent = (
        Case(
            about="Another one begins with it",
            before=(_COMMENTS + "create index(:comments, [:post_id, :position])",),
            text=_DROP,
        ),
        Case(
            about="A later migration builds one",
            before=(_COMMENTS,),
            text=_DROP,
            after=("create index(:comments, [:post_id, :position])",),
        ),
        Case(
            about="The column goes",
            before=(_COMMENTS,),
            text="""
            drop index(:comments, [:post_id])

            alter table(:comments) do
              remove :post_id, references(:posts)
            end
            """,
        ),
        Case(
            about="Another table takes its place",
            before=(_COMMENTS,),
            text="""
            drop index(:comments, [:post_id])
            rename table(:comments), to: table(:old_comments)

            create table(:comments) do
              add :post_id, references(:posts)
            end
            """,
        ),
        Case(
            about="No foreign key",
            before=(_COMMENTS.replace("references(:posts)", ":bigint"),),
            text=_DROP,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        for step, operation in context.forward(DropIndex):
            owner = next((t for t in step.before.tables.values() if operation.name.name in t.indexes), None)
            if owner is None or operation.name.name is None or context.is_new(owner.relation, step):
                continue
            column = _first(owner.indexes[operation.name.name])
            end = project.latest() if project.latest is not None else context.steps[-1].after
            left = context.steps[-1].after.table(owner.relation)
            later = end.table(owner.relation)
            if column is None or left is None or left.uncertain or not left.complete:
                continue
            if left.origin != owner.origin:
                continue  # another table has its name now
            keys = [
                state
                for state in left.constraints.values()
                if state.definition.kind == "foreign key" and state.definition.columns[:1] == (column,)
            ]
            if not keys or _has_index(left, column) or (later is not None and _has_index(later, column)):
                continue
            if later is None or keys[0].name not in later.constraints:
                continue
            parent = keys[0].definition.references
            yield self.finding(
                operation.span,
                f"No index on `{owner.relation}.{column}` is left: each delete in `{parent}` then scans"
                f" `{owner.relation}`.",
                level=context.level(self.level, owner.relation, step),
                label=f"the foreign key {keys[0].name} needs it",
                reason="PostgreSQL looks for children at every delete of a referenced row, by an index or by reading"
                " the whole table.",
                advice="Keep it, or build what replaces it first.",
                subject=subject(owner.relation, step.statement, index=operation.name.name),
            )


def _first(index: IndexState) -> str | None:
    """The column that the index begins with, where it holds every row."""
    definition = index.definition
    if definition.where is not None or not definition.elements or index.constraint is not None:
        return None
    return definition.elements[0].column


def _has_index(table: Table, column: str) -> bool:
    return table.primary_key[:1] == (column,) or any(
        index.definition.elements
        and index.definition.elements[0].column == column
        and index.definition.where is None
        for index in table.indexes.values()
    )
