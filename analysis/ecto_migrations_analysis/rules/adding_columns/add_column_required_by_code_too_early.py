"""Column whose field comes with the same deploy.

## What happens
Ecto lists every field of a schema in its queries. Nodes of the new release that start before this migration has
run select a column that is not there: `undefined_column` (42703), for every query of the schema. Whether they do
is a matter of the order of deploying: migrations that run first, as a step of their own, are right.

## When it is silent
- The base revision of git is not known, has the migration already, or has the field already.
- No schema of the table selects the column (`load_in_query: false`, `virtual: true`).
- The migration creates the table itself.
- The application migrates when it starts.

It speaks once for a migration, for your information, and only where it is selected: the text does not tell when
migrations run, and most columns come with their field. Select it where nodes may start before migrations have run.

## Instead
Run migrations to the end before the first node of the new release starts; or deploy the migration first, and the
`field` with the next release.

## Measured
PostgreSQL 18: `ERROR: column "subtitle" does not exist` (42703).

## References
- ecto, `Ecto.Schema`: a query without `select` selects every field
- ecto_sql, `Ecto.Migrator`, "Example: Running an individual migration"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddColumn, Relation
from ...schema.state import Schema
from ..application import FieldUse, uses_of
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
_NEW = _POST.replace("field :title, :string", "field :title, :string\n    field :subtitle, :string")
_BEFORE = ("create table(:posts) do\n  add :title, :string\nend",)
_RELEASED = ("1_before.exs",)
_ADD = """
alter table(:posts) do
  add :subtitle, :string
end
"""


class AddColumnRequiredByCodeTooEarly(Rule):
    id = "add-column-required-by-code-too-early"
    level = Level.INFO
    tags = ("columns", "application", "deploy")

    fires = (
        Case(
            about="Column and field in one deploy",
            before=_BEFORE,
            released=_RELEASED,
            released_lib=(_POST,),
            lib=(_NEW,),
            text=_ADD.replace(":subtitle", "«:subtitle»"),
        ),
    )
    silent = (
        Case(
            about="No base revision",
            before=_BEFORE,
            lib=(_NEW,),
            text=_ADD,
        ),
        Case(
            about="The field comes later",
            before=_BEFORE,
            released=_RELEASED,
            released_lib=(_POST,),
            lib=(_POST,),
            text=_ADD,
        ),
        Case(
            about="The migration has been released",
            before=_BEFORE,
            released=(*_RELEASED, "20260101000000_example.exs"),
            released_lib=(_POST,),
            lib=(_NEW,),
            text=_ADD,
        ),
        Case(
            about="Not selected",
            before=_BEFORE,
            released=_RELEASED,
            released_lib=(_POST,),
            lib=(_NEW.replace("field :subtitle, :string", "field :subtitle, :string, load_in_query: false"),),
            text=_ADD,
        ),
        Case(
            about="A new table",
            released=_RELEASED,
            lib=(_NEW,),
            text="""
            create table(:posts) do
              add :title, :string
            end

            alter table(:posts) do
              add :subtitle, :string
            end
            """,
        ),
        Case(
            about="The application migrates when it starts",
            before=_BEFORE,
            released=_RELEASED,
            released_lib=(_POST,),
            lib=(
                _NEW,
                """
                defmodule MyApp.Application do
                  use Application

                  def start(_type, _args) do
                    children = [MyApp.Repo, {Ecto.Migrator, repos: [MyApp.Repo]}]
                    Supervisor.start_link(children, strategy: :one_for_one)
                  end
                end
                """,
            ),
            text=_ADD,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        released = project.released() if project.released is not None else None
        own = project.siblings.own if project.siblings is not None else None
        if not released or own is None or own in released:
            return
        for step, operation in context.forward(AddColumn):
            table, name = operation.relation, operation.column.name
            if name is None or context.is_new(table, step):
                continue
            use = _selected_from_now_on(context, table, name)
            if use is None:
                continue
            if project.migrates_on_boot is not None and project.migrates_on_boot() is not None:
                return
            yield self.finding(
                operation.column.name_span,
                f"`{use.schema.module}` selects `{table}.{name}` from this deploy on: nodes that start before"
                " this migration fail with undefined_column.",
                label="its field comes with the same deploy",
                reason="Ecto lists every field of a schema in its queries, also one whose column is not there yet.",
                advice="Run migrations to the end before the new release starts, or deploy the field with the"
                " next one.",
                related=(use.related,),
                subject=subject(table, step.statement, column=name),
            )
            return


def _selected_from_now_on(context: MigrationContext, table: Relation, column: str) -> FieldUse | None:
    """The field that selects the column, where no schema of the base revision has it."""
    read = context.analysis.project.released_schemas
    before = read(table.name) if read is not None and table.name is not None else None
    known = [schema for schema in before or () if Schema.key(schema.table) == Schema.key(table)]
    if not known or any(not schema.complete or schema.column(column) for schema in known):
        return None
    return next((use for use in uses_of(context, table, column) if use.certain and use.field.loaded), None)
