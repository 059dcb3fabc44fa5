"""Column set to NULL in every row.

## What happens
`UPDATE posts SET token = NULL` without a WHERE destroys the column's data as surely as dropping it, and no rollback
brings it back. On the way it locks and rewrites every row of the table.

## When it is silent
- There is a WHERE.
- The table, or the column, is new in this migration.

## Instead
Where the data is not wanted any more, stop using the column and drop it: that is instant. Where it is to be computed
anew, write the new values in batches, over the old ones. Where it has to go at once (a leaked secret), do it in
batches.

## Measured
PostgreSQL 18: every row gets a new version; the old values are gone at the commit.

## References
- PostgreSQL documentation, UPDATE
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddColumn, Update
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..rows import writes

_POSTS = "create table(:posts) do\n  add :token, :string\nend"


class WipeColumn(Rule):
    id = "wipe-column"
    level = Level.DANGER
    tags = ("data", "data loss", "blocking")
    silences = ("backfill-unbatched", "backfill-in-ddl-transaction")

    fires = (
        Case(about="In SQL", before=(_POSTS,), text='execute "«UPDATE posts SET token = NULL»", ""'),
        Case(
            about="With Ecto.Query",
            before=(_POSTS,),
            text="""
            def up, do: «repo().update_all("posts", set: [token: nil])»
            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="Some rows",
            before=(_POSTS,),
            text='execute "UPDATE posts SET token = NULL WHERE token = \'\'", ""',
        ),
        Case(about="A value", before=(_POSTS,), text='execute "UPDATE posts SET token = \'\'", ""'),
        Case(
            about="A column of this migration",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              add :secret, :string
            end

            execute "UPDATE posts SET secret = NULL", ""
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        added = {(Schema.key(item.relation), item.column.name) for _, item in context.forward(AddColumn)}
        for write in writes(context):
            operation = write.operation
            if not isinstance(operation, Update) or operation.restricted is not False or operation.bounded:
                continue
            if context.is_new(write.relation, write.step):
                continue
            key = Schema.key(write.relation)
            wiped = [name for name in operation.nulled if (key, name) not in added]
            if not wiped:
                continue
            names = " and ".join(f"`{write.relation}.{name}`" for name in wiped)
            yield self.finding(
                operation.span,
                f"Sets {names} to NULL in every row: the data is lost, and every row is locked until the commit.",
                level=context.level(self.level, write.relation, write.step),
                label="the data is lost",
                reason="There is no WHERE, and a rollback cannot bring the values back.",
                advice="Drop the column when no code reads it any more (instant), or write the new values over the old"
                " ones in batches.",
                subject=subject(write.relation, write.step.statement, column=wiped[0]),
            )
