"""Column that may be NULL from here on.

## What happens
`DROP NOT NULL` is instant. From here on rows may have no value: code that takes it for granted gets `nil`, in this
release and in those before it. Rolling back has to prove the opposite: it reads the whole table under ACCESS
EXCLUSIVE, and fails once a row is NULL.

It is for your information: code has to be ready before rows without a value are written.

## When it is silent
- The migration creates the table itself.
- The column is known to be nullable already.
- All schema modules of the table are known and none has the column: nothing reads it.
- The same migration fills the column again: it sets NOT NULL after, or drops the column.

## Instead
Deploy the code that copes with `nil` first. Send only what changes:

    execute "ALTER TABLE posts ALTER COLUMN author_id DROP NOT NULL",
            "ALTER TABLE posts ALTER COLUMN author_id SET NOT NULL"

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE for an instant; no scan, no rewrite.

## References
- PostgreSQL documentation, ALTER TABLE, `SET/DROP NOT NULL`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import DropNotNull as DropNotNullOperation
from ..application import unused, uses_of
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POSTS = "create table(:posts) do\n  add :title, :string, null: false\n  add :note, :text\nend"
_POST = """
defmodule MyApp.Post do
  use Ecto.Schema

  schema "posts" do
    field :title, :string
  end
end
"""


class DropNotNull(Rule):
    id = "drop-not-null"
    level = Level.INFO
    tags = ("columns", "application")

    fires = (
        Case(
            about="By `modify`",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :title, :string, «null: true», from: {:string, null: false}
            end
            """,
        ),
        Case(
            about="In SQL",
            before=(_POSTS,),
            lib=(_POST,),
            text="""
            execute "ALTER TABLE posts ALTER COLUMN title «DROP NOT NULL»",
                    "ALTER TABLE posts ALTER COLUMN title SET NOT NULL"
            """,
        ),
    )
    silent = (
        Case(
            about="It is nullable already",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :note, :text, null: true, from: {:text, null: true}
            end
            """,
        ),
        Case(
            about="No schema has the column: it is on its way out",
            before=(_POSTS,),
            lib=(_POST.replace(":title", ":note"),),
            text="""
            execute "ALTER TABLE posts ALTER COLUMN title DROP NOT NULL",
                    "ALTER TABLE posts ALTER COLUMN title SET NOT NULL"
            """,
        ),
        Case(
            about="NOT NULL comes back",
            before=(_POSTS,),
            text="""
            execute "ALTER TABLE posts ALTER COLUMN title DROP NOT NULL", ""
            execute "UPDATE posts SET title = NULL WHERE title = ''", ""
            execute "UPDATE posts SET title = 'Untitled' WHERE title IS NULL", ""
            execute "ALTER TABLE posts ALTER COLUMN title SET NOT NULL", ""
            """,
        ),
        Case(
            about="A new table",
            text="""
            create table(:posts) do
              add :title, :string, null: false
            end

            alter table(:posts) do
              modify :title, :string, null: true, from: {:string, null: false}
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(DropNotNullOperation):
            table, name = operation.relation, operation.column
            known = step.before.table(table)
            column = known.columns.get(name or "") if known is not None else None
            if context.is_new(table, step) or (column is not None and not column.not_null):
                continue
            left = context.steps[-1].after.table(table)
            stays = left.columns.get(name or "") if left is not None else None
            if left is not None and left.complete and (stays is None or stays.not_null):
                continue
            if unused(context, table, name):
                continue
            uses = uses_of(context, table, name)
            yield self.finding(
                operation.span,
                f"`{table}.{name or '…'}` may be NULL from here on: code that takes it for granted gets nil.",
                level=context.level(self.level, table, step),
                label="code must cope with nil first",
                reason="Dropping NOT NULL is instant; the way back reads the whole table, and fails once a row is"
                " NULL.",
                advice="Deploy the code that copes with nil before rows without a value are written.",
                related=tuple(use.related for use in uses[:1]),
                subject=subject(table, step.statement, column=name),
            )
