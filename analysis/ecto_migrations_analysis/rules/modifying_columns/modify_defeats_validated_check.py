"""`modify` throws away the proof that a validated CHECK gives.

## What happens
PostgreSQL 12 and later skips the scan of `SET NOT NULL` where a validated `CHECK (c IS NOT NULL)` proves that no
row is NULL. But `modify` always restates the column's type in the same `ALTER TABLE`, and for the type clause
PostgreSQL checks the CHECK again, row by row, under ACCESS EXCLUSIVE: the scan that the CHECK was added to avoid.

## When it is silent
- No validated CHECK on the column is known.
- The statement is the raw `ALTER TABLE … ALTER COLUMN … SET NOT NULL`.

## Instead

    execute "ALTER TABLE posts ALTER COLUMN status SET NOT NULL",
            "ALTER TABLE posts ALTER COLUMN status DROP NOT NULL"

and only then, as a statement of its own, drop the CHECK.

## Measured
PostgreSQL 13 to 18: `existing constraints on column … are sufficient to prove …`, and still `verifying table`.

## References
- PostgreSQL documentation, ALTER TABLE, `SET NOT NULL`
- ecto_sql, `Ecto.Adapters.Postgres.Connection.column_change/2`, `:modify`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import SetNotNull
from ...sql.expressions import is_not_null_check
from ..base import Case, Rule, subject
from ..context import MigrationContext

_VALIDATED = """
create table(:posts) do
  add :status, :string
end

create constraint(:posts, :posts_status_not_null, check: "status IS NOT NULL")
"""


class ModifyDefeatsValidatedCheck(Rule):
    id = "modify-defeats-validated-check"
    level = Level.DANGER
    tags = ("columns", "scan", "history", "blocking")
    silences = ("set-not-null-scan", "modify-column-with-check", "modify-restates-type")

    fires = (
        Case(
            about="The CHECK was validated in an earlier migration",
            before=(_VALIDATED,),
            text="""
            alter table(:posts) do
              modify :status, :string, «null: false», from: {:string, null: true}
            end
            """,
        ),
    )
    silent = (
        Case(
            about="Raw SET NOT NULL uses the proof",
            before=(_VALIDATED,),
            text="""
            execute "ALTER TABLE posts ALTER COLUMN status SET NOT NULL",
                    "ALTER TABLE posts ALTER COLUMN status DROP NOT NULL"
            """,
        ),
        Case(
            about="No CHECK to defeat",
            before=("create table(:posts) do\n  add :status, :string\nend",),
            text="""
            alter table(:posts) do
              modify :status, :string, null: false, from: {:string, null: true}
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(SetNotNull):
            table = step.before.table(operation.relation)
            if not operation.from_modify or table is None or operation.column is None:
                continue
            if context.is_new(operation.relation, step):
                continue
            column = table.columns.get(operation.column)
            if column is not None and column.not_null:
                continue
            proof = next(
                (
                    constraint
                    for constraint in table.constraints.values()
                    if constraint.definition.kind == "check"
                    and constraint.definition.validated
                    and constraint.definition.expression is not None
                    and operation.column in is_not_null_check(constraint.definition.expression)
                ),
                None,
            )
            if proof is None:
                continue
            name = f"{operation.relation}.{operation.column}"
            yield self.finding(
                operation.span,
                f"`modify` scans `{operation.relation}` under ACCESS EXCLUSIVE although `{proof.name}` proves"
                f" `{name}` NOT NULL: reads and writes wait.",
                level=context.level(self.level, operation.relation, step),
                label="restates the type, which checks every row again",
                reason="Ecto sends `ALTER COLUMN … TYPE` with every `modify`; PostgreSQL re-checks the CHECK for it.",
                advice=f'`execute "ALTER TABLE {operation.relation} ALTER COLUMN {operation.column} SET NOT NULL"`'
                " is instant here.",
                subject=subject(
                    operation.relation, step.statement, column=operation.column, constraint=proof.name
                ),
            )
