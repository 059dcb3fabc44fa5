"""Rows written or read before the table or column is there.

## What happens
The commands of Ecto.Migration wait in a queue until the callback ends or `flush()` is called. A call of the repo does
not wait: it runs where it stands, before everything that is written above it. It then meets a table that is not created
yet (`undefined_table`, 42P01) or a column that is not there yet (`undefined_column`, 42703).

## When it is silent
- `flush()` stands between.
- The SQL is given to `execute`, which queues it.
- What the call reads or writes was there before.

## Instead

    create table(:states) do
      add :name, :string
    end

    flush()
    repo().insert_all("states", [%{name: "draft"}])

in `up`, or `execute "INSERT INTO …"`.

## Measured
ecto_sql 3.13: the queue runs after the call (tests/facts/runner.jsonl). PostgreSQL 18:
`ERROR: relation "states" does not exist`.

## References
- ecto_sql, `Ecto.Migration`, "Executing and flushing"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import AddColumn, CreateTable, Insert, Relation, Select, Update
from ...program.commands import RepoCall, RepoQuery
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..rows import table_of

# Functions that load structs; an insert sends only the fields that are not nil.
_WHOLE = ("all", "all_by", "one", "get", "get_by", "stream", "reload", "preload")
_POSTS = "create table(:posts) do\n  add :title, :string\nend"


class FlushNeeded(Rule):
    id = "flush-needed"
    level = Level.DANGER
    tags = ("data", "fails")

    fires = (
        Case(
            about="A table that is not created yet",
            text="""
            def up do
              create table(:states) do
                add :name, :string
              end

              «repo().insert_all("states", [%{name: "draft"}])»
            end

            def down, do: drop(table(:states))
            """,
        ),
        Case(
            about="A column that is not added yet",
            before=(_POSTS,),
            text="""
            def up do
              alter table(:posts) do
                add :slug, :string
              end

              «repo().query!("UPDATE posts SET slug = ''")»
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="A column that the application's schema has already",
            before=(_POSTS,),
            lib=(
                'defmodule MyApp.Post do\n  use Ecto.Schema\n\n  schema "posts" do\n'
                "    field :slug, :string\n  end\nend",
            ),
            text="""
            def up do
              alter table(:posts) do
                add :slug, :string
              end

              for post <- «MyApp.Repo.all(MyApp.Post)», do: IO.puts(post.slug)
            end

            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="flush() stands between",
            text="""
            def up do
              create table(:states) do
                add :name, :string
              end

              flush()
              repo().insert_all("states", [%{name: "draft"}])
            end

            def down, do: drop(table(:states))
            """,
        ),
        Case(
            about="execute queues it",
            text='create table(:states)\nexecute "INSERT INTO states DEFAULT VALUES", ""',
        ),
        Case(
            about="The column was there before",
            before=(_POSTS,),
            text="""
            def up do
              alter table(:posts) do
                add :slug, :string
              end

              repo().query!("UPDATE posts SET title = '' WHERE id = 1")
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="Written above what it does not wait for",
            text="""
            def up do
              repo().query!("SELECT 1")
              create table(:states)
            end

            def down, do: drop(table(:states))
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        steps = context.steps
        for at, step in enumerate(steps):
            command = step.statement.command
            if not isinstance(command, RepoCall | RepoQuery):
                continue
            # What runs later although it is written earlier.
            queued = [
                later
                for later in steps[at + 1 :]
                if later.statement.span.start < step.statement.span.start and _same_level(later, step)
            ]
            found = next(
                (item for later in queued if (item := self._missing(context, step, later)) is not None), None
            )
            if found is None:
                continue
            relation, what = found
            call = command.call if isinstance(command, RepoQuery) else f"{command.repo}.{command.function}"
            yield self.finding(
                step.statement.span,
                f"`{call}` runs before {what} is there: the commands above it still wait in Ecto's queue.",
                level=context.level(self.level, relation, step),
                label="runs before the commands above",
                reason="Commands of Ecto.Migration run when the callback ends or at `flush()`; a call of the repo runs"
                " at once.",
                advice="Call `flush()` before it (in `up`), or give the SQL to `execute`.",
                subject=subject(relation, step.statement),
            )

    def _missing(self, context: MigrationContext, step: Step, later: Step) -> tuple[Relation, str] | None:
        for operation in step.statement.operations:
            if isinstance(operation, Select):
                named = list(operation.reads)
            else:
                own = getattr(operation, "relation", None)
                named = [own] if isinstance(own, Relation) else []
                named += list(getattr(operation, "reads", ()))
            columns = set(operation.columns) if isinstance(operation, Insert | Update) else set()
            for item in named:
                relation = table_of(context, item, step.statement.command)
                if relation is None:
                    continue
                for made in later.statement.operations:
                    if isinstance(made, CreateTable) and Schema.key(made.relation) == Schema.key(relation):
                        if step.before.table(relation) is None and not made.if_not_exists:
                            return relation, f"`{relation}`"
                    elif isinstance(made, AddColumn) and Schema.key(made.relation) == Schema.key(relation):
                        name = made.column.name
                        if name in columns or _selected(context, step, name):
                            return relation, f"`{relation}.{name}`"
        return None


def _same_level(later: Step, step: Step) -> bool:
    """Whether one text holds both: a helper function may stand anywhere in the file."""
    one, other = later.statement.command, step.statement.command
    return one is not None and other is not None and one.via == other.via and one.callback == other.callback


def _selected(context: MigrationContext, step: Step, column: str | None) -> bool:
    """Whether the call goes through a schema module that has the column: Ecto names every field."""
    command = step.statement.command
    if not isinstance(command, RepoCall) or command.schema is None or column is None:
        return False
    if command.selects or command.function.rstrip("!") not in _WHOLE:
        return False
    read = context.analysis.project.ecto_schemas
    for schema in read() if read is not None else ():
        if schema.module == command.schema:
            field = schema.column(column)
            return field is not None and field.loaded
    return False
