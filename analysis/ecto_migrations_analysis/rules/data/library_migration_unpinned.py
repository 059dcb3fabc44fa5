"""A library's own migration without its version.

## What happens
`Oban.Migration.up()` brings the tables of the library to the newest version that the installed release knows. Today that is
one version, after `mix deps.update` another: a new database then has in this migration what the old ones get in a later one
(or never), and the later migration finds its work done, or fails at it. `down()` without a version goes back to nothing: in
a migration that only brings an update, the rollback drops the library's tables with all their rows.

## When it is silent
- `version:` is given.
- A number is given in its place (`Carbonite.Migrations.up(1)`).
- The module is the application's own, or no migration by its name.

It is dangerous where an earlier migration has made the tables and `down` has no version.

## Instead

    def up, do: Oban.Migration.up(version: 12)
    def down, do: Oban.Migration.down(version: 12)

with the version that this migration brings, and the one below which `down` is to go.

## Measured
Nothing: it follows from the library's own code.

## References
- Oban, `Oban.Migration`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CallsCode
from ...program.commands import ApplicationCode
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..owners import is_library_migration, is_own
from ..rows import all_commands


class LibraryMigrationUnpinned(Rule):
    id = "library-migration-unpinned"
    level = Level.DANGER
    databases = EVERY_DATABASE
    tags = ("data", "environment")

    fires = (
        Case(
            about="Without a version",
            text="""
            def up, do: «Oban.Migration.up()»
            def down, do: Oban.Migration.down(version: 1)
            """,
        ),
        Case(
            about="Delegated",
            text="""
            defdelegate «up», to: Oban.Migration
            def down, do: Oban.Migration.down(version: 1)
            """,
        ),
        Case(
            about="Other options, and an update that is rolled back to nothing",
            before=(
                "def up, do: Oban.Migrations.up(version: 9)\ndef down, do: Oban.Migrations.down(version: 1)",
            ),
            text="""
            def up, do: «Oban.Migrations.up(prefix: "jobs")»
            def down, do: «Oban.Migrations.down()»
            """,
        ),
    )
    silent = (
        Case(
            about="With the version",
            text="""
            def up, do: Oban.Migration.up(version: 12)
            def down, do: Oban.Migration.down(version: 1)
            """,
        ),
        Case(
            about="Down to nothing, where it has come from nothing",
            text="""
            def up, do: Oban.Migration.up(version: 12)
            def down, do: Oban.Migration.down()
            """,
        ),
        Case(
            about="A number, and the application's own",
            text="""
            def up do
              Carbonite.Migrations.up(1)
              MyApp.Migration.up()
            end

            def down, do: Carbonite.Migrations.down(1)
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        up, down = context.migration.migration.up, context.migration.migration.down
        for command in all_commands(up.commands if up is not None else ()):
            if not isinstance(command, ApplicationCode) or not _unpinned(context, command, "up"):
                continue
            yield self.finding(
                command.span,
                f"`{command.module}.up` has no version: what it makes changes with the library.",
                level=Level.RISK,
                label="no version",
                reason="Without a version it goes to the newest one that the installed release of the library knows.",
                advice="Give the version: `up(version: …)`.",
                subject={"module": command.module},
            )
        for command in all_commands(down.commands if down is not None and down.callback == "down" else ()):
            if not isinstance(command, ApplicationCode) or not _unpinned(context, command, "down"):
                continue
            if not _made_before(context, command.module):
                continue
            yield self.finding(
                command.span,
                f"`{command.module}.down` has no version: the rollback drops all of its tables, also those of earlier"
                " migrations.",
                label="back to nothing",
                reason="An earlier migration has made them; without a version `down` undoes every version.",
                advice="Give the version below which it is to go: `down(version: …)`.",
                subject={"module": command.module},
                forward=False,
            )


def _unpinned(context: MigrationContext, command: ApplicationCode, function: str) -> bool:
    if command.function != function or not is_library_migration(command.module):
        return False
    if is_own(context, command.module) or command.arity > 1:
        return False
    options = command.options
    return command.arity == 0 or (options.complete and bool(options.items) and not options.has("version"))


def _made_before(context: MigrationContext, module: str) -> bool:
    """Whether an earlier migration calls the library's migrations, under this name or its other one."""
    project = context.analysis.project
    library = module.rpartition(".")[0]
    own = project.siblings.own.version if project.siblings is not None else None
    for past in project.history() if project.history is not None and own is not None else ():
        if past.version < (own or 0) and any(
            isinstance(item, CallsCode) and item.call.startswith(f"{library}.Migration")
            for item in past.operations
        ):
            return True
    for migration in project.earlier() if project.earlier is not None else ():
        if migration is None or migration.up is None:
            continue
        for command in all_commands(migration.up.commands):
            if isinstance(command, ApplicationCode) and command.module.startswith(f"{library}.Migration"):
                return True
    return False
