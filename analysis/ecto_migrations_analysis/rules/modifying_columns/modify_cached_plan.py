"""Type change after which prepared queries fail once.

## What happens
A connection keeps the plan of a prepared query together with the types of its result. When the type of a column
that it selects changes, be it only from `varchar(255)` to `text`, the next execution fails with `cached plan must
not change result type` (0A000). Ecto prepares its queries, and every query of a schema selects every field: each
such query fails at least once after the migration, and the error reaches the caller. Ecto then prepares it anew.

## When it is silent
- The migration creates the table itself.
- The type stays, or is not known.
- The schema modules of the project are known, and none selects the column.
- The table is written again for it: what that costs is said by another rule.

It speaks once for a table, for your information: each query fails once, and then works.

## Instead
Expect one error for each query that selects the column, and run the migration when that hurts least; or restart
the pool right after it (`Ecto.Adapters.SQL.disconnect_all/2`); or add a new column of the new type.

Repos with `prepare: :unnamed` (PgBouncer) are not affected.

## Measured
PostgreSQL 18: SQLSTATE 0A000 at the next execution for `varchar` to `text`, `varchar(255)` to `varchar(500)`,
`numeric(10,2)` to `numeric(12,2)` and `timestamp(0)` to `timestamp`; none for queries that do not select the
column, for the same type, SET NOT NULL, SET DEFAULT or ADD COLUMN.

## References
- PostgreSQL source, `RevalidateCachedQuery`
- ecto_sql, `Ecto.Adapters.Postgres.Connection.execute/4`: `:feature_not_supported` resets the cached query
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AlterColumnType, Relation
from ...schema.state import Schema
from ..application import uses_of
from ..base import Case, Rule, subject
from ..context import MigrationContext
from .modify_type_rewrite import type_before

_POST = """
defmodule MyApp.Post do
  use Ecto.Schema

  schema "posts" do
    field :title, :string
  end
end
"""
_POSTS = "create table(:posts) do\n  add :title, :string\n  add :views, :integer\nend"


class ModifyCachedPlan(Rule):
    id = "modify-cached-plan"
    level = Level.INFO
    tags = ("columns", "application")

    fires = (
        Case(
            about="A schema selects the column",
            before=(_POSTS,),
            lib=(_POST,),
            text="""
            alter table(:posts) do
              modify :title, «:text», from: :string
            end
            """,
        ),
        Case(
            about="Two columns of a table: the queries are the same",
            before=("create table(:posts) do\n  add :title, :string\n  add :slug, :string\nend",),
            lib=(_POST.replace("field :title, :string", "field :title, :string\n    field :slug, :string"),),
            text="""
            alter table(:posts) do
              modify :title, «:text», from: :string
              modify :slug, :text, from: :string
            end
            """,
        ),
        Case(
            about="No schema is known",
            text="""
            alter table(:posts) do
              modify :title, «:string», size: 500, from: :string
            end
            """,
        ),
    )
    silent = (
        Case(
            about="The same type",
            before=(_POSTS,),
            lib=(_POST,),
            text="""
            alter table(:posts) do
              modify :title, :string, null: true, from: {:string, null: true}
            end
            """,
        ),
        Case(
            about="No schema selects the column",
            before=(_POSTS,),
            lib=(_POST.replace(":title, :string", ":title, :string, load_in_query: false"),),
            text="""
            alter table(:posts) do
              modify :title, :text, from: :string
            end
            """,
        ),
        Case(
            about="A rewrite, which costs more",
            before=(_POSTS,),
            lib=(_POST.replace(":title, :string", ":views, :integer"),),
            text="""
            alter table(:posts) do
              modify :views, :bigint, from: :integer
            end
            """,
        ),
        Case(
            about="A type that is not known",
            lib=(_POST,),
            text="""
            alter table(:posts) do
              modify :title, :text
            end
            """,
        ),
        Case(
            about="A new table",
            lib=(_POST,),
            text="""
            create table(:posts) do
              add :title, :string
            end

            alter table(:posts) do
              modify :title, :text, from: :string
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        read = context.analysis.project.ecto_schemas
        said: set[Relation] = set()
        for step, operation in context.forward(AlterColumnType):
            relation, name = operation.relation, operation.column
            if name is None or context.is_new(relation, step):
                continue
            if Schema.key(relation) not in step.effect.invalidates_plans or Schema.key(relation) in said:
                continue
            table = step.before.table(relation)
            old = type_before(operation, table.columns.get(name) if table is not None else None)
            if old is None or operation.type.name is None or old == operation.type:
                continue
            if any(cost.span == operation.span for cost in step.effect.type_changes):
                continue
            uses = [use for use in uses_of(context, relation, name) if use.field.loaded]
            if not uses and read is not None and read():
                continue
            who = f"of `{uses[0].schema.module}`" if uses else "that select it"
            said.add(Schema.key(relation))
            yield self.finding(
                operation.span,
                f"`{relation}.{name}` changes from {old} to {operation.type}: prepared queries {who} fail once with"
                " `cached plan must not change result type`.",
                level=self.level,
                label="prepared queries fail once",
                reason="A connection keeps the result types of its prepared queries; Ecto prepares a query anew only"
                " after the error has reached the caller.",
                advice="Run it when single errors hurt least, or call `Ecto.Adapters.SQL.disconnect_all/2` right"
                " after it.",
                related=tuple(use.related for use in uses[:1]),
                subject=subject(relation, step.statement, column=name),
            )
