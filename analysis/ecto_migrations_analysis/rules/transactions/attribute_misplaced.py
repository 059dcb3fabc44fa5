"""Attribute above `use Ecto.Migration`, which takes it back.

## What happens
`use Ecto.Migration` sets `@disable_ddl_transaction` and `@disable_migration_lock` to false. What stands above it counts
for nothing: the migration runs in a transaction and under the lock.

## When it is silent
- It stands below.
- The module uses a macro of the project, which may set them itself.

## Instead

    use Ecto.Migration

    @disable_ddl_transaction true

## Measured
Read in the source of ecto_sql 3.14.

## References
- ecto_sql, `Ecto.Migration.__using__/1`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext

_TEXT = """
defmodule MyApp.Repo.Migrations.Example do
  «@disable_ddl_transaction true»
  use Ecto.Migration

  def change do
    execute "VACUUM posts", ""
  end
end
"""


class AttributeMisplaced(Rule):
    id = "attribute-misplaced"
    level = Level.DANGER
    databases = EVERY_DATABASE
    tags = ("transactions", "attributes")

    fires = (Case(about="Above", text=_TEXT),)
    silent = (
        Case(
            about="Below",
            text="""
            @disable_ddl_transaction true

            def change do
              execute "VACUUM posts", ""
            end
            """,
        ),
        Case(
            about="Above a macro of the project",
            text=_TEXT.replace("Ecto.Migration", "MyApp.Migration").replace("«", "").replace("»", ""),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        migration = context.migration.migration
        flags = {
            "disable_ddl_transaction": (migration.disable_ddl_transaction, "runs in a transaction"),
            "disable_migration_lock": (migration.disable_migration_lock, "runs under the migration lock"),
        }
        for name, (attribute, does) in flags.items():
            if not attribute.reset or attribute.span is None:
                continue
            yield self.finding(
                attribute.span,
                f"`use Ecto.Migration` below sets `@{name}` to false: the migration {does} all the same.",
                label="taken back by `use Ecto.Migration`",
                reason="`use` sets both attributes to false, so that what counts is what stands below it.",
                advice="Move it below `use Ecto.Migration`.",
                subject={"attribute": name},
            )
