"""Migration whose file name has no version.

## What happens
Ecto reads `<number>_<name>.exs`. Of every other name in the folder it says nothing: the migration never runs, anywhere,
and the deploy succeeds without it.

## When it is silent
- The file does not lie in a folder of migrations below `priv`.
- It holds no migration (helpers, a `.formatter.exs`).

## Instead

    mix ecto.gen.migration add_status

gives the file a version: the time, to the second.

## Measured
Read in the source of ecto_sql 3.14, not run.

## References
- ecto_sql, `Ecto.Migrator`, `extract_migration_info/1`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...project.migrations import is_in_priv, migration_file
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..spelling import file_name

_MODULE = """
defmodule «MyApp.Repo.Migrations.AddStatus» do
  use Ecto.Migration

  def change do
  end
end
"""
_PLAIN = _MODULE.replace("«", "").replace("»", "")


class BadVersionPrefix(Rule):
    id = "bad-version-prefix"
    level = Level.DANGER
    databases = EVERY_DATABASE
    tags = ("files",)

    fires = (
        Case(about="No version", file="priv/repo/migrations/add_status.exs", text=_MODULE),
        Case(
            about="Another separator",
            file="priv/repo/migrations/20260101000000-add_status.exs",
            text=_MODULE,
        ),
        Case(about="No name", file="priv/repo/migrations/20260101000000.exs", text=_MODULE),
    )
    silent = (
        Case(about="As Ecto wants it", file="priv/repo/migrations/1_add_status.exs", text=_PLAIN),
        Case(about="A template elsewhere", file="test/support/migrations/add_status.exs", text=_PLAIN),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        path = context.analysis.source.path
        if path is None or not context.is_first or not is_in_priv(path):
            return
        if not path.endswith(".exs") or migration_file(path) is not None:
            return
        migration = context.migration.migration
        if migration.use_span.end == migration.use_span.start:
            # Something that only looks like one.
            return
        yield self.finding(
            migration.name_span,
            f"`{file_name(path)}` never runs: Ecto passes over names that are not `<number>_<name>.exs`.",
            label="this file's name has no version",
            reason="The number in front is the version, which Ecto records and sorts by.",
            advice="Rename the file: a timestamp, an underscore, the name.",
            subject={"file": path},
        )
