"""NOT NULL check validated before the old rows were filled.

## What happens
`VALIDATE CONSTRAINT` reads the table and fails at the first row that breaks the check: `check constraint … of
relation … is violated by some row` (23514). A column that was added without a default is NULL in every row from
before. On an empty test database it passes.

## When it is silent
- The column was added with a default, or with the table, or has one now.
- A migration before this one, or a statement before this, fills the column.
- Something that is not fully known may have filled it; a trigger may.

It is dangerous where the column is added in the same migration, or a later one fills it; where no migration fills it
at all, it is a risk only: the rows may have been filled by other means.

## Instead
Fill the rows in batches in a migration before this one.

## Measured
PostgreSQL 18: `ERROR: check constraint "posts_status_not_null" of relation "posts" is violated by some row`.

## References
- PostgreSQL documentation, ALTER TABLE, `VALIDATE CONSTRAINT`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import ValidateConstraint
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..unfilled import proven_columns, unfilled

_POSTS = """
create table(:posts) do
  add :title, :string
end
"""
_STATUS = """
alter table(:posts) do
  add :status, :string
end
"""
_CHECK = """
create constraint(:posts, :posts_status_not_null, check: "status IS NOT NULL", validate: false)
"""
_BACKFILL = """
execute "UPDATE posts SET status = 'draft' WHERE status IS NULL", ""
"""
_VALIDATE = 'execute "ALTER TABLE posts «VALIDATE CONSTRAINT posts_status_not_null»", ""'
_PLAIN = _VALIDATE.replace("«", "").replace("»", "")


class ConstraintValidatedBeforeBackfill(Rule):
    id = "constraint-validated-before-backfill"
    level = Level.DANGER
    tags = ("constraints", "data", "fails", "history")

    fires = (
        Case(
            about="A later migration fills the column",
            before=(_POSTS, _STATUS, _CHECK),
            text=_VALIDATE,
            after=(_BACKFILL,),
        ),
        Case(about="No migration fills it", before=(_POSTS, _STATUS, _CHECK), text=_VALIDATE),
    )
    silent = (
        Case(about="Filled between", before=(_POSTS, _STATUS, _CHECK, _BACKFILL), text=_PLAIN),
        Case(about="Filled first", before=(_POSTS, _STATUS, _BACKFILL, _CHECK), text=_PLAIN),
        Case(
            about="A check of something else",
            before=(_POSTS, _STATUS, _CHECK.replace("status IS NOT NULL", "status <> ''")),
            text=_PLAIN,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(ValidateConstraint):
            table = step.before.table(operation.relation)
            state = table.constraints.get(operation.name or "") if table is not None else None
            if state is None or state.definition.validated:
                continue
            for name in sorted(proven_columns(state.definition)):
                found = unfilled(context, step, operation.relation, name)
                if found is None:
                    continue
                place = found.column.origin.place
                why = "a later migration fills it" if found.later else "no migration has filled it"
                yield self.finding(
                    operation.span,
                    f"Validates `{state.name}` before `{operation.relation}.{name}` is filled ({why}):"
                    " fails if the table has rows.",
                    level=context.level(
                        self.level if found.certain else Level.RISK, operation.relation, step
                    ),
                    label="old rows hold NULL",
                    reason="The column was added without a default: every row from before it holds NULL, and"
                    " VALIDATE CONSTRAINT fails at the first.",
                    advice="Fill the rows in batches in a migration before this one.",
                    related=(Related(f"`{name}` was added here, nullable", place),) if place else (),
                    subject=subject(operation.relation, step.statement, column=name, constraint=state.name),
                )
