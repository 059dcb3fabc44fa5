"""Migration whose file ends in `.ex`.

## What happens
Ecto reads files that end in `.exs`. Of one that ends in `.ex` it says on the terminal that it "looks like a migration
but ends in .ex", and passes over it: the migration never runs, anywhere, and the deploy succeeds without it.

## When it is silent
- The file does not lie in a folder of migrations below `priv`.
- Its name has no version in front.

## Instead

    git mv priv/repo/migrations/20260101000000_add_status.ex priv/repo/migrations/20260101000000_add_status.exs

## Measured
Read in the source of ecto_sql 3.14, not run.

## References
- ecto_sql, `Ecto.Migrator`, `extract_migration_info/1`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level
from ...project.migrations import is_in_priv
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..spelling import file_name

_VERSIONED = re.compile(r"\d+_.*\.ex", re.S)
_MODULE = """
defmodule «MyApp.Repo.Migrations.AddStatus» do
  use Ecto.Migration

  def change do
  end
end
"""
_PLAIN = _MODULE.replace("«", "").replace("»", "")


class MigrationExtEx(Rule):
    id = "migration-ext-ex"
    level = Level.DANGER
    databases = EVERY_DATABASE
    tags = ("files",)

    fires = (
        Case(
            about="An editor chose the ending",
            file="priv/repo/migrations/20260101000000_add_status.ex",
            text=_MODULE,
        ),
    )
    silent = (
        Case(about="A script", file="priv/repo/migrations/20260101000000_add_status.exs", text=_PLAIN),
        Case(about="Migrations of a library", file="lib/my_lib/migrations/1_tables.ex", text=_PLAIN),
        Case(about="No version", file="priv/repo/migrations/helpers.ex", text=_PLAIN),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        path = context.analysis.source.path
        if path is None or not context.is_first or not is_in_priv(path):
            return
        if not _VERSIONED.fullmatch(file_name(path)):
            return
        yield self.finding(
            context.migration.migration.name_span,
            f"`{file_name(path)}` never runs: Ecto passes over files that end in `.ex`.",
            label="this file ends in .ex",
            reason="Ecto runs files that end in `.exs`, and only warns of this one.",
            advice="Rename the file so that it ends in `.exs`.",
            subject={"file": path},
        )
