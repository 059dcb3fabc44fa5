"""Version that another migration of the folder has.

## What happens
Ecto refuses to run anything: `migrations can't be executed, migration version … is duplicated`. So it is where
both are still to run, as in every fresh database. Where one of them has run already, the other counts as run too:
`schema_migrations` knows versions, not names, and it is never applied.

## When it is silent
- The versions differ, or the other file's name is none that Ecto reads.
- The file is in another folder, which another command migrates.

## Instead
Rename the file that was not deployed yet: a new timestamp in front of its name.

## Measured
Read in the source of ecto_sql 3.14, not run: it raises `Ecto.MigrationError` before the first migration.

## References
- ecto_sql, `Ecto.Migrator`, `ensure_no_duplication!/1`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...syntax.span import Place, Span
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


class DuplicateVersion(Rule):
    id = "duplicate-version"
    level = Level.DANGER
    databases = EVERY_DATABASE
    tags = ("files", "history")

    fires = (
        Case(
            about="Two files with one timestamp",
            siblings=("20260101000000_create_posts.exs",),
            text=_MODULE,
        ),
    )
    silent = (
        Case(
            about="Other timestamps",
            siblings=("20260101000001_create_posts.exs",),
            text=_MODULE.replace("«", "").replace("»", ""),
        ),
        Case(
            about="A file that Ecto does not read",
            siblings=("20260101000000_create_posts.ex", "20260101000000.exs"),
            text=_MODULE.replace("«", "").replace("»", ""),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        siblings = context.analysis.project.siblings
        if siblings is None or not siblings.same_version or not context.is_first:
            return
        names = [file_name(item.path) for item in siblings.same_version]
        yield self.finding(
            context.migration.migration.name_span,
            f"Version {siblings.own.version} is that of `{names[0]}` too: Ecto runs neither, or never this one.",
            label="its version is taken",
            reason="Where both are to run, Ecto raises before the first migration; where one has run, the other"
            " counts as run.",
            advice="Give the file that was not deployed yet a timestamp of its own.",
            related=tuple(
                Related("the other migration", Place(item.path, Span(0, 0))) for item in siblings.same_version
            ),
            subject={"file": siblings.own.path},
        )
