"""Column that was NOT NULL to the end, though no schema module writes it any more.

## What happens
Between the deploy of the code without the field and this migration, every INSERT of the new code leaves the column
out. It is NOT NULL and has no default: the insert fails with `not_null_violation` (23502) until the column is
dropped. If migrations run before the new nodes start, the old nodes fail instead, with `undefined_column`. There is
no order of deploying that works.

## When it is silent
- The column is nullable, has a default, is generated, or may be: the history does not tell it for certain.
- Some schema module of the table still has the column, or is not known entirely.
- A trigger of the table may fill it.

## Instead
Three steps, each deployed before the next:

    execute "ALTER TABLE posts ALTER COLUMN legacy DROP NOT NULL",
            "ALTER TABLE posts ALTER COLUMN legacy SET NOT NULL"

then the code without the `field`, then `remove :legacy`.

## Measured
PostgreSQL 18: `ERROR: null value in column "legacy" of relation "posts" violates not-null constraint`.

## References
- PostgreSQL documentation, Constraints, Not-Null Constraints
- ecto, `Ecto.Repo.insert/2`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import DropColumn
from ..application import comes_back, unused
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POST = """
defmodule MyApp.Post do
  use Ecto.Schema

  schema "posts" do
    field :title, :string
  end
end
"""
_POSTS = """
create table(:posts) do
  add :title, :string
  add :legacy, :string, null: false
  add :flag, :boolean, null: false, default: false
  add :note, :text
end
"""


class ContractStepNotNullTrap(Rule):
    id = "contract-step-not-null-trap"
    level = Level.DANGER
    tags = ("columns", "application", "history")
    silences = ("remove-column",)

    fires = (
        Case(
            about="The field is gone, the column still NOT NULL",
            before=(_POSTS,),
            lib=(_POST,),
            text="""
            alter table(:posts) do
              «remove :legacy, :string, null: false»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="Made nullable before",
            before=(_POSTS, 'execute "ALTER TABLE posts ALTER legacy DROP NOT NULL", ""'),
            lib=(_POST,),
            text="""
            alter table(:posts) do
              remove :legacy, :string
            end
            """,
        ),
        Case(
            about="With a default, and nullable",
            before=(_POSTS,),
            lib=(_POST,),
            text="""
            alter table(:posts) do
              remove :flag, :boolean
              remove :note, :text
            end
            """,
        ),
        Case(
            about="The schema still has it",
            before=(_POSTS,),
            lib=(_POST.replace(":title", ":legacy"),),
            text="""
            alter table(:posts) do
              remove :legacy, :string
            end
            """,
        ),
        Case(
            about="A macro may declare it",
            before=(_POSTS,),
            lib=(_POST.replace("field :title, :string", "common_fields()"),),
            text="""
            alter table(:posts) do
              remove :legacy, :string
            end
            """,
        ),
        Case(
            about="No schema writes the table",
            before=(_POSTS,),
            lib=(_POST.replace('"posts"', '"drafts"'),),
            text="""
            alter table(:posts) do
              remove :legacy, :string
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        siblings = context.analysis.project.siblings
        for step, operation in context.forward(DropColumn):
            relation = operation.relation
            # As the migration found it: dropping NOT NULL one statement earlier comes too late.
            table = context.migration.schema.table(relation)
            column = table.columns.get(operation.column or "") if table is not None else None
            if table is None or column is None or context.is_new(relation, step):
                continue
            if not column.not_null or column.default or column.identity or column.generated:
                continue
            if column.type.serial or column.uncertain or table.uncertain or table.triggers:
                continue
            if column.name in table.primary_key or context.migration.schema.uncertain:
                continue
            if not unused(context, relation, column.name) or comes_back(context, relation, column.name):
                continue
            level = context.level(self.level, relation, step)
            if siblings is not None and siblings.newer:
                # One of the past: whether it was deployed in steps is not to be seen any more.
                level = min(level, Level.RISK)
            place = column.changed.place or column.origin.place
            yield self.finding(
                operation.span,
                f"`{relation}.{column.name}` is NOT NULL without a default, and no schema writes it any more:"
                " inserts fail until it is dropped.",
                level=level,
                label="NOT NULL up to here, and nobody writes it",
                reason="Code without the field leaves the column out of its inserts, which fail with"
                " not_null_violation from its deploy to this migration.",
                advice="Drop NOT NULL in a migration that is deployed before the code without the field.",
                related=(Related(f"`{column.name}` was made NOT NULL here", place),) if place else (),
                subject=subject(relation, step.statement, column=column.name),
            )
