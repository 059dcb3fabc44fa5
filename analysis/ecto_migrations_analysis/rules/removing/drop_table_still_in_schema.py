"""Table dropped that a schema module still reads.

## What happens
From the moment of the drop every query of the schema module, and every association that joins through the table,
fails with `undefined_table` (42P01), in nodes of the old release and of the new one: the schema is still in the
code beside the migration. The data is gone.

## When it is silent
- No schema module has the table as its source, and no `many_to_many` joins through it.
- A later migration creates the table again.
- The migration creates the table itself.

## Instead
Delete the schema and everything that queries it, and deploy that. Drop the table in a later deploy.

## Measured
PostgreSQL 18: `ERROR: relation "drafts" does not exist`.

## References
- PostgreSQL documentation, DROP TABLE
- ecto, `Ecto.Schema.many_to_many/3`, `:join_through`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import DropTable, Relation
from ...schema.state import Schema
from ...syntax.span import Place
from ..application import comes_back, schemas_of
from ..base import Case, Rule, subject
from ..context import MigrationContext

_DRAFT = """
defmodule MyApp.Draft do
  use Ecto.Schema

  schema "drafts" do
    field :title, :string
    many_to_many :tags, MyApp.Tag, join_through: "drafts_tags"
  end
end
"""


class DropTableStillInSchema(Rule):
    id = "drop-table-still-in-schema"
    level = Level.DANGER
    tags = ("tables", "application", "data loss")
    silences = ("drop-table",)

    fires = (
        Case(about="The source of a schema", lib=(_DRAFT,), text="«drop table(:drafts)»"),
        Case(about="A table that is joined through", lib=(_DRAFT,), text="«drop table(:drafts_tags)»"),
        Case(
            about="In SQL",
            lib=(_DRAFT,),
            text='execute "«DROP TABLE public.drafts»", "CREATE TABLE drafts (id bigint)"',
        ),
    )
    silent = (
        Case(about="No schema reads it", lib=(_DRAFT,), text="drop table(:posts)"),
        Case(
            about="Made anew in the same migration",
            lib=(_DRAFT,),
            text="""
            drop table(:drafts)

            create table(:drafts) do
              add :title, :string
            end
            """,
        ),
        Case(
            about="Made anew by a later one",
            lib=(_DRAFT,),
            before=("create table(:drafts)",),
            text="drop table(:drafts)",
            after=("create table(:drafts)",),
        ),
        Case(
            about="It is known not to be there",
            lib=(_DRAFT,),
            before=("create table(:posts)",),
            text="drop_if_exists table(:drafts)",
        ),
        Case(
            about="Another prefix",
            lib=(_DRAFT.replace("use Ecto.Schema", "use Ecto.Schema\n@schema_prefix :a"),),
            text="drop table(:drafts, prefix: :b)",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(DropTable):
            table = operation.relation
            if context.is_new(table, step) or table.name is None:
                continue
            known = step.before
            if operation.if_exists and known.complete and not known.uncertain and known.table(table) is None:
                continue
            found = [(item.module, item.place, certain) for item, certain in schemas_of(context, table) or ()]
            found += _joined_through(context, table)
            if not found or comes_back(context, table):
                continue
            module = found[0][0]
            level = context.level(self.level, table, step)
            if not any(certain for _, _, certain in found):
                level = min(level, Level.RISK)
            yield self.finding(
                operation.span,
                f"Drops table `{table}`, which {module} still uses: its queries fail with undefined_table.",
                level=level,
                label=f"still used by {module}",
                reason="Queries of the running release and of this one fail from the moment of the drop."
                " The data is lost.",
                advice="Delete what uses the table and deploy that first; drop the table in a later deploy.",
                related=tuple(Related(f"{module} uses it here", place) for module, place, _ in found),
                subject=subject(table, step.statement),
            )


def _joined_through(context: MigrationContext, relation: Relation) -> list[tuple[str, Place, bool]]:
    read = context.analysis.project.ecto_schemas
    own = Schema.key(relation)
    return [
        (schema.module, association.place, own.schema is None)
        for schema in (read() if read is not None else ())
        for association in schema.associations
        if association.kind == "many_to_many" and association.related == own.name
    ]
