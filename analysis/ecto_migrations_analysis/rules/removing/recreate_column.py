"""Column removed and added again under the same name.

## What happens
The new column has nothing to do with the old one but its name: every value is gone, at once and for good. Nothing
breaks, queries find the column as before, so that the loss shows only when somebody looks at the rows. With a default the
old rows all hold the default.

## When it is silent
- The table is new in this migration.
- The column is renamed away and not removed.
- It is a generated column: PostgreSQL computes it anew.

## Instead
To change the type, `modify` the column, or add one under another name, copy the values in batches and switch over. To
start anew on purpose, say so and remove it in a migration of its own.

## Measured
PostgreSQL 18: after `DROP COLUMN title, ADD COLUMN title varchar(255)` no row has a title.

## References
- PostgreSQL documentation, ALTER TABLE, `DROP COLUMN`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level, Related
from ...operations import AddColumn, DropColumn, Relation
from ...schema.state import Schema
from ...syntax.span import Place
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POSTS = "create table(:posts) do\n  add :title, :integer\nend"


class RecreateColumn(Rule):
    id = "recreate-column"
    level = Level.DANGER
    tags = ("columns", "data loss")
    silences = ("remove-column", "remove-column-still-in-schema", "contract-step-not-null-trap")

    fires = (
        Case(
            about="In one block",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              «remove :title, :integer»
              add :title, :string
            end
            """,
        ),
        Case(
            about="In two, and in SQL",
            before=(_POSTS,),
            text="""
            execute "ALTER TABLE posts «DROP COLUMN title»", "ALTER TABLE posts ADD COLUMN title integer"

            alter table(:posts) do
              add :title, :string, default: ""
            end
            """,
        ),
    )
    silent = (
        Case(
            about="Another name",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              remove :title, :integer
              add :name, :string
            end
            """,
        ),
        Case(
            about="Computed",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              remove :title, :integer
              add :title, :string, generated: "ALWAYS AS (id::text) STORED"
            end
            """,
        ),
        Case(
            about="Computed, as a part of the type",
            before=('create table(:posts) do\n  add :size, :"integer GENERATED ALWAYS AS (1) STORED"\nend',),
            text="""
            alter table(:posts) do
              remove :size
              add :size, :integer
            end
            """,
        ),
        Case(
            about="Renamed away",
            before=(_POSTS,),
            text="""
            rename table(:posts), :title, to: :old_title

            alter table(:posts) do
              add :title, :string
            end
            """,
        ),
        Case(
            about="Added and removed",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              add :slug, :string
            end

            alter table(:posts) do
              remove :slug, :string
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        path = context.analysis.source.path
        dropped: dict[tuple[Relation, str], tuple[Step, DropColumn]] = {}
        added: set[tuple[Relation, str]] = set()
        for step in context.steps:
            for operation in step.statement.operations:
                if isinstance(operation, DropColumn) and operation.column is not None:
                    key = (Schema.key(operation.relation), operation.column)
                    if key not in added:
                        dropped[key] = (step, operation)
                elif isinstance(operation, AddColumn) and operation.column.name is not None:
                    key = (Schema.key(operation.relation), operation.column.name)
                    added.add(key)
                    found = dropped.pop(key, None)
                    if found is None or context.is_new(operation.relation, found[0]):
                        continue
                    first, drop = found
                    if operation.column.generated is not None or _is_computed(first, drop):
                        continue
                    place = Place(path, operation.span) if path else None
                    yield self.finding(
                        drop.span,
                        f"Drops `{drop.relation}.{drop.column}` and adds an empty column of that name: its data is"
                        " lost.",
                        level=context.level(self.level, drop.relation, first),
                        label="comes back empty",
                        reason="The new column shares the name and nothing else; queries go on working and find no"
                        " values.",
                        advice="Use `modify` to change the type, or add a column under another name and copy the values.",
                        related=(Related("it is added again here", place),) if place else (),
                        subject=subject(drop.relation, first.statement, column=drop.column),
                    )


def _is_computed(step: Step, drop: DropColumn) -> bool:
    """Whether the values of the old column are made of others."""
    table = step.before.table(drop.relation)
    column = table.columns.get(drop.column or "") if table is not None else None
    if column is None:
        return False
    # A type that cannot be read may be one as `:"integer GENERATED ALWAYS AS (…) STORED"`.
    return column.generated is not None or column.type.name is None
