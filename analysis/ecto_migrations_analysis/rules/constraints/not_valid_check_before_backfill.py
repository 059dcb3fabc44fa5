"""NOT VALID check on a column whose old rows still hold NULL.

## What happens
NOT VALID spares the scan of the old rows, not the check itself: PostgreSQL evaluates it at every INSERT and at every
UPDATE, also of an old row and also where the UPDATE sets another column. Until the backfill has reached a row, the
running application cannot change it: `check_violation` (23514). The backfill itself runs into it where it writes
something else first.

## When it is silent
- The column was added with a default, or with the table, or has one now.
- A migration before this one, or a statement before this, fills the column.
- Something that is not fully known may have filled it; a trigger may.

It is dangerous where the column is added in the same migration, or a later one fills it. Where no migration fills
it at all, it is a risk only: the rows may have been filled by other means.

## Instead
First a default (or code that writes the column), then the backfill, then the CHECK:

1. `ALTER TABLE posts ALTER COLUMN status SET DEFAULT 'draft'`, and deploy code that writes it
2. fill the old rows in batches
3. `create constraint(:posts, :posts_status_not_null, check: "status IS NOT NULL", validate: false)`
4. `VALIDATE CONSTRAINT`, `SET NOT NULL`

## Measured
PostgreSQL 12, 15 and 18: `UPDATE posts SET title = 'x'` of a row with a NULL `status` fails with
`new row for relation "posts" violates check constraint "posts_status_not_null"`.

## References
- PostgreSQL documentation, ALTER TABLE, `NOT VALID`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import AddConstraint
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
_BACKFILL = """
execute "UPDATE posts SET status = 'draft' WHERE status IS NULL", ""
"""
_CHECK = """
create «constraint(:posts, :posts_status_not_null, check: "status IS NOT NULL", validate: false)»
"""
_PLAIN = _CHECK.replace("«", "").replace("»", "")


class NotValidCheckBeforeBackfill(Rule):
    id = "not-valid-check-before-backfill"
    level = Level.DANGER
    tags = ("constraints", "data", "history")

    fires = (
        Case(
            about="A later migration fills the column",
            before=(_POSTS, _STATUS),
            text=_CHECK,
            after=(_BACKFILL,),
        ),
        Case(about="In the migration that adds the column", before=(_POSTS,), text=_STATUS + _CHECK),
        Case(about="No migration fills it", before=(_POSTS, _STATUS), text=_CHECK),
    )
    silent = (
        Case(about="Filled before", before=(_POSTS, _STATUS, _BACKFILL), text=_PLAIN),
        Case(
            about="With a default",
            before=(_POSTS, _STATUS.replace(":string", ':string, default: "draft"')),
            text=_PLAIN,
        ),
        Case(about="As old as the table", before=(_POSTS.replace("title", "status"),), text=_PLAIN),
        Case(
            about="Another kind of check",
            before=(_POSTS, _STATUS),
            text="create constraint(:posts, :short, check: \"status <> ''\", validate: false)",
        ),
        Case(
            about="Code of the application may have filled it",
            before=(_POSTS, _STATUS),
            text="execute(&MyApp.Backfill.run/0, fn -> :ok end)\n" + _PLAIN,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddConstraint):
            definition = operation.constraint
            if definition.validated or not definition.enforced:
                continue
            for name in sorted(proven_columns(definition)):
                found = unfilled(context, step, operation.relation, name)
                if found is None:
                    continue
                table = operation.relation
                place = found.column.origin.place
                why = "a later migration fills it" if found.later else "no migration has filled it"
                yield self.finding(
                    definition.span,
                    f"Old rows of `{table}` hold NULL in `{name}` ({why}): with this check every UPDATE of them fails.",
                    level=context.level(self.level if found.certain else Level.RISK, table, step),
                    label="enforced on updates of old rows too",
                    reason="NOT VALID spares only the scan. PostgreSQL checks each row that is updated, whatever is"
                    " set, so the application fails with check_violation until the backfill is done.",
                    advice="Fill the column first (default, then batches), then add the check.",
                    related=(Related(f"`{name}` was added here, nullable", place),) if place else (),
                    subject=subject(table, step.statement, column=name, constraint=definition.name),
                )
