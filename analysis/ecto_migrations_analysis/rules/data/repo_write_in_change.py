"""Rows written in `change` are written again on rollback.

## What happens
Ecto reverses the commands of the migration DSL. A call of the repo is none of them: it runs where it stands, forward
and backward. On rollback `change` is called again, so `repo().insert_all(…)` inserts a second time, and
`repo().update_all(…, inc: …)` counts twice, before anything is undone. On the way up it also runs before the DDL above
it, which waits in Ecto's queue.

## When it is silent
- `up` and `down` are written apart.
- The call stands under `if direction() == :up`, or in a function given to `execute`.
- It only reads.

## Instead

    def up, do: repo().insert_all("states", [%{name: "draft"}])
    def down, do: repo().query!("DELETE FROM states WHERE name = 'draft'")

or `execute(fn -> … end, fn -> … end)` in `change`.

## Measured
ecto_sql 3.13: the function is called once for each direction (tests/facts/runner.jsonl).

## References
- ecto_sql, `Ecto.Migration`, "Executing and flushing"; `Ecto.Migration.Runner`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Delete, Insert, Update
from ...program.commands import ApplicationCode, RepoCall, RepoQuery
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..rows import is_write


class RepoWriteInChange(Rule):
    id = "repo-write-in-change"
    level = Level.DANGER
    databases = EVERY_DATABASE
    tags = ("data", "rollback")

    fires = (
        Case(
            about="A write through repo()",
            text='«repo().insert_all("states", [%{name: "draft"}])»',
        ),
        Case(
            about="A write through the application's repo",
            text='«MyApp.Repo.update_all("states", inc: [used: 1])»',
        ),
        Case(about="SQL", text='«repo().query!("DELETE FROM states")»'),
        Case(about="A library's own migration", text="«Oban.Migration.up(version: 12)»"),
    )
    silent = (
        Case(
            about="up and down",
            text="""
            def up, do: repo().insert_all("states", [%{name: "draft"}])
            def down, do: repo().query!("DELETE FROM states WHERE name = 'draft'")
            """,
        ),
        Case(
            about="One direction only",
            text='if direction() == :up do\n  repo().insert_all("states", [%{name: "draft"}])\nend',
        ),
        Case(
            about="Given to execute",
            text='execute(fn -> repo().query!("DELETE FROM states") end, fn -> :ok end)',
        ),
        Case(about="It reads", text='repo().query!("SELECT 1")'),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.down
        if program is None or program.callback != "change":
            return
        sql = _sql_that_writes(context)
        for command in program.commands:
            if command.callback != "change":
                continue
            if isinstance(command, RepoCall) and is_write(command):
                call = f"`{command.repo}.{command.function}`"
            elif isinstance(command, RepoQuery) and (command.span in sql):
                call = f"`{command.call}`"
            elif isinstance(command, ApplicationCode) and _migrates(command):
                call = f"`{command.module}.{command.function}`"
            else:
                continue
            again = "migrates up" if isinstance(command, ApplicationCode) else "writes"
            yield self.finding(
                command.span,
                f"On rollback {call} {again} again: Ecto reverses its own commands only.",
                level=self.level if command.always else Level.RISK,
                label="runs on rollback too",
                reason="Ecto calls `change` for both directions, and runs what is no command of Ecto.Migration where it"
                " stands.",
                advice="Write `up` and `down`, or `execute(fn -> … end, fn -> … end)`.",
                forward=False,
            )


def _sql_that_writes(context: MigrationContext) -> set[object]:
    run = context.migration.down
    return {
        step.statement.span
        for step in (run.steps if run is not None else ())
        if any(isinstance(item, Insert | Update | Delete) for item in step.statement.operations)
    }


def _migrates(code: ApplicationCode) -> bool:
    return code.function == "up" and "Migration" in code.module.rpartition(".")[2]
