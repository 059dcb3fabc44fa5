"""Column dropped that a schema module still has.

## What happens
Ecto lists every field of a schema in its SELECTs and in the RETURNING of its inserts. From the moment of
`DROP COLUMN` all of them fail with `undefined_column` (42703): not only in nodes of the old release, but in those
of the new one too, because the `field` is still in the code beside the migration.

## When it is silent
- The field says `load_in_query: false`: Ecto does not select it (`remove-column` still tells to stop writing it).
- No schema module of the application has the column.
- A later migration adds a column of that name again.
- The migration creates the table itself.

## Instead
Delete the `field` (or `belongs_to`, or the name in `timestamps`) and deploy that. Where the column is NOT NULL
without a default, make it nullable before, or the new code's inserts fail. Drop the column in a later deploy.

## Measured
PostgreSQL 18: `SELECT legacy FROM posts` after the drop: `ERROR: column "legacy" does not exist`.

## References
- ecto, `Ecto.Schema`, `:load_in_query`, `:source`
- PostgreSQL documentation, ALTER TABLE, `DROP COLUMN`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import DropColumn
from ..application import comes_back, uses_of
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POST = """
defmodule MyApp.Post do
  use Ecto.Schema

  schema "posts" do
    field :title, :string
    field :legacy, :string
    field :shown, :boolean, source: :visible
    belongs_to :author, MyApp.User
    timestamps()
  end
end
"""


class RemoveColumnStillInSchema(Rule):
    id = "remove-column-still-in-schema"
    level = Level.DANGER
    tags = ("columns", "application")
    silences = ("remove-column",)

    fires = (
        Case(
            about="A field",
            lib=(_POST,),
            text="""
            alter table(:posts) do
              «remove :legacy, :string»
            end
            """,
        ),
        Case(
            about="By `source:`, the key of `belongs_to`, and one of `timestamps`",
            lib=(_POST,),
            text="""
            alter table(:posts) do
              «remove :visible, :boolean»
              «remove :author_id, :bigint»
              «remove :updated_at, :naive_datetime»
            end
            """,
        ),
        Case(
            about="In SQL",
            lib=(_POST,),
            text="""
            execute "ALTER TABLE posts «DROP COLUMN legacy»", "ALTER TABLE posts ADD COLUMN legacy text"
            """,
        ),
    )
    silent = (
        Case(
            about="The field is gone",
            lib=(_POST,),
            text="""
            alter table(:posts) do
              remove :subtitle, :string
            end
            """,
        ),
        Case(
            about="The field's name, but another column",
            lib=(_POST,),
            text="""
            alter table(:posts) do
              remove :shown, :boolean
            end
            """,
        ),
        Case(
            about="It is not selected",
            lib=(_POST.replace(":legacy, :string", ":legacy, :string, load_in_query: false"),),
            text="""
            alter table(:posts) do
              remove :legacy, :string
            end
            """,
        ),
        Case(
            about="A virtual field of the same name",
            lib=(_POST.replace(":legacy, :string", ":legacy, :string, virtual: true"),),
            text="""
            alter table(:posts) do
              remove :legacy, :string
            end
            """,
        ),
        Case(
            about="Another table, and another schema of the database",
            lib=(_POST.replace("use Ecto.Schema", "use Ecto.Schema\n  @schema_prefix :blog"),),
            text="""
            alter table(:drafts) do
              remove :legacy, :string
            end

            alter table(:posts, prefix: :shop) do
              remove :legacy, :string
            end
            """,
        ),
        Case(
            about="A later migration adds it again",
            before=(
                """
                create table(:posts) do
                  add :legacy, :integer
                end
                """,
            ),
            lib=(_POST,),
            text="""
            alter table(:posts) do
              remove :legacy, :integer
            end
            """,
            after=(
                """
                alter table(:posts) do
                  add :legacy, :string
                end
                """,
            ),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(DropColumn):
            table, column = operation.relation, operation.column
            if context.is_new(table, step):
                continue
            uses = [use for use in uses_of(context, table, column) if use.field.loaded]
            if not uses or comes_back(context, table, column):
                continue
            first = uses[0]
            level = context.level(self.level, table, step)
            if not any(use.certain for use in uses):
                level = min(level, Level.RISK)
            yield self.finding(
                operation.span,
                f"Drops `{table}.{column}`, which {first.schema.module} still has:"
                " its queries fail with undefined_column.",
                level=level,
                label=f"still a column of {first.schema.module}",
                reason="Ecto lists every field of a schema in its queries. Those of the running release and of"
                " this one fail from the moment of the drop.",
                advice=f"Delete {first.spelling} and deploy that first; drop the column in a later deploy.",
                related=tuple(use.related for use in uses),
                subject=subject(table, step.statement, column=column),
            )
