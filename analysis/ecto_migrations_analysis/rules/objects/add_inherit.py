"""Table made the child of another.

## What happens
From the commit on every query on the parent reads the rows of the child too, also those of running code; UPDATE and
DELETE on the parent reach them. `INHERIT` takes ACCESS EXCLUSIVE on the child and SHARE UPDATE EXCLUSIVE on the parent.
Keys and foreign keys of the parent do not hold for the child.

## When it is silent
- The migration creates the child itself, and it is empty.
- `NO INHERIT`.

## Instead
Declarative partitioning, where rows are to be kept in several tables.

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE on the child, SHARE UPDATE EXCLUSIVE on the parent; nothing is scanned.

## References
- PostgreSQL documentation, ALTER TABLE, `INHERIT`; Inheritance, Caveats
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import TableSetting
from ..base import Case, Rule, subject
from ..context import MigrationContext


class AddInherit(Rule):
    id = "add-inherit"
    level = Level.RISK
    tags = ("tables", "application", "blocking")

    fires = (
        Case(
            about="A table with rows",
            text='execute "ALTER TABLE old_posts «INHERIT posts»", "ALTER TABLE old_posts NO INHERIT posts"',
        ),
    )
    silent = (
        Case(
            about="A new child",
            text='create table(:old_posts)\nexecute "ALTER TABLE old_posts INHERIT posts", ""',
        ),
        Case(about="No longer a child", text='execute "ALTER TABLE old_posts NO INHERIT posts", ""'),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(TableSetting):
            table = operation.relation
            if operation.clause != "inherit" or context.is_new(table, step):
                continue
            parent = operation.subject or "…"
            yield self.finding(
                operation.span,
                f"Queries on `{parent}` read, change and delete the rows of `{table}` too from now on.",
                level=context.level(self.level, table, step),
                label="its rows appear in the parent",
                reason="A query on a parent takes in its children, unless it says ONLY; running code does not.",
                advice="Deploy code that expects these rows first.",
                subject=subject(table, step.statement),
            )
