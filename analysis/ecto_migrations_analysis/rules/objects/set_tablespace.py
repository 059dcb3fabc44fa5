"""Table moved to another tablespace.

## What happens
`SET TABLESPACE` copies the whole table, file by file, under ACCESS EXCLUSIVE: reads and writes wait until the commit.
Its indexes stay where they are. In a transaction with anything else, the lock is held for that as well.

## When it is silent
- The migration creates the table itself.

## Instead
Move tables when nobody needs them, or with `pg_repack`, which copies beside running queries. A new partition of a
partitioned table can be made in the other tablespace at once.

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE on the table; another `relfilenode` afterwards.

## References
- PostgreSQL documentation, ALTER TABLE, `SET TABLESPACE`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import TableSetting
from ..base import Case, Rule, subject
from ..context import MigrationContext


class SetTablespace(Rule):
    id = "set-tablespace"
    level = Level.DANGER
    tags = ("tables", "rewrite", "blocking")

    fires = (
        Case(
            about="The plain form",
            text='execute "ALTER TABLE posts «SET TABLESPACE fast»", "ALTER TABLE posts SET TABLESPACE pg_default"',
        ),
    )
    silent = (
        Case(
            about="A table of the same migration",
            text='create table(:posts)\nexecute "ALTER TABLE posts SET TABLESPACE fast", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(TableSetting):
            table = operation.relation
            if operation.clause != "set tablespace" or context.is_new(table, step):
                continue
            known = step.before.table(table)
            if known is not None and known.partition_by:
                # It has no rows of its own: only new partitions are made there.
                continue
            there = operation.subject == "pg_default"
            yield self.finding(
                operation.span,
                f"Copies all of `{table}` under ACCESS EXCLUSIVE: reads and writes wait.",
                level=context.level(Level.RISK if there else self.level, table, step),
                label="the whole table is copied",
                reason="The files of the table are copied to the other tablespace before anybody may read them.",
                advice="Do it while nobody needs the table, or with pg_repack.",
                subject=subject(table, step.statement),
            )
