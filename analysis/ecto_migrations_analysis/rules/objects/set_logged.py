"""Table made logged or unlogged.

## What happens
`SET LOGGED` and `SET UNLOGGED` write the table and all its indexes again under ACCESS EXCLUSIVE: reads and writes wait
until the commit. `SET LOGGED` writes all of it to the WAL too. An unlogged table is empty after a crash, and replicas
never have its rows.

## When it is silent
- The migration creates the table itself.
- The table is known to be so already: nothing is done then.

## Instead
A new table of the right kind, filled in batches, takes the place of the old one by two renames in one short
transaction.

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE, `rewriting table`, `building index` for each index; nothing of it where the table is
logged already.

## References
- PostgreSQL documentation, ALTER TABLE, `SET { LOGGED | UNLOGGED }`; CREATE TABLE, `UNLOGGED`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import TableSetting
from ..base import Case, Rule, subject
from ..context import MigrationContext


class SetLogged(Rule):
    id = "set-logged"
    level = Level.DANGER
    tags = ("tables", "rewrite", "blocking")

    fires = (
        Case(
            about="Unlogged",
            before=("create table(:posts)",),
            text='execute "ALTER TABLE posts «SET UNLOGGED»", "ALTER TABLE posts SET LOGGED"',
        ),
        Case(
            about="Logged, of a table that is not known", text='execute "ALTER TABLE posts «SET LOGGED»", ""'
        ),
    )
    silent = (
        Case(
            about="It is logged already",
            before=("create table(:posts)",),
            text='execute "ALTER TABLE posts SET LOGGED", ""',
        ),
        Case(
            about="A table of the same migration",
            text='create table(:posts)\nexecute "ALTER TABLE posts SET UNLOGGED", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(TableSetting):
            table = operation.relation
            if operation.clause not in ("set logged", "set unlogged") or context.is_new(table, step):
                continue
            unlogged = operation.clause == "set unlogged"
            known = step.before.table(table)
            if known is not None and known.unlogged == unlogged and not known.uncertain:
                continue
            also = " After a crash the table is empty, and replicas never have its rows." if unlogged else ""
            yield self.finding(
                operation.span,
                f"Rewrites `{table}` and all its indexes under ACCESS EXCLUSIVE: reads and writes wait.",
                level=context.level(self.level if known is not None else Level.RISK, table, step),
                label="every row is written again",
                reason="What is in the WAL and what is not cannot share one file." + also,
                advice="Fill a new table of the right kind in batches, and let it take the place of the old one by two"
                " renames.",
                subject=subject(table, step.statement),
            )
