"""Migration without `use Ecto.Migration`.

## What happens
Ecto compiles the file and looks for a module that `use Ecto.Migration` has made a migration. Without it, it raises
`file … does not define an Ecto.Migration`, before anything runs. (Mostly the file does not even compile: `create`,
`alter` and `add` are imported by `use`.)

## When it is silent
- The module uses something else, which may do it.
- Another module of the file is a migration.

## Instead

    defmodule MyApp.Repo.Migrations.AddStatus do
      use Ecto.Migration

## Measured
Read in the source of ecto_sql 3.14, not run.

## References
- ecto_sql, `Ecto.Migrator`, `load_migration!/1`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level
from ...project.migrations import is_in_priv, migration_file
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..spelling import file_name

_USE = re.compile(rb"^[ \t]*use\b|__migration__|\bdefdelegate\b", re.M)
_FILE = "priv/repo/migrations/20260101000000_seed.exs"
_MODULE = """
defmodule «MyApp.Repo.Migrations.Seed» do
  def up do
    MyApp.Repo.query!("SELECT 1")
  end

  def down, do: :ok
end
"""
_PLAIN = _MODULE.replace("«", "").replace("»", "")


class NoMigrationModule(Rule):
    id = "no-migration-module"
    level = Level.DANGER
    databases = EVERY_DATABASE
    tags = ("files", "fails")

    fires = (Case(about="Forgotten", file=_FILE, text=_MODULE),)
    silent = (
        Case(about="There", file=_FILE, text=_PLAIN.replace("  def up", "  use Ecto.Migration\n\n  def up")),
        Case(
            about="Perhaps by something else",
            file=_FILE,
            text=_PLAIN.replace("  def up", "  use MyApp.Seeding\n\n  def up"),
        ),
        Case(
            about="Another module of the file is one",
            file=_FILE,
            text=_PLAIN
            + "\ndefmodule MyApp.Repo.Migrations.Real do\n  use Ecto.Migration\n\n  def change do\n"
            "  end\nend\n",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        path = context.analysis.source.path
        if path is None or not context.is_first or not is_in_priv(path) or migration_file(path) is None:
            return
        if _USE.search(context.analysis.source.data):
            return
        yield self.finding(
            context.migration.migration.name_span,
            f"Fails: file {file_name(path)} does not define an Ecto.Migration.",
            label="`use Ecto.Migration` is missing",
            reason="Ecto looks for a module with `__migration__/0`, which `use Ecto.Migration` defines.",
            advice="Add `use Ecto.Migration`.",
            subject={"module": context.migration.migration.module},
        )
