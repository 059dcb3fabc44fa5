"""Batches without a pause.

## What happens
Batch after batch without a rest keeps the disk, the WAL and the replicas as busy as they can be: replicas fall behind,
autovacuum does not keep up with the old row versions, and the application's own queries get slower for as long as it takes.

## When it is silent
- Something waits between the batches: `Process.sleep`, `:timer.sleep`, `pg_sleep`.
- The batches run in one transaction (`backfill-in-ddl-transaction` says what that does).

## Instead
`Process.sleep(100)` between the batches, more where replicas lag.

## Measured
Nothing: how much a server bears differs.

## References
- ecto_sql, guide "Safe Ecto Migrations", backfilling data
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Insert
from ...program.commands import ApplicationCode
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..rows import all_commands, writes

_FILL = """
@disable_ddl_transaction true
@disable_migration_lock true
import Ecto.Query

def up, do: fill(0)
def down, do: :ok

defp fill(last) do
  ids = repo().all(from(p in "posts", where: p.id > ^last, order_by: p.id, limit: 1000, select: p.id))

  if ids != [] do
    «repo().update_all(from(p in "posts", where: p.id in ^ids), set: [state: ""])»
    PAUSE
    fill(List.last(ids))
  end
end
"""


class BackfillNoThrottle(Rule):
    id = "backfill-no-throttle"
    level = Level.INFO
    tags = ("data",)

    fires = (Case(about="One after the other", text=_FILL.replace("    PAUSE\n", "")),)
    silent = (
        Case(
            about="A pause",
            text=_FILL.replace("PAUSE", "Process.sleep(100)").replace("«", "").replace("»", ""),
        ),
        Case(
            about="One statement",
            text="""
            @disable_ddl_transaction true

            def up, do: repo().update_all("posts", set: [state: ""])
            def down, do: :ok
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.up
        if program is None or any(_waits(command) for command in all_commands(program.commands)):
            return
        for write in writes(context):
            if not write.repeated or write.step.in_transaction or context.is_new(write.relation, write.step):
                continue
            if "pg_sleep" in write.step.statement.sql:
                continue
            if isinstance(write.operation, Insert) and not write.operation.reads:
                continue
            yield self.finding(
                write.operation.span,
                f"Writes `{write.relation}` batch after batch without a pause: replicas and vacuum fall behind.",
                label="no pause between the batches",
                reason="Nothing that waits stands in the loop.",
                advice="`Process.sleep(100)` between the batches.",
                subject=subject(write.relation, write.step.statement),
            )
            return


def _waits(command: object) -> bool:
    return isinstance(command, ApplicationCode) and command.function == "sleep"
