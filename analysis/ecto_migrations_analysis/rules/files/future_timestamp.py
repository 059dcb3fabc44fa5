"""Version that lies in the future.

## What happens
Migrations are run in the order of their versions. One that is dated next year comes after all that are generated until
then: in a fresh database it runs last, where it was deployed it ran first. With `strict_version_order` each of them is
refused, and `mix ecto.rollback` takes back this one whatever was migrated since.

## When it is silent
- The version is of today, or of tomorrow somewhere on earth.
- It is no timestamp of 14 digits.
- The base revision has the file: it has been deployed under this version.

## Instead
The time of now, as `mix ecto.gen.migration` puts it there.

## Measured
Read in the source of ecto_sql 3.14, not run.

## References
- ecto_sql, `Ecto.Migrator.run/4`, `:strict_version_order`
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from ...findings import Finding, Level
from ...project.migrations import migration_file
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext

_MODULE = """
defmodule «MyApp.Repo.Migrations.AddStatus» do
  use Ecto.Migration

  def change do
  end
end
"""
_PLAIN = _MODULE.replace("«", "").replace("»", "")
_DAY = 24 * 60 * 60


class FutureTimestamp(Rule):
    id = "future-timestamp"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("files", "history")

    fires = (Case(about="A slip in the year", file="29960101000000_add_status.exs", text=_MODULE),)
    silent = (
        Case(about="In the past", file="20160101000000_add_status.exs", text=_PLAIN),
        Case(about="A number of its own", file="299601010000001_add_status.exs", text=_PLAIN),
        Case(
            about="Deployed already",
            file="29960101000000_add_status.exs",
            released=("29960101000000_add_status.exs",),
            text=_PLAIN,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        own = migration_file(context.analysis.source.path or "")
        if own is None or not context.is_first or len(str(own.version)) != 14:
            return
        if own.version <= int(time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + _DAY))):
            return
        released = project.released() if project.released is not None else None
        if any(item.version == own.version and item.name == own.name for item in released or ()):
            return
        yield self.finding(
            context.migration.migration.name_span,
            f"Version {own.version} lies in the future: migrations that are generated until then run before it.",
            label="dated in the future",
            reason="Ecto runs migrations in the order of their versions, and a fresh database runs all of them.",
            advice="Give the file a timestamp of now.",
            subject={"file": own.path},
        )
