"""`flush()` in `change` makes the rollback raise.

## What happens
On rollback Ecto calls `change` again and collects its commands to run them backwards. `flush()` asks to run them now,
in the order in which they are written, and so raises: `calling flush() inside change when doing rollback is not
supported`.

## When it is silent
- The module has a `down`.
- The call stands under `if direction() == :up`.

## Instead
`up` and `down`.

## Measured
ecto_sql 3.10 to 3.14: the message is Ecto's own (tests/facts/runner.jsonl).

## References
- ecto_sql, `Ecto.Migration.flush/0`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import Raises
from ...program.rollback import FLUSH
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..rows import all_commands


class FlushInChange(Rule):
    id = "flush-in-change"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("rollback",)
    silences = ("irreversible-change",)

    fires = (
        Case(
            about="Between creating a table and filling it",
            text="""
            create table(:states) do
              add :name, :string
            end

            «flush()»
            if direction() == :up, do: repo().insert_all("states", [%{name: "draft"}])
            """,
        ),
    )
    silent = (
        Case(
            about="In up",
            text="""
            def up do
              create table(:states)
              flush()
              repo().insert_all("states", [%{id: 1}])
            end

            def down, do: drop(table(:states))
            """,
        ),
        Case(about="Forward only", text="create table(:states)\nif direction() == :up, do: flush()"),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.down
        if program is None or program.callback != "change":
            return
        for command in all_commands(program.commands):
            if isinstance(command, Raises) and command.message == FLUSH:
                yield self.finding(
                    command.span,
                    "Rollback raises: calling flush() inside change when doing rollback is not supported.",
                    level=self.level if command.always else Level.INFO,
                    label="raises on rollback",
                    reason="On rollback Ecto runs the commands of `change` backwards; it cannot run them where `flush()`"
                    " stands.",
                    advice="Write `up` and `down`.",
                    forward=False,
                )
