"""DELETE without a WHERE, of a table that has rows.

## What happens
Every row is deleted, in one statement: each is locked and marked until the commit, each foreign key that points to
the table is looked up or followed (`on_delete: :delete_all` deletes there too), the space is free only after a
vacuum, and replicas get every row as a change. `down` cannot bring the rows back.

## When it is silent
- The migration creates the table itself, or drops it afterwards.
- It has a WHERE, whatever it says: what that leaves is not to be seen.
- It stands in `down`.

## Instead
Where the rows are to be lost: a copy of those that are wanted, then DELETE in batches, in a migration of its own
without a transaction. Where only some are: a WHERE.

## Measured
PostgreSQL 18: ROW EXCLUSIVE on the table, a lock on each row until the commit. `DELETE FROM users` fails with
SQLSTATE 23503 at the first row that another table references.

## References
- PostgreSQL documentation, DELETE
- ecto, `Ecto.Repo.delete_all/2`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Delete, DropTable, Relation
from ...program.commands import RepoCall
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext
from .truncate import reached

_SCHEMA = """
defmodule MyApp.Post do
  use Ecto.Schema

  schema "posts" do
    field :title, :string
  end
end
"""


class DeleteAllRows(Rule):
    id = "delete-all-rows"
    level = Level.DANGER
    tags = ("data", "data loss")

    fires = (
        Case(about="In SQL", text='execute "«DELETE FROM posts»", ""'),
        Case(
            about="Through the repo, by the table's name",
            text="""
            def up, do: «repo().delete_all("posts")»
            def down, do: :ok
            """,
        ),
        Case(
            about="Through the repo, by a schema module",
            lib=(_SCHEMA,),
            text="""
            def up, do: «MyApp.Repo.delete_all(MyApp.Post)»
            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(about="With a condition", text='execute "DELETE FROM posts WHERE state = \'spam\'", ""'),
        Case(
            about="A query with a condition",
            text="""
            import Ecto.Query

            def up, do: repo().delete_all(from p in "posts", where: p.state == "spam")
            def down, do: :ok
            """,
        ),
        Case(
            about="A table of the same migration",
            text="""
            def up do
              create table(:posts)
              flush()
              repo().delete_all("posts")
            end

            def down, do: drop(table(:posts))
            """,
        ),
        Case(
            about="Dropped afterwards",
            text="""
            def up do
              execute "DELETE FROM posts"
              drop table(:posts)
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="In down",
            text="""
            def up, do: execute("INSERT INTO posts (title) VALUES ('a')")
            def down, do: execute("DELETE FROM posts")
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        dropped = {Schema.key(operation.relation) for _, operation in context.forward(DropTable)}
        for step, operation in context.forward(Delete):
            if operation.restricted is not False or operation.bounded:
                continue
            command = step.statement.command
            module = command.schema if isinstance(command, RepoCall) else None
            relation = _table(context, operation.relation, module)
            if context.is_new(relation, step) or Schema.key(relation) in dropped:
                continue
            if relation.name is None and module is None:
                continue
            shown = f"`{relation}`" if relation.name is not None else f"the table of {module}"
            children = [
                name
                for name in reached(step.before, [relation])
                if relation.name is not None and name in _deleted_with(step.before, relation)
            ]
            also = (
                f" and, through `on_delete: :delete_all`, from {' and '.join(children[:3])}"
                if children
                else ""
            )
            yield self.finding(
                operation.span,
                f"Deletes every row of {shown}{also}: there is no WHERE, and nothing brings the rows back.",
                level=context.level(self.level, relation, step),
                label="every row is lost",
                reason="All rows stay locked until the commit, and each foreign key that points to the table is looked"
                " up for each of them.",
                advice="Say which rows with a WHERE. Where all must go, keep a copy of what is wanted and delete in"
                " batches, without a transaction.",
                subject=subject(relation, step.statement),
            )


def _table(context: MigrationContext, relation: Relation, module: str | None) -> Relation:
    """The table, by the schema module where the query names one."""
    schemas = context.analysis.project.ecto_schemas
    if relation.name is not None or module is None or schemas is None:
        return relation
    return next((schema.table for schema in schemas() if schema.module == module), relation)


def _deleted_with(schema: Schema, relation: Relation) -> set[str]:
    """The tables whose rows go with those of `relation`."""
    return {
        f"`{table.relation}`"
        for table, constraint in schema.referencing(relation)
        if constraint.definition.on_delete == "CASCADE"
    }
