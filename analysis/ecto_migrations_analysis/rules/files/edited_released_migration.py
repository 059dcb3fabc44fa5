"""Deployed migration that now does something else.

## What happens
The base revision has this migration: where that was deployed, it has run, and Ecto does not run it again. What is
changed in it happens in fresh databases only, those of tests and of new colleagues, and never in production.

## When it is silent
- What it does forward is the same: comments, names, the way back may have changed.
- The base revision does not have the file, or there is no git.

## Instead
Undo the change, and make a new migration for it.

## Measured
Read in the source of ecto_sql 3.14: versions are recorded, contents are not.

## References
- ecto_sql, `Ecto.Migrator.run/4`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.migration import Program
from ...syntax.source import Source
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext

_PLACE = re.compile(r"Span\(start=\d+, end=\d+\)|callback='\w+'")
_TEXT = """
defmodule «MyApp.Repo.Migrations.Example» do
  use Ecto.Migration

  def change do
    create table(:posts) do
      add :title, :string
      add :slug, :string
    end
  end
end
"""
_PLAIN = _TEXT.replace("«", "").replace("»", "")
_FUNCTION = """
defmodule MyApp.Repo.Migrations.Example do
  use Ecto.Migration

  def up, do: execute(fn -> repo().query!("SELECT #{System.get_env("N")}") end)
  def down, do: :ok
end
"""
_NAMES = ("20260101000000_example.exs",)


class EditedReleasedMigration(Rule):
    id = "edited-released-migration"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("files", "history", "deploy")

    fires = (
        Case(
            about="A column more",
            released=_NAMES,
            released_text=_PLAIN.replace("      add :slug, :string\n", ""),
            text=_TEXT,
        ),
    )
    silent = (
        Case(
            about="Written otherwise",
            released=_NAMES,
            released_text=_PLAIN.replace("add :title, :string", "add(:title, :string) # the headline"),
            text=_PLAIN,
        ),
        Case(
            about="The way back",
            released=_NAMES,
            released_text=_PLAIN.replace("def change do", "def up do"),
            text=_PLAIN,
        ),
        Case(
            about="Moved, with a function in it",
            released=_NAMES,
            released_text=_FUNCTION,
            text=_FUNCTION.replace("def up", "# again\n  def up"),
        ),
        Case(about="A new file", released=("20250101000000_other.exs",), text=_PLAIN),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        analysis = context.analysis
        project = analysis.project
        if project.released_text is None or not context.is_first or analysis.broken:
            return
        text = project.released_text(analysis.source.data)
        if text is None:
            return
        # Imported here: few migrations differ from what was deployed.
        from ...program.reader import read

        before = read(
            Source.from_text(text, analysis.source.path), project.repo, project.read_file, rollback=False
        )
        own = context.migration.migration
        past = next(iter(before.migrations), None)
        if past is None or before.broken or past.up is None or own.up is None:
            return
        if _outline(past.up) == _outline(own.up):
            return
        yield self.finding(
            own.name_span,
            "Deployed already: what is changed here never happens where it has run.",
            label="not what was deployed",
            reason="Ecto records versions, not contents: it does not run the migration again.",
            advice="Undo the change, and make a new migration for it.",
            subject={"module": own.module},
        )


def _outline(program: Program) -> str:
    """What runs, wherever it is written. A function that is handed over is as good as another."""
    return _PLACE.sub("", repr(program.commands))
