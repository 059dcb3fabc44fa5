"""CHECK that only helped to set NOT NULL and is still there.

## What happens
`CHECK (status IS NOT NULL)` is the proof that spares `SET NOT NULL` its scan. Once the column is NOT NULL, it says
nothing more; it is still evaluated at every INSERT and UPDATE, makes every later `modify` of the column read the
whole table, and puzzles whoever reads the schema.

## When it is silent
- This migration or a later one drops the CHECK.
- The CHECK says more than IS NOT NULL.
- What later migrations do to the table is not known entirely.

## Instead
After `SET NOT NULL`, in a statement of its own (in one ALTER TABLE the scan would come back):

    execute "ALTER TABLE posts ALTER COLUMN status SET NOT NULL", "…"
    execute "ALTER TABLE posts DROP CONSTRAINT posts_status_not_null", "…"

## Measured
PostgreSQL 13 to 18: `SET NOT NULL, DROP CONSTRAINT` in one statement scans, two statements do not.

## References
- PostgreSQL documentation, ALTER TABLE, `SET NOT NULL`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import SetNotNull
from ...schema.state import ConstraintState, Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext

_ONLY = re.compile(r'[\s(]*("(?P<quoted>[^"]+)"|(?P<plain>\w+))\s*\)*\s+is\s+not\s+null[\s)]*', re.I)
_BEFORE = (
    """
    create table(:posts) do
      add :status, :string
    end
    """,
    'create constraint(:posts, :posts_status_not_null, check: "status IS NOT NULL")',
)


class NotNullHelperLeftover(Rule):
    id = "not-null-helper-leftover"
    level = Level.INFO
    tags = ("constraints", "history")

    fires = (
        Case(
            about="NOT NULL set, the CHECK left",
            before=_BEFORE,
            text="""
            execute "ALTER TABLE posts ALTER COLUMN status «SET NOT NULL»",
                    "ALTER TABLE posts ALTER COLUMN status DROP NOT NULL"
            """,
        ),
    )
    silent = (
        Case(
            about="Dropped in the same migration",
            before=_BEFORE,
            text="""
            execute "ALTER TABLE posts ALTER COLUMN status SET NOT NULL", ""
            execute "ALTER TABLE posts DROP CONSTRAINT posts_status_not_null", ""
            """,
        ),
        Case(
            about="Dropped by a later one",
            before=_BEFORE,
            text='execute "ALTER TABLE posts ALTER COLUMN status SET NOT NULL", ""',
            after=("drop constraint(:posts, :posts_status_not_null)",),
        ),
        Case(
            about="The CHECK says more",
            before=(
                _BEFORE[0],
                "create constraint(:posts, :posts_status_not_null, check: \"status IS NOT NULL AND status <> ''\")",
            ),
            text='execute "ALTER TABLE posts ALTER COLUMN status SET NOT NULL", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        for step, operation in context.forward(SetNotNull):
            if operation.column is None or context.is_new(operation.relation, step):
                continue
            left = _helper(context.steps[-1].after, operation)
            latest = project.latest() if project.latest is not None else None
            if left is None or (latest is not None and _helper(latest, operation) is None):
                continue
            place = left.origin.place
            yield self.finding(
                operation.span,
                f"`{left.name}` says nothing more once `{operation.relation}.{operation.column}` is NOT NULL,"
                " and is still there.",
                label=f"drop {left.name} after this",
                reason="It is evaluated at every INSERT and UPDATE, and makes every later `modify` of the column"
                " read the whole table.",
                advice=f"`ALTER TABLE {operation.relation} DROP CONSTRAINT {left.name}` in a statement after this"
                " one.",
                related=(Related(f"`{left.name}` was added here", place),) if place else (),
                subject=subject(
                    operation.relation, step.statement, column=operation.column, constraint=left.name
                ),
            )


def _helper(schema: Schema, operation: SetNotNull) -> ConstraintState | None:
    """The CHECK of the table that says just that the column is not null."""
    table = schema.table(operation.relation)
    if table is None or table.uncertain or schema.uncertain:
        return None
    column = table.columns.get(operation.column or "")
    if column is None or not column.not_null:
        return None
    for constraint in table.constraints.values():
        expression = constraint.definition.expression
        if constraint.definition.kind != "check" or expression is None or expression.sql is None:
            continue
        match = _ONLY.fullmatch(expression.sql)
        if match is None:
            continue
        if (match["quoted"] or match["plain"].lower()) == operation.column:
            return constraint
    return None
