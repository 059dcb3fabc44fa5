"""`modify` that only changes NULL, the default or the comment, and restates the type for nothing.

## What happens
There is no `modify` without a type: Ecto sends `ALTER COLUMN … TYPE` every time. With the same type PostgreSQL
rewrites nothing, but it takes ACCESS EXCLUSIVE on the table and, where the column has a foreign key, on the
referenced table too; it fails where a view or a trigger uses the column.

## When it is silent
- The type changes, or the present type is not known.
- `null: false`, which has rules of its own.

## Instead

    execute "ALTER TABLE posts ALTER COLUMN status SET DEFAULT 'draft'",
            "ALTER TABLE posts ALTER COLUMN status DROP DEFAULT"

## Measured
PostgreSQL 13 to 18: no rewrite, no scan without a CHECK; ACCESS EXCLUSIVE on the parent of a foreign key column.

## References
- ecto_sql, `Ecto.Adapters.Postgres.Connection.column_change/2`, `:modify`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddConstraint, AlterColumnType, DropNotNull, SetDefault, SetNotNull
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext


class ModifyRestatesType(Rule):
    id = "modify-restates-type"
    level = Level.INFO
    tags = ("columns", "history", "blocking")

    fires = (
        Case(
            about="Only the default changes",
            before=("create table(:posts) do\n  add :status, :string\nend",),
            text="""
            alter table(:posts) do
              modify :status, «:string», default: "draft", from: {:string, default: nil}
            end
            """,
        ),
    )
    silent = (
        Case(
            about="The type changes",
            before=("create table(:posts) do\n  add :status, :string\nend",),
            text="""
            alter table(:posts) do
              modify :status, :text, default: "draft", from: {:string, default: nil}
            end
            """,
        ),
        Case(
            about="The present type is not known",
            text="""
            alter table(:posts) do
              modify :status, :string, default: "draft", from: {:string, default: nil}
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AlterColumnType):
            relation = operation.relation
            table = step.before.table(relation)
            column = table.columns.get(operation.column or "") if table else None
            if not operation.from_modify or column is None or context.is_new(relation, step):
                continue
            if column.type != operation.type or operation.collation is not None:
                continue
            beside = [
                other
                for other in step.statement.operations
                if getattr(other, "column", None) == operation.column or isinstance(other, AddConstraint)
            ]
            if any(isinstance(other, SetNotNull | AddConstraint) for other in beside):
                continue
            if not any(isinstance(other, SetDefault | DropNotNull) for other in beside):
                continue
            own = Schema.key(relation)
            parents = sorted({str(lock.relation) for lock in step.effect.locks if lock.relation != own})
            also = f" and on {', '.join(f'`{name}`' for name in parents)}" if parents else ""
            level = Level.RISK if parents else self.level
            yield self.finding(
                operation.span,
                f"Restates the type of `{relation}.{operation.column}` under ACCESS EXCLUSIVE on `{relation}`{also}"
                " for nothing.",
                level=context.level(level, relation, step),
                label="the type is the same",
                reason="Every `modify` sends `ALTER COLUMN … TYPE`; here only the rest of it changes anything.",
                advice='Send only what changes: `execute "ALTER TABLE … ALTER COLUMN … SET DEFAULT …", "…"`.',
                subject=subject(relation, step.statement, column=operation.column),
            )
