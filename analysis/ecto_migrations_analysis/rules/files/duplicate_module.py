"""Module that an earlier migration defines too.

## What happens
Ecto compiles every pending file before it runs the first one. The second definition replaces the first: where both
are to run, as in every fresh database, the later file's code runs twice, once under each version, and the earlier
file's never. It fails at the second run, or leaves a schema without what the first file makes.

## When it is silent
- The modules have different names.
- The other file is in another folder, or comes later: then it is said there.

## Instead
Rename the module. Nothing records its name.

## Measured
Read in the source of ecto_sql 3.14, not run.

## References
- ecto_sql, `Ecto.Migrator.run/4` (`load_migration!/1` for all pending files, then `migrate/4`)
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...syntax.span import Place, Span
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..spelling import file_name

_FIRST = """
defmodule MyApp.Repo.Migrations.AddStatus do
  use Ecto.Migration

  def change do
    create table(:posts)
  end
end
"""
_SECOND = """
defmodule «MyApp.Repo.Migrations.AddStatus» do
  use Ecto.Migration

  def change do
  end
end
"""


class DuplicateModule(Rule):
    id = "duplicate-module"
    level = Level.DANGER
    databases = EVERY_DATABASE
    tags = ("files", "history")

    fires = (Case(about="Copied from an earlier migration", before=(_FIRST,), text=_SECOND),)
    silent = (
        Case(
            about="Another name",
            before=(_FIRST,),
            text=_SECOND.replace("AddStatus", "AddState").replace("«", "").replace("»", ""),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        migration = context.migration.migration
        if migration.module not in project.sibling_modules or project.file_of is None:
            return
        path = project.file_of(migration.module)
        if path is None or (project.siblings is not None and path == project.siblings.own.path):
            return
        yield self.finding(
            migration.name_span,
            f"`{file_name(path)}` defines `{migration.module}` too: in a fresh database its code is replaced"
            " by this one.",
            label="this module is defined twice",
            reason="Ecto compiles all pending files before it runs the first; the later definition runs under both"
            " versions, the earlier one never.",
            advice="Rename the module of the newer file.",
            related=(Related("the other migration", Place(path, Span(0, 0))),),
            subject={"module": migration.module},
        )
