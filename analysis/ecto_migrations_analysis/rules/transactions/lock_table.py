"""Table locked by hand.

## What happens
`LOCK TABLE` without a mode takes ACCESS EXCLUSIVE: every read and write of the table waits from here to the commit,
and the lock itself waits for the longest query that is running, with all others behind it.

## When it is silent
- A mode that lets others read and write, such as SHARE UPDATE EXCLUSIVE.
- The migration creates the table itself.
- Outside of a transaction, where the statement fails.

## Instead
The weakest mode that will do (SHARE ROW EXCLUSIVE keeps other writers out, and lets them read), as late as possible,
with a short `lock_timeout` before it.

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE without a mode; outside of a transaction SQLSTATE 25P01.

## References
- PostgreSQL documentation, LOCK; Explicit Locking
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import LockTable as LockTableOperation
from ..base import Case, Rule, subject
from ..context import MigrationContext

_WAITS = {
    "ACCESS EXCLUSIVE": "reads and writes",
    "EXCLUSIVE": "writes",
    "SHARE ROW EXCLUSIVE": "writes",
    "SHARE": "writes",
}


class LockTable(Rule):
    id = "lock-table"
    level = Level.RISK
    tags = ("locks", "blocking")

    fires = (
        Case(about="Without a mode", text='execute "«LOCK TABLE posts»", ""'),
        Case(about="SHARE", text='execute "«LOCK TABLE posts IN SHARE MODE»", ""'),
    )
    silent = (
        Case(about="A weak mode", text='execute "LOCK TABLE posts IN SHARE UPDATE EXCLUSIVE MODE", ""'),
        Case(about="A new table", text='create table(:posts)\nexecute "LOCK TABLE posts", ""'),
        Case(
            about="Outside of a transaction",
            text='@disable_ddl_transaction true\n\ndef change do\n  execute "LOCK TABLE posts", ""\nend',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(LockTableOperation):
            waits = _WAITS.get(operation.mode)
            tables = [relation for relation in operation.relations if not context.is_new(relation, step)]
            if waits is None or not tables or not step.in_transaction:
                continue
            names = " and ".join(f"`{relation}`" for relation in tables)
            yield self.finding(
                operation.span,
                f"Takes {operation.mode} on {names}: {waits} wait from here to the commit.",
                level=context.level(self.level, tables[0], step),
                label=f"{waits} wait until the commit",
                reason="The lock is held until the transaction ends, and waits for every query that is running.",
                advice="Take the weakest mode that will do, as late as possible, with a short lock_timeout.",
                subject=subject(tables[0], step.statement),
            )
