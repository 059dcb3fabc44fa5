"""`change` beside `up` or `down`.

## What happens
Ecto calls `up` where there is one, else `change`; on rollback `down`, else `change` backwards. With all three `change`
never runs. With `change` and `up`, the migration goes one way and comes back another: the rollback reverses commands
that never ran.

## When it is silent
- Only `change`, or only `up` and `down`.

## Instead
`change` alone where everything in it has an inverse, else `up` and `down`.

## Measured
ecto_sql 3.10 to 3.14 (tests/facts/runner.jsonl).

## References
- ecto_sql, `Ecto.Migrator`, `do_up/5`, `do_down/5`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext


class BothChangeAndUp(Rule):
    id = "both-change-and-up"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("rollback",)

    fires = (
        Case(
            about="All three",
            text="""
            def «change», do: create(table(:posts))
            def up, do: create(table(:drafts))
            def down, do: drop(table(:drafts))
            """,
        ),
        Case(
            about="Forward by up, back by change",
            text="""
            def up, do: create(table(:drafts))
            def «change», do: create(table(:posts))
            """,
        ),
        Case(
            about="Forward by change, back by down",
            text="""
            def «change», do: create(table(:posts))
            def down, do: drop(table(:posts))
            """,
        ),
    )
    silent = (
        Case(about="change", text="create table(:posts)"),
        Case(about="up and down", text="def up, do: create(table(:a))\ndef down, do: drop(table(:a))"),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        callbacks = context.migration.migration.callbacks
        change = callbacks.get("change")
        if change is None or not callbacks.keys() & {"up", "down"}:
            return
        level = self.level
        if "up" in callbacks and "down" in callbacks:
            message, label = "`change` never runs: Ecto calls `up` and `down`.", "never runs"
        elif "up" in callbacks:
            message, label = (
                "Migrates by `up` and rolls back by `change`: what never ran is reversed.",
                "only back",
            )
        else:
            message, label = (
                "Migrates by `change` and rolls back by `down`, not by its inverse.",
                "only forward",
            )
            level = Level.INFO
        yield self.finding(
            change.name_span,
            message,
            level=level,
            label=label,
            reason="Ecto looks for `up` and `down` first, each for itself, and for `change` only then.",
            advice="Keep `change`, or `up` and `down`.",
            forward="up" in callbacks and "down" in callbacks,
        )
