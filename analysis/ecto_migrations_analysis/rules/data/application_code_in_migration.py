"""Code of the application called in a migration.

## What happens
The call runs whatever the function is when the migration runs: today's code against the schema of that day. Once the
function is changed, moved or deleted, the migration does something else or does not compile, on every new machine and
in CI. What it does to rows, and which locks it needs, nobody sees in the migration; in a transaction it runs under all
locks that are held.

## When it is silent
- The module's name says that it is made for migrations (`MyApp.Migration`, `MyApp.Repo.Migrations.Helpers`).
- The module is defined in the migration's file.
- A library is called.
- It only prints, logs or waits.

## Instead
Write the SQL or the schemaless queries into the migration. Longer work belongs into a task that is run once, beside the
migrations (`MyApp.Release.backfill()`).

## Measured
Nothing: what the function does is not in the text.

## References
- ecto_sql, guide "Safe Ecto Migrations", backfilling data
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import ApplicationCode
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..owners import helps_migrations, is_own
from ..rows import all_commands


class ApplicationCodeInMigration(Rule):
    id = "application-code-in-migration"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("data", "application")

    fires = (
        Case(
            about="A module that changes data",
            text="""
            def up, do: «MyApp.Data.FillSlugs.run()»
            def down, do: :ok
            """,
        ),
        Case(
            about="For each row",
            text="""
            import Ecto.Query

            def up do
              repo().all(from(p in "posts", select: p.id))
              |> Enum.each(fn id -> «MyApp.Blog.update_slug(id)» end)
            end

            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="A module of the file's own",
            text="""
            defmodule MyApp.Repo.Migrations.Example do
              use Ecto.Migration

              defmodule Slugs do
                def run, do: :ok
              end

              def up, do: Slugs.run()
              def down, do: :ok
            end
            """,
        ),
        Case(
            about="Made for migrations, or a library",
            text="""
            def up do
              MyApp.Migration.create_audit(:posts)
              Oban.Migration.up(version: 12)
            end

            def down, do: Oban.Migration.down(version: 1)
            """,
        ),
        Case(about="It logs", text='require Logger\nLogger.info("done")'),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        up, down = context.migration.migration.up, context.migration.migration.down
        for program in (up, down):
            for command in all_commands(program.commands if program is not None else ()):
                if not isinstance(command, ApplicationCode) or command.is_harmless:
                    continue
                if not is_own(context, command.module) or helps_migrations(command.module):
                    continue
                if "changeset" in command.function or command.function == "__using__":
                    continue
                held = context.migration.transactional
                yield self.finding(
                    command.span,
                    f"Runs `{command.module}.{command.function}` as it is by then"
                    f"{', in the transaction of the migration' if held else ''}: what it does is not known here.",
                    label="today's code in yesterday's schema",
                    reason="The migration runs again on every new database, with the application's code of that day and"
                    " the tables of this one.",
                    advice="Write the SQL or a query of the table's name here; run longer work as a task of its own.",
                    subject={"module": command.module, "function": command.function},
                    forward=program is up,
                )
