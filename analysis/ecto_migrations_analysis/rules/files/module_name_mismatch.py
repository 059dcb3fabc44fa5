"""Module that is not called like its file.

## What happens
Nothing, to Ecto: it runs whatever module the file defines. Whoever looks for the migration by the name in a stack trace,
or in the log, does not find the file.

## When it is silent
- The last part of the module's name is the file's name in camel case; capitals and underscores do not count.

This rule is off until it is selected.

## Instead
The name that `mix ecto.gen.migration` gives: `AddStatusToPosts` in `…_add_status_to_posts.exs`.

## Measured
Read in the source of ecto_sql 3.14, not run.

## References
- ecto_sql, `Mix.Tasks.Ecto.Gen.Migration`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level
from ...project.migrations import migration_file
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext

_MODULE = """
defmodule «MyApp.Repo.Migrations.AddState» do
  use Ecto.Migration

  def change do
  end
end
"""


class ModuleNameMismatch(Rule):
    id = "module-name-mismatch"
    level = Level.INFO
    databases = EVERY_DATABASE
    tags = ("files", "conventions")

    fires = (Case(about="Renamed in one place", file="1_add_status_to_posts.exs", text=_MODULE),)
    silent = (
        Case(
            about="The same",
            file="1_add_state.exs",
            text=_MODULE.replace("«", "").replace("»", ""),
        ),
        Case(
            about="Written otherwise",
            file="1_add_API_state.exs",
            text=_MODULE.replace("«", "").replace("»", "").replace("AddState", "AddApiState"),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        own = migration_file(context.analysis.source.path or "")
        if own is None or not context.is_first or len(context.analysis.migrations) > 1:
            return
        module = context.migration.migration.module.rpartition(".")[2]
        if _plain(module) == _plain(own.name):
            return
        yield self.finding(
            context.migration.migration.name_span,
            f"`{module}` is in a file called `{own.name}`: who looks for one does not find the other.",
            label="not the file's name",
            reason="Stack traces and logs name the module.",
            advice="Give both the same name.",
            subject={"file": own.path},
        )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
