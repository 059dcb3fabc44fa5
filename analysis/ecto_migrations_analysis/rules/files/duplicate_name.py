"""File name that another migration of the folder has, apart from the version.

## What happens
Ecto refuses to run anything while both are to run, as in every fresh database:
`migrations can't be executed, migration name … is duplicated`. It compares what follows the timestamp.

## When it is silent
- The names differ.
- The versions are the same: `duplicate-version` says it.

## Instead
Rename one of the files. The name is not recorded anywhere, so that also one that has run can be renamed.

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
defmodule «MyApp.Repo.Migrations.Example» do
  use Ecto.Migration

  def change do
  end
end
"""


class DuplicateName(Rule):
    id = "duplicate-name"
    level = Level.DANGER
    databases = EVERY_DATABASE
    tags = ("files", "history")

    fires = (
        Case(
            about="Generated twice under one name",
            siblings=("20250101000000_example.exs",),
            text=_MODULE,
        ),
    )
    silent = (
        Case(
            about="Another name",
            siblings=("20250101000000_example_again.exs",),
            text=_MODULE.replace("«", "").replace("»", ""),
        ),
        Case(
            about="Not read by Ecto",
            siblings=("20250101000000_example.ex",),
            text=_MODULE.replace("«", "").replace("»", ""),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        siblings = context.analysis.project.siblings
        if siblings is None or not context.is_first:
            return
        others = [item for item in siblings.same_name if item.version != siblings.own.version]
        if not others:
            return
        yield self.finding(
            context.migration.migration.name_span,
            f"`{file_name(others[0].path)}` has the name `{siblings.own.name}` too: while both are to run,"
            " Ecto refuses to migrate.",
            label="the file's name is taken",
            reason="Ecto compares what follows the timestamps, and raises before the first migration: so it does in"
            " every fresh database.",
            advice="Rename one of the files; Ecto records versions, not names.",
            related=tuple(Related("the other migration", Place(item.path, Span(0, 0))) for item in others),
            subject={"file": siblings.own.path},
        )
