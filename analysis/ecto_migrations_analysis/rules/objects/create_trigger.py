"""Trigger added to a table that is in use.

## What happens
`CREATE TRIGGER` takes SHARE ROW EXCLUSIVE until the commit: writes to the table wait, reads do not. From the commit on
the function runs in the writes of running code, which knows nothing of it: where it raises, they fail, and where it is
slow, all of them are.

## When it is silent
- The migration creates the table itself.

## Instead
Keep the migration short: the function in one before it, nothing else beside the trigger, and a `lock_timeout`, so
that writes do not queue behind it while it waits for a long transaction.

## Measured
PostgreSQL 18: SHARE ROW EXCLUSIVE on the table, and on its partitions where it is FOR EACH ROW; DROP TRIGGER takes
ACCESS EXCLUSIVE.

## References
- PostgreSQL documentation, CREATE TRIGGER; Explicit Locking
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateTrigger as CreateTriggerOperation
from ..base import Case, Rule, subject
from ..context import MigrationContext

_TRIGGER = """
execute "«CREATE TRIGGER touch BEFORE UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION touch()»",
        "DROP TRIGGER touch ON posts"
"""


class CreateTrigger(Rule):
    id = "create-trigger"
    level = Level.INFO
    tags = ("triggers", "application", "blocking")

    fires = (Case(about="On a table that is there", text=_TRIGGER),)
    silent = (
        Case(
            about="On a table of the same migration",
            text="create table(:posts)\n" + _TRIGGER.replace("«", "").replace("»", ""),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateTriggerOperation):
            table = operation.relation
            if context.is_new(table, step):
                continue
            until = "until the commit" if step.in_transaction else "while it is created"
            *others, last = [item.upper() for item in operation.events] or ["write"]
            event = f"{', '.join(others)} or {last}" if others else last
            yield self.finding(
                operation.span,
                f"Writes to `{table}` wait {until} (SHARE ROW EXCLUSIVE), and from then on each {event} runs the"
                " trigger.",
                level=context.level(self.level, table, step),
                label="runs in writes of running code",
                reason="Running code knows nothing of the trigger: where its function raises, their writes fail.",
                advice="Leave nothing else in the migration, and set a short lock_timeout.",
                subject=subject(table, step.statement, trigger=operation.name),
            )
