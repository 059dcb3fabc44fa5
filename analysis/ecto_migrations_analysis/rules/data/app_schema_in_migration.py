"""Schema module of the application used in a migration.

## What happens
A migration runs for years: on every new machine, in every test run. A schema module is today's: once it gains a field,
its queries (and, where the field has a default, its inserts) name a column that does not exist yet when this old
migration runs, and fail with `undefined_column` (42703). Renamed or deleted, it does not even compile.

## When it is silent
- The table is named as a string: `from(p in "posts")`.
- The schema is defined inside of the migration's file.

A query that selects whole structs names every field, and an insert every field that has a value: both are a risk. An
`update_all`, `insert_all`, `update` or a query with a `select` names the columns that it is given, so that only a renamed
module or field breaks it: that is only said.

## Instead
Name the table and the columns:

    from(p in "posts", where: is_nil(p.slug), select: p.id)
    repo().insert_all("states", [%{name: "draft"}])

or define a small schema of your own in the migration's file.

## Measured
PostgreSQL 18: a query that names every field of a schema fails with SQLSTATE 42703 where one of them is not there.

## References
- ecto_sql, guide "Safe Ecto Migrations", backfilling data
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import RepoCall
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..rows import repo_calls

# Ecto selects every field of a schema; an insert sends those that are not nil (`Ecto.Repo.Schema.insert`).
_WHOLE = ("all", "all_by", "one", "get", "get_by", "stream", "reload", "preload")
_INSERTS = ("insert", "insert_or_update")


class AppSchemaInMigration(Rule):
    id = "app-schema-in-migration"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("data", "application")

    fires = (
        Case(
            about="A query",
            text="""
            def up, do: «MyApp.Repo.all(MyApp.Blog.Post)»
            def down, do: :ok
            """,
        ),
        Case(
            about="A struct, and a changeset",
            text="""
            alias MyApp.Blog.Post

            def up do
              «repo().insert!(%Post{title: "first"})»
              «%Post{} |> Post.changeset(%{title: "second"}) |> repo().insert!()»
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="In bulk",
            text="""
            import Ecto.Query
            alias MyApp.Blog.Post

            def up, do: «repo().update_all(from(p in Post, where: p.id == 1), set: [title: ""])»
            def down, do: :ok
            """,
        ),
        Case(
            about="Only plain columns are named",
            lib=(
                """
                defmodule MyApp.Blog.Post do
                  use Ecto.Schema

                  schema "posts" do
                    field :title, :string
                  end
                end
                """,
            ),
            text="""
            alias MyApp.Blog.Post

            def up, do: «repo().update_all(Post, set: [title: ""])»
            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="Tables as strings",
            text="""
            import Ecto.Query

            def up do
              repo().update_all(from(p in "posts", where: p.id == 1), set: [title: ""])
              repo().insert_all("posts", [%{title: "first"}])
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="A schema of the file's own",
            text="""
            defmodule MyApp.Repo.Migrations.Example do
              use Ecto.Migration

              defmodule Post do
                use Ecto.Schema

                schema "posts" do
                  field :title, :string
                end
              end

              def up, do: repo().all(Post)
              def down, do: :ok
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        seen: set[str] = set()
        up, down = context.migration.migration.up, context.migration.migration.down
        for program in (up, down):
            for call in repo_calls(program.commands if program is not None else ()):
                if not isinstance(call, RepoCall) or call.schema is None or call.own_schema:
                    continue
                function = call.function.rstrip("!")
                breaks, level = "breaks when the module is renamed or loses a field", Level.INFO
                if function in _INSERTS:
                    breaks = "sends each field that has a value by then: fails once the schema has one more with a default"
                    level = self.level
                elif function in _WHOLE and not call.selects:
                    breaks = "names every field that the schema has by then: fails once it has one more"
                    level = self.level
                # Once for each schema and way of using it.
                key = f"{call.schema} {level} {call.span.start}"
                if key in seen:
                    continue
                seen.add(key)
                yield self.finding(
                    call.span,
                    f"`{call.repo}.{call.function}` of `{call.schema}` {breaks}.",
                    level=level,
                    label="today's schema in yesterday's table",
                    reason="The migration runs again on every new database, with the schema module as it is then and the"
                    " table as it is now.",
                    advice='Name the table as a string (`from(p in "posts")`), or define a schema in this file.',
                    subject={"schema": call.schema},
                    forward=program is up,
                )
