"""Unique index that no changeset of the application names.

## What happens
A duplicate makes the database refuse the row. Where the changeset says `unique_constraint` with the index's name,
Ecto turns that into an error of the changeset; where not, `Repo.insert/2` and `update/2` raise
`Ecto.ConstraintError`, which a web request answers with status 500.

## When it is silent
- A `unique_constraint` has the name: by default `<table>_<columns>_index`, or its `name:` (`match:` counts).
- The name of some `unique_constraint` cannot be read, and could be this one.
- No schema module has the table as its source.
- A later migration drops or renames the index.
- The primary key is among its columns: a duplicate breaks that one first.

## Instead
In the changeset of the schema:

    |> unique_constraint(:slug)

and, where the index has a name of its own, `name: :that_name`. Code that inserts with `on_conflict:` needs none.

## Measured
ecto 3.13, `Ecto.Repo.Schema`: read in the source, not run.

## References
- ecto, `Ecto.Changeset.unique_constraint/3`
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...findings import Finding, Level, Related
from ...operations import AddConstraint, CreateIndex, Relation
from ...syntax.span import Span
from ..application import schemas_of
from ..base import Case, Rule, subject
from ..context import MigrationContext

if TYPE_CHECKING:
    from ...analysis import Step
    from ...project.ecto_schema_model import NamedConstraint

_MAX_NAME = 63
_POST = """
defmodule MyApp.Post do
  use Ecto.Schema
  import Ecto.Changeset

  schema "posts" do
    field :slug, :string
    field :author_id, :integer
  end

  def changeset(post, attrs) do
    post
    |> cast(attrs, [:slug])
    |> unique_constraint(:slug)
  end
end
"""
_NEW = """
create table(:posts) do
  add :slug, :string
  add :author_id, :bigint
end

"""


class MissingUniqueConstraintInChangeset(Rule):
    id = "missing-unique-constraint-in-changeset"
    level = Level.INFO
    tags = ("indexes", "application")

    fires = (
        Case(
            about="Other columns than the changeset names",
            lib=(_POST,),
            text=_NEW + "«create unique_index(:posts, [:author_id, :slug])»",
        ),
        Case(
            about="A name of its own",
            lib=(_POST,),
            text=_NEW + "«create unique_index(:posts, [:slug], name: :one_slug)»",
        ),
    )
    silent = (
        Case(
            about="The default name",
            lib=(_POST,),
            text=_NEW + "create unique_index(:posts, [:slug])",
        ),
        Case(
            about="By `name:`, in another module",
            lib=(
                _POST,
                "defmodule MyApp.Posts do\n  def put(c), do:"
                " Ecto.Changeset.unique_constraint(c, :slug, name: :one_slug)\nend",
            ),
            text=_NEW + "create unique_index(:posts, [:slug], name: :one_slug)",
        ),
        Case(
            about="By the end of its name",
            lib=(_POST.replace("(:slug)", "(:slug, name: :one_slug, match: :suffix)"),),
            text=_NEW + "create unique_index(:posts, [:slug], name: :the_one_slug)",
        ),
        Case(
            about="A name that cannot be read",
            lib=(_POST.replace("(:slug)", "(:slug, name: @name)"),),
            text=_NEW + "create unique_index(:posts, [:slug], name: :one_slug)",
        ),
        Case(
            about="A table without a schema module",
            lib=(_POST,),
            text="create table(:tags)\ncreate unique_index(:tags, [:name])",
        ),
        Case(
            about="Not unique",
            lib=(_POST,),
            text=_NEW + "create index(:posts, [:author_id])",
        ),
        Case(
            about="With the primary key, to be referenced",
            lib=(_POST,),
            text=_NEW + "create unique_index(:posts, [:id, :author_id])",
        ),
        Case(
            about="Dropped by a later migration",
            lib=(_POST,),
            text=_NEW + "create unique_index(:posts, [:author_id])",
            after=("drop unique_index(:posts, [:author_id])",),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        if project.named_constraints is None:
            return
        for step, relation, name, span in _unique(context):
            schemas = [schema for schema, certain in schemas_of(context, relation) or () if certain]
            if not schemas or len(name.encode()) > _MAX_NAME:
                continue
            named = [item for item in project.named_constraints() if item.kind == "unique"]
            if any(_may_be(item, name) for item in named):
                continue
            latest = project.latest().table(relation) if project.latest is not None else None
            if latest is None or name not in latest.indexes or latest.uncertain:
                continue
            columns = {element.column for element in latest.indexes[name].definition.elements}
            if latest.primary_key and columns.issuperset(latest.primary_key):
                continue
            yield self.finding(
                span,
                f"A duplicate in `{relation}` raises Ecto.ConstraintError: no changeset names `{name}`.",
                label="no unique_constraint has this name",
                reason="Ecto turns a violation into an error of the changeset only where `unique_constraint` has the"
                " index's name.",
                advice=f"Add `unique_constraint(…, name: :{name})` to the changeset of {schemas[0].module}.",
                related=(Related(f"{schemas[0].module} is here", schemas[0].place),),
                subject=subject(relation, step.statement, index=name),
            )


def _unique(context: MigrationContext) -> Iterator[tuple[Step, Relation, str, Span]]:
    for step, index in context.forward(CreateIndex):
        if index.unique and index.name is not None:
            yield step, index.relation, index.name, index.span
    for step, operation in context.forward(AddConstraint):
        definition = operation.constraint
        if definition.kind == "unique" and definition.name is not None:
            yield step, operation.relation, definition.name, definition.span


def _may_be(named: NamedConstraint, name: str) -> bool:
    if named.name is None:
        return True
    return named.name == name if named.exact else name.startswith(named.name) or name.endswith(named.name)
