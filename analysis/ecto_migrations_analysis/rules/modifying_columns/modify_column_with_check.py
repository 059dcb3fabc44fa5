"""`modify` of a column that a CHECK mentions: the CHECK is verified again.

## What happens
`modify` sends `ALTER COLUMN … TYPE` even where the type stays the same. For a column that a valid CHECK mentions,
PostgreSQL adds the CHECK again in the same statement, and so reads the whole table under ACCESS EXCLUSIVE.

## When it is silent
- No CHECK on the column is known, or it is NOT VALID.
- The change rewrites the table anyway, which another rule says.

## Instead
Where only NULL or the default changes, send just that:

    execute "ALTER TABLE posts ALTER COLUMN status SET DEFAULT 'live'",
            "ALTER TABLE posts ALTER COLUMN status SET DEFAULT 'draft'"

Where the type changes, drop the CHECK first, add it again NOT VALID after, and validate it in a later migration.

## Measured
PostgreSQL 13 to 18: `verifying table` under ACCESS EXCLUSIVE for a `modify` to the same type.

## References
- PostgreSQL source, ATPostAlterTypeCleanup: constraints that mention the column are rebuilt
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AlterColumnType
from ...schema.state import Schema
from ...sql.expressions import columns_of
from ..base import Case, Rule, subject
from ..context import MigrationContext

_CHECKED = """
create table(:posts) do
  add :views, :integer
end

create constraint(:posts, :views_not_negative, check: "views >= 0")
"""


class ModifyColumnWithCheck(Rule):
    id = "modify-column-with-check"
    level = Level.RISK
    tags = ("columns", "scan", "history", "blocking")
    silences = ("modify-restates-type",)

    fires = (
        Case(
            about="Only the default changes",
            before=(_CHECKED,),
            text="""
            alter table(:posts) do
              modify :views, «:integer», default: 0, from: {:integer, default: nil}
            end
            """,
        ),
    )
    silent = (
        Case(
            about="Another column",
            before=(_CHECKED.replace("add :views, :integer", "add :views, :integer\n  add :title, :string"),),
            text="""
            alter table(:posts) do
              modify :title, :text, from: :string
            end
            """,
        ),
        Case(
            about="The CHECK is not validated yet",
            before=(_CHECKED.replace('check: "views >= 0"', 'check: "views >= 0", validate: false'),),
            text="""
            alter table(:posts) do
              modify :views, :integer, default: 0, from: {:integer, default: nil}
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AlterColumnType):
            relation = operation.relation
            table = step.before.table(relation)
            if table is None or operation.column is None or context.has_no_rows(relation, step):
                continue
            if Schema.key(relation) in step.effect.rewrites:
                continue
            checks = [
                constraint.name
                for constraint in table.constraints.values()
                if constraint.definition.kind == "check"
                and constraint.definition.validated
                and constraint.definition.expression is not None
                and operation.column in (columns_of(constraint.definition.expression) or ())
            ]
            if not checks:
                continue
            listed = ", ".join(f"`{name}`" for name in checks)
            yield self.finding(
                operation.span,
                f"`modify` of `{relation}.{operation.column}` verifies {listed} again by scanning `{relation}`"
                " under ACCESS EXCLUSIVE: reads and writes wait.",
                level=context.level(self.level, relation, step),
                label="verifies the CHECK on every row",
                reason="`ALTER COLUMN … TYPE`, which every `modify` sends, adds the CHECKs of the column again.",
                advice='Send only what changes by `execute "ALTER TABLE … ALTER COLUMN … SET …"`; for a new type,'
                " drop the CHECK, modify, add it NOT VALID, and validate it in a later migration.",
                subject=subject(relation, step.statement, column=operation.column),
            )
