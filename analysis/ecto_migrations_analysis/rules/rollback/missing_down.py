"""`up` without `down`.

## What happens
A rollback raises `Ecto.MigrationError`: the migration does not implement a `down/0` or `change/0` function. It stops
there: every migration below it can only be rolled back by hand.

## When it is silent
- There is a `down`, also one that raises: that is a decision, and it says why.
- There is a `change`.
- `use` of a module of the project instead of `Ecto.Migration`: it may bring a `down`.

## Instead
Write the inverse. Where there is none, say so:

    def down, do: raise(Ecto.MigrationError, "the old values are gone")

For data that may stay as it is: `def down, do: :ok`.

## Measured
ecto_sql 3.13: the message is Ecto's own.

## References
- ecto_sql, `Ecto.Migrator`, `do_down/5`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext


class MissingDown(Rule):
    id = "missing-down"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("rollback",)

    fires = (
        Case(about="Only up", text="def «up» do\n  create table(:posts)\nend"),
        Case(about="On one line", text="def «up», do: execute(\"UPDATE posts SET title = '' WHERE id = 1\")"),
    )
    silent = (
        Case(about="Both", text="def up, do: create(table(:posts))\ndef down, do: drop(table(:posts))"),
        Case(
            about="It says that there is no way back",
            text='def up, do: create(table(:posts))\ndef down, do: raise("no way back")',
        ),
        Case(about="change", text="create table(:posts)"),
        Case(
            about="A module of the project may bring it",
            text="""
            defmodule MyApp.Repo.Migrations.Example do
              use MyApp.Migration

              def up, do: create(table(:posts))
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        migration = context.migration.migration
        up = migration.callbacks.get("up")
        if up is None or "down" in migration.callbacks or "change" in migration.callbacks or migration.broken:
            return
        data = context.analysis.source.data
        if (
            migration.down is not None
            or b"Ecto.Migration" not in data[migration.use_span.start : migration.use_span.end]
        ):
            return
        yield self.finding(
            up.name_span,
            f"Rollback raises: {migration.module} does not implement a `down/0` or `change/0` function.",
            label="no down",
            reason="Ecto calls `down/0` on rollback, or `change/0` backwards, and finds neither.",
            advice="Write `down`; where there is no way back, let it raise and say why.",
            forward=False,
        )
