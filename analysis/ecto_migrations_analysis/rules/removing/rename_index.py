"""Unique index renamed, whose name a changeset waits for.

## What happens
Renaming an index makes nobody wait: only the index is locked, SHARE UPDATE EXCLUSIVE. But a violation of a unique
index is reported by its name, and `unique_constraint(:slug)` waits for one name. Where the changeset still says the
old one, a duplicate raises `Ecto.ConstraintError` instead of giving an error: a web request answers it with status
500.

Nodes of the running release wait for the old name in any case until the last of them is gone.

## When it is silent
- The index is known not to be unique: no changeset can wait for it.
- No changeset names the old name, or the names in changesets cannot be read.
- The table is new in this migration.

## Instead
Change `name:` in the changeset in the same deploy. Where no request may fail in between, let the changeset have both
names first:

    |> unique_constraint(:slug, name: :posts_slug_index)
    |> unique_constraint(:slug, name: :posts_path_index)

## Measured
PostgreSQL 18, `pg_locks` after `ALTER INDEX … RENAME TO`: SHARE UPDATE EXCLUSIVE on the index, nothing on the table.

## References
- PostgreSQL documentation, ALTER INDEX, `RENAME`
- ecto, `Ecto.Changeset.unique_constraint/3`, `:name`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import RenameIndex as RenameIndexOperation
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POSTS = """
create table(:posts) do
  add :slug, :string
end

create unique_index(:posts, [:slug])
"""
_POST = """
defmodule MyApp.Post do
  use Ecto.Schema
  import Ecto.Changeset

  schema "posts" do
    field :slug, :string
  end

  def changeset(post), do: unique_constraint(post, :slug)
end
"""


class RenameIndex(Rule):
    id = "rename-index"
    level = Level.RISK
    tags = ("indexes", "application")

    fires = (
        Case(
            about="The changeset has the old name",
            before=(_POSTS,),
            lib=(_POST,),
            text='«rename index(:posts, [:slug]), to: "posts_path_index"»',
        ),
        Case(
            about="In SQL",
            before=(_POSTS,),
            lib=(_POST,),
            text="""
            execute "«ALTER INDEX posts_slug_index RENAME TO one_slug»",
                    "ALTER INDEX one_slug RENAME TO posts_slug_index"
            """,
        ),
    )
    silent = (
        Case(
            about="The changeset has the new name",
            before=(_POSTS,),
            lib=(_POST.replace(":slug)", ":slug, name: :one_slug)"),),
            text='rename index(:posts, [:slug]), to: "one_slug"',
        ),
        Case(
            about="The changeset has both",
            before=(_POSTS,),
            lib=(_POST.replace(":slug)", ":slug) |> unique_constraint(:slug, name: :one_slug)"),),
            text='rename index(:posts, [:slug]), to: "one_slug"',
        ),
        Case(
            about="Not unique",
            before=(_POSTS.replace("unique_index", "index"),),
            lib=(_POST,),
            text='rename index(:posts, [:slug]), to: "posts_path_index"',
        ),
        Case(about="No application is known", text='rename index(:posts, [:slug]), to: "posts_path_index"'),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        if project.named_constraints is None:
            return
        for step, operation in context.forward(RenameIndexOperation):
            old, new = operation.name.name, operation.to
            if old is None or new is None:
                continue
            owner = next((table for table in step.before.tables.values() if old in table.indexes), None)
            relation = operation.relation or (owner.relation if owner is not None else operation.name)
            if context.is_new(relation, step):
                continue
            if owner is not None and not owner.indexes[old].definition.unique:
                continue
            named = [item for item in project.named_constraints() if item.kind == "unique"]
            waiting = [item for item in named if item.exact and item.name == old]
            if not waiting or any(item.name is None or item.name == new for item in named):
                continue
            yield self.finding(
                operation.span,
                f"A changeset waits for `{old}`: once it is `{new}`, a duplicate in `{relation}` raises"
                " Ecto.ConstraintError.",
                level=context.level(self.level, relation, step),
                label="unique_constraint has the old name",
                reason="A violation is reported by the index's name, and Ecto turns it into an error of the changeset"
                " only where `unique_constraint` has that name.",
                advice=f"Put `name: :{new}` into the changeset; while old nodes run, a changeset may have both.",
                related=tuple(Related(f"`{old}` is expected here", item.place) for item in waiting),
                subject=subject(relation, step.statement, index=old),
            )
