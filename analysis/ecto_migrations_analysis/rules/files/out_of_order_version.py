"""Migration older than one that was there before it.

## What happens
The base revision has a migration with a later version, which has run wherever that was deployed. Ecto runs this one
after it and warns; with `strict_version_order` it raises. A fresh database runs them in the order of the versions:
what each of them meets differs. And `mix ecto.rollback` takes back the later version, not this one.

## When it is silent
- Its version is later than those of the base revision.
- The base revision has it: nothing about it is new.
- There is no git, or no branch that it was made from (`origin/HEAD`, `main`, `master`).

## Instead
Give the file a timestamp of now before it is merged:

    git mv priv/repo/migrations/20250101000000_add_status.exs priv/repo/migrations/20250301000000_add_status.exs

## Measured
Read in the source of ecto_sql 3.14, not run.

## References
- ecto_sql, `Ecto.Migrator.up/4`, `:strict_version_order`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..spelling import file_name

_MODULE = """
defmodule «MyApp.Repo.Migrations.Example» do
  use Ecto.Migration

  def change do
  end
end
"""
_PLAIN = _MODULE.replace("«", "").replace("»", "")


class OutOfOrderVersion(Rule):
    id = "out-of-order-version"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("files", "deploy")

    fires = (
        Case(
            about="A later version was merged in the meantime",
            siblings=("20260201000000_add_tags.exs",),
            released=("20250101000000_create_posts.exs", "20260201000000_add_tags.exs"),
            text=_MODULE,
        ),
    )
    silent = (
        Case(about="The newest", released=("20250101000000_create_posts.exs",), text=_PLAIN),
        Case(
            about="Merged as it is",
            siblings=("20260201000000_add_tags.exs",),
            released=("20260101000000_example.exs", "20260201000000_add_tags.exs"),
            text=_PLAIN,
        ),
        Case(about="No base revision", siblings=("20260201000000_add_tags.exs",), text=_PLAIN),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        if project.siblings is None or not project.siblings.newer or not context.is_first:
            return
        released = project.released() if project.released is not None else None
        own = project.siblings.own
        if not released or own in released:
            return
        newest = max(released)
        if newest.version <= own.version:
            return
        yield self.finding(
            context.migration.migration.name_span,
            f"Version {own.version} is older than {newest.version}, which has been merged before it:"
            " they run in another order than in a fresh database.",
            label="older than what is merged already",
            reason=f"Where `{file_name(newest.path)}` has run, Ecto runs this one after it, and a rollback takes back"
            " the other one first.",
            advice="Give the file a timestamp of now.",
            subject={"file": own.path},
        )
