"""`up` and `down` that `change` would say in one.

## What happens
Nothing wrong: `down` is exactly what Ecto would make of `up` by reversing it. Written twice, the two drift apart when
one of them is edited.

A convention: off until it is selected.

## When it is silent
- `down` does something else than the reversed `up`, in another order, or more.
- Something in `up` has no inverse.

## Instead

    def change do
      create table(:posts)
    end

## Measured
Compared with the commands that Ecto's runner makes of the reversed `up`.

## References
- ecto_sql, `Ecto.Migration`, "Change"; `Ecto.Migration.Runner.reverse/1`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import Command, DropTable, Immediate
from ...program.rollback import reverse
from ...records import replace
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext


class PreferChange(Rule):
    id = "prefer-change"
    level = Level.INFO
    databases = EVERY_DATABASE
    tags = ("rollback", "convention")

    fires = (
        Case(
            about="The exact inverse",
            text="""
            def «up» do
              create table(:posts) do
                add :title, :string
              end

              create index(:posts, [:title])
            end

            def down do
              drop index(:posts, [:title])
              drop table(:posts)
            end
            """,
        ),
    )
    silent = (
        Case(
            about="Something else",
            text="""
            def up, do: create(table(:posts))
            def down, do: execute("ALTER TABLE posts RENAME TO old_posts")
            """,
        ),
        Case(about="No inverse", text="def up, do: drop(table(:posts))\ndef down, do: create(table(:posts))"),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        migration = context.migration.migration
        up, down = migration.up, migration.down
        if up is None or down is None or (up.callback, down.callback) != ("up", "down"):
            return
        if not up.commands or any(isinstance(item, Immediate) for item in (*up.commands, *down.commands)):
            return
        reversed_up = reverse(up.commands)
        if reversed_up.irreversible is not None:
            return
        if _plain(reversed_up.commands) != _plain(down.commands):
            return
        yield self.finding(
            migration.callbacks["up"].name_span,
            "`down` is what Ecto makes of `up` by itself: `change` says both.",
            label="change says it in one",
            reason="Two functions that have to mirror each other drift apart.",
            advice="Write it as `change`.",
            forward=False,
        )


def _plain(commands: tuple[Command, ...]) -> list[Command]:
    """The commands without what they say of columns that go with their table."""
    return [
        replace(item, table=replace(item.table, options_given=type(item.table.options_given)()))
        if isinstance(item, DropTable)
        else item
        for item in commands
    ]
