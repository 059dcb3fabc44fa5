"""NOT NULL set on an existing column by a scan of the whole table.

## What happens
`SET NOT NULL` holds ACCESS EXCLUSIVE while PostgreSQL reads every row to see that none is NULL; reads and writes
of the table wait for as long as that takes. It fails at the first NULL. Code that still writes NULL fails from
then on.

`modify :c, :type, null: false` does the same, and always the scan: Ecto restates the column's type in the same
`ALTER TABLE`, and for that PostgreSQL checks the table again even where a validated CHECK would have proved it.

## When it is silent
- The migration creates the table itself.
- The column is known to be NOT NULL already.
- The statement is the raw `ALTER TABLE … SET NOT NULL` and a validated `CHECK (c IS NOT NULL)` is known.

## Instead
Prove it first, without blocking anybody, then set it (three statements, each committed before the next):

    ALTER TABLE posts ADD CONSTRAINT posts_status_not_null CHECK (status IS NOT NULL) NOT VALID
    ALTER TABLE posts VALIDATE CONSTRAINT posts_status_not_null    -- SHARE UPDATE EXCLUSIVE
    ALTER TABLE posts ALTER COLUMN status SET NOT NULL             -- no scan

PostgreSQL 18 does it in two, and leaves no CHECK to drop:

    ALTER TABLE posts ADD CONSTRAINT posts_status_not_null NOT NULL status NOT VALID
    ALTER TABLE posts VALIDATE CONSTRAINT posts_status_not_null    -- SHARE UPDATE EXCLUSIVE

## Measured
PostgreSQL 13 to 18: `verifying table "posts"` under ACCESS EXCLUSIVE; with the validated CHECK and the raw form,
`existing constraints on column … are sufficient to prove that it does not contain nulls`, and no scan. PostgreSQL
18: `NOT NULL … NOT VALID` is instant, validating it scans under SHARE UPDATE EXCLUSIVE; a `SET NOT NULL` in between
scans under ACCESS EXCLUSIVE all the same.

## References
- PostgreSQL documentation, ALTER TABLE, `SET NOT NULL`
- ecto_sql, `Ecto.Adapters.Postgres.Connection.column_change/2`, `:modify`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import SetNotNull
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext


class SetNotNullScan(Rule):
    id = "set-not-null-scan"
    level = Level.DANGER
    tags = ("columns", "scan", "blocking")

    fires = (
        Case(
            about="By `modify`",
            text="""
            alter table(:posts) do
              modify :status, :string, «null: false», from: {:string, null: true}
            end
            """,
        ),
        Case(
            about="In SQL, with nothing that proves it",
            text="""
            execute "ALTER TABLE posts ALTER COLUMN status «SET NOT NULL»",
                    "ALTER TABLE posts ALTER COLUMN status DROP NOT NULL"
            """,
        ),
        Case(
            about="A known table, named with its schema",
            before=("create table(:posts) do\n  add :status, :string\nend",),
            text="""
            execute "ALTER TABLE public.posts ALTER COLUMN status «SET NOT NULL»",
                    "ALTER TABLE public.posts ALTER COLUMN status DROP NOT NULL"
            """,
        ),
    )
    silent = (
        Case(
            about="A table of the same migration",
            text="""
            create table(:posts) do
              add :status, :string
            end

            alter table(:posts) do
              modify :status, :string, null: false, from: {:string, null: true}
            end
            """,
        ),
        Case(
            about="A validated CHECK proves it, and the statement is raw",
            before=(
                """
                create table(:posts) do
                  add :status, :string
                end

                create constraint(:posts, :posts_status_not_null, check: "status IS NOT NULL")
                """,
            ),
            text="""
            execute "ALTER TABLE posts ALTER COLUMN status SET NOT NULL",
                    "ALTER TABLE posts ALTER COLUMN status DROP NOT NULL"
            """,
        ),
        Case(
            about="It is NOT NULL already",
            before=(
                """
                create table(:posts) do
                  add :status, :string, null: false
                end
                """,
            ),
            text="""
            alter table(:posts) do
              modify :status, :string, null: false, default: "draft", from: {:string, null: false}
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(SetNotNull):
            table = operation.relation
            if context.has_no_rows(table, step):
                continue
            known = step.before.table(table)
            column = known.columns.get(operation.column or "") if known else None
            if column is not None and column.not_null:
                continue
            if step.effect.certain and Schema.key(table) not in step.effect.scans:
                continue
            name = f"{table}.{operation.column or '…'}"
            by_modify = operation.from_modify
            yield self.finding(
                operation.span,
                f"Sets NOT NULL on `{name}` by scanning the whole table under ACCESS EXCLUSIVE:"
                " reads and writes wait.",
                level=context.level(self.level, table, step),
                label="reads every row",
                reason="It fails if one row is NULL, and code that still writes NULL fails afterwards."
                + (
                    " `modify` restates the type too, so not even a validated CHECK would spare the scan."
                    if by_modify
                    else ""
                ),
                advice="Add `CONSTRAINT … NOT NULL … NOT VALID` by `execute`, and validate it in a later step."
                if context.analysis.project.version.major >= 18
                else "Add `CHECK (… IS NOT NULL) NOT VALID`, validate it in a later step, then run"
                " `ALTER COLUMN … SET NOT NULL` by `execute`: PostgreSQL takes the CHECK as proof.",
                subject=subject(table, step.statement, column=operation.column),
            )
