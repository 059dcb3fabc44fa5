"""Name of an index or constraint that a rename left behind.

## What happens
Renaming a table or a column renames neither its indexes nor its constraints: `articles_slug_index` is still called
so when the table is `posts`. Ecto makes up names from the present ones. A changeset with `unique_constraint(:slug)`
waits for `posts_slug_index`, which never comes: a duplicate raises `Ecto.ConstraintError` instead of giving an
error. And a later `drop index(:posts, [:slug])` fails, since there is no index of that name; with
`drop_if_exists` it does nothing, without a word.

## When it is silent
- No changeset waits for the new name, and nothing drops by it.
- The index or constraint is renamed too, here or in a later migration, or the changeset gives its `name:`.
- The table is not known for certain.

## Instead
    rename table(:articles), to: table(:posts)
    rename index(:posts, [:slug], name: :articles_slug_index), to: "posts_slug_index"
    execute "ALTER TABLE posts RENAME CONSTRAINT articles_author_id_fkey TO posts_author_id_fkey", "…"

## Measured
PostgreSQL 18: after `ALTER TABLE articles RENAME TO posts` the index is still `articles_slug_index`.

## References
- PostgreSQL documentation, ALTER TABLE, `RENAME`
- ecto_sql, `Ecto.Migration.index/3`, `:name`; ecto, `Ecto.Changeset.unique_constraint/3`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import DropConstraint, DropIndex, RenameColumn, RenameTable
from ...schema.state import Table
from ...syntax.span import Place
from ..base import Case, Rule, subject
from ..context import MigrationContext

_ARTICLES = """
create table(:articles) do
  add :slug, :string
  add :author_id, references(:users)
end

create unique_index(:articles, [:slug])
"""
_RENAME = "rename table(:articles), to: table(:posts)"
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


class RenameConstraintNameDrift(Rule):
    id = "rename-constraint-name-drift"
    level = Level.RISK
    tags = ("indexes", "constraints", "history")

    fires = (
        Case(
            about="A changeset waits for the new name of the table",
            before=("create table(:users)", _ARTICLES),
            lib=(_POST,),
            text="«rename table(:articles), to: table(:posts)»",
        ),
        Case(
            about="A changeset waits for the new name of the column",
            before=("create table(:users)", _ARTICLES.replace("articles", "posts").replace(":slug", ":path")),
            lib=(_POST,),
            text="«rename table(:posts), :path, to: :slug»",
        ),
        Case(
            about="Dropped by the new name",
            before=("create table(:users)", _ARTICLES, _RENAME),
            text="""
            «drop index(:posts, [:slug])»
            """,
        ),
        Case(
            about="A foreign key dropped by the new name",
            before=("create table(:users)", _ARTICLES, _RENAME),
            text="«drop constraint(:posts, :posts_author_id_fkey)»",
        ),
    )
    silent = (
        Case(
            about="The index is renamed too",
            before=("create table(:users)", _ARTICLES),
            lib=(_POST,),
            text=_RENAME
            + '\nrename index(:posts, [:slug], name: :articles_slug_index), to: "posts_slug_index"',
        ),
        Case(
            about="The changeset gives the name",
            before=("create table(:users)", _ARTICLES),
            lib=(_POST.replace(":slug)", ":slug, name: :articles_slug_index)"),),
            text=_RENAME,
        ),
        Case(
            about="Dropped by its real name",
            before=("create table(:users)", _ARTICLES, _RENAME),
            text="drop index(:posts, [:slug], name: :articles_slug_index)",
        ),
        Case(
            about="The tables are not known",
            lib=(_POST,),
            text=_RENAME,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        yield from self._renames(context)
        yield from self._drops(context)

    def _renames(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        if project.named_constraints is None or project.latest is None:
            return
        for step in context.steps:
            for operation in step.statement.operations:
                if not isinstance(operation, RenameTable | RenameColumn) or operation.to is None:
                    continue
                relation = operation.relation
                table = step.before.table(relation)
                if table is None or table.uncertain or context.is_new(relation):
                    continue
                if isinstance(operation, RenameTable):
                    drifted = _after_table(table, relation.name or "", operation.to)
                else:
                    drifted = _after_column(table, operation.column or "", operation.to)
                latest = project.latest()
                now = {name for item in latest.tables.values() for name in (*item.indexes, *item.constraints)}
                for old, expected in drifted.items():
                    if expected in now or old not in now or latest.uncertain:
                        continue
                    waiting = [
                        item for item in project.named_constraints() if item.exact and item.name == expected
                    ]
                    if not waiting:
                        continue
                    yield self.finding(
                        operation.span,
                        f"`{old}` keeps its name, and a changeset waits for `{expected}`: a violation raises"
                        " Ecto.ConstraintError.",
                        level=context.level(self.level, relation, step),
                        label=f"leaves the name {old} behind",
                        reason="PostgreSQL renames neither indexes nor constraints along with a table or column, and"
                        " Ecto makes up their names from the present ones.",
                        advice=f"Rename `{old}` to `{expected}` too, or give `name: :{old}` in the changeset.",
                        related=tuple(
                            Related(f"`{expected}` is expected here", item.place) for item in waiting
                        ),
                        subject=subject(relation, step.statement, constraint=old),
                    )

    def _drops(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            for operation in step.statement.operations:
                if isinstance(operation, DropIndex):
                    relation, name = operation.relation, operation.name.name
                elif isinstance(operation, DropConstraint):
                    relation, name = operation.relation, operation.name
                else:
                    continue
                table = step.before.table(relation) if relation is not None else None
                if table is None or relation is None or name is None:
                    continue
                if table.uncertain or step.before.uncertain or not table.complete:
                    continue
                if name in table.indexes or name in table.constraints:
                    continue
                names = _by_default_name(table)
                old = names.get(name)
                if old is None:
                    continue
                does = "does nothing" if operation.if_exists else "fails"
                place = old[1]
                yield self.finding(
                    operation.span,
                    f"There is no `{name}`: on `{relation}` it is still called `{old[0]}`, so that this {does}.",
                    level=context.level(self.level, relation, step),
                    label=f"it is called {old[0]}",
                    reason="It was named before the table or the column was renamed, and kept its name.",
                    advice=f"Give `name: :{old[0]}`, or rename it first.",
                    related=(Related(f"`{old[0]}` was created here", place),) if place else (),
                    subject=subject(relation, step.statement, constraint=old[0]),
                )


def _after_table(table: Table, was: str, to: str) -> dict[str, str]:
    """Names that begin with the table's, and what Ecto takes them to be afterwards."""
    names = (*table.indexes, *table.constraints)
    return {name: to + name[len(was) :] for name in names if name.startswith(f"{was}_")}


def _after_column(table: Table, was: str, to: str) -> dict[str, str]:
    """Default names with the column in them, and what Ecto takes them to be afterwards."""
    found: dict[str, str] = {}
    for default, (name, _) in _by_default_name(table).items():
        if default != name:
            continue
        columns = _columns(table, name)
        if was in columns:
            ending = name.rpartition("_")[2]
            renamed = [to if column == was else column for column in columns]
            found[name] = "_".join([table.relation.name or "", *renamed, ending])
    return found


def _by_default_name(table: Table) -> dict[str, tuple[str, Place | None]]:
    """The indexes and foreign keys by the names that Ecto would give them today."""
    found: dict[str, tuple[str, Place | None]] = {}
    own = table.relation.name or ""
    for index in table.indexes.values():
        columns = _columns(table, index.name)
        if columns and index.constraint is None:
            found["_".join([own, *columns, "index"])] = (index.name, index.origin.place)
    for constraint in table.constraints.values():
        if constraint.definition.kind == "foreign key" and constraint.definition.columns:
            name = "_".join([own, constraint.definition.columns[0], "fkey"])
            found[name] = (constraint.name, constraint.origin.place)
    return found


def _columns(table: Table, name: str) -> tuple[str, ...]:
    index = table.indexes.get(name)
    if index is not None:
        columns = tuple(element.column for element in index.definition.elements)
        return () if None in columns else tuple(column for column in columns if column is not None)
    constraint = table.constraints.get(name)
    return constraint.definition.columns[:1] if constraint is not None else ()
