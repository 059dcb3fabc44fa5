"""All rows of a table updated or deleted by one statement.

## What happens
`UPDATE posts SET status = 'draft'` locks every row it has come to until the statement's transaction commits: an
UPDATE, a DELETE or a `FOR UPDATE` of one of those rows by the application waits for the whole statement. Each row is
written anew, with all of its index entries; the old versions cannot be vacuumed meanwhile, replicas fall behind, and
an error after an hour undoes the hour. Ecto runs it without a timeout.

## When it is silent
- The table is new in this migration.
- A LIMIT, a range of keys or named keys bound the rows, or the statement stands in a loop that does.
- Locks of this migration block the table anyway (`backfill-in-ddl-transaction` says more), the column is wiped
  (`wipe-column`), or the table emptied (`delete-all-rows`).

It is dangerous where every row is meant: no WHERE, or `IS NULL` on a column that nobody has filled yet. With a join or
`IS NULL` it is a risk. With another WHERE nobody can tell from the text how many rows it finds: then it is only said.

## Instead
Batches by key, each in a transaction of its own, with a pause in between, in a migration with
`@disable_ddl_transaction true` and `@disable_migration_lock true`. A new column with a constant needs no backfill at
all: `add :status, :string, default: "draft"` is instant, and old rows read the default.

## Measured
PostgreSQL 18: while an `UPDATE posts SET n = 1` is not committed, `UPDATE posts SET n = 2 WHERE id = 1` of another
session waits; a `SELECT` does not. The table has twice its size afterwards.

## References
- PostgreSQL documentation, Explicit Locking, Row-Level Locks; Routine Vacuuming
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Delete, Insert, Update
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..rows import Write, writes
from ..unfilled import unfilled

_POSTS = """
create table(:posts) do
  add :title, :string
  add :state, :string
end
"""
_SLUG = """
alter table(:posts) do
  add :slug, :string
end
"""


class BackfillUnbatched(Rule):
    id = "backfill-unbatched"
    level = Level.DANGER
    tags = ("data", "blocking")

    fires = (
        Case(
            about="Every row, in SQL",
            before=(_POSTS,),
            text='execute "«UPDATE posts SET state = \'draft\'»", ""',
        ),
        Case(
            about="Every row, with Ecto.Query",
            before=(_POSTS,),
            text="""
            import Ecto.Query

            def up, do: «repo().update_all("posts", set: [state: "draft"])»
            def down, do: :ok
            """,
        ),
        Case(
            about="A column that nobody has filled",
            before=(_POSTS, _SLUG),
            text='execute "«UPDATE posts SET slug = lower(title) WHERE slug IS NULL»", ""',
        ),
        Case(
            about="Outside of a transaction too",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up, do: execute("«DELETE FROM posts WHERE state IS NULL»")
            def down, do: :ok
            """,
        ),
        Case(
            about="A WHERE that tells nothing of how many",
            before=(_POSTS,),
            text="execute \"«UPDATE posts SET state = 'old' WHERE state = 'legacy'»\", \"\"",
        ),
        Case(
            about="Through a schema of the application",
            before=(_POSTS,),
            lib=('defmodule MyApp.Post do\n  use Ecto.Schema\n\n  schema "posts" do\n  end\nend',),
            text="""
            def up, do: «MyApp.Repo.update_all(MyApp.Post, set: [state: "draft"])»
            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="Named rows and ranges",
            before=(_POSTS,),
            text="""
            execute "UPDATE posts SET state = 'draft' WHERE id IN (1, 2)", ""
            execute "UPDATE posts SET state = 'draft' WHERE id > 0 AND id <= 1000", ""
            """,
        ),
        Case(
            about="A batch chosen by a query with LIMIT",
            before=(_POSTS,),
            text='''
            execute """
            UPDATE posts SET state = 'draft'
            WHERE id IN (SELECT id FROM posts WHERE state IS NULL LIMIT 1000)
            """, ""
            ''',
        ),
        Case(
            about="A new table",
            text="""
            create table(:posts) do
              add :state, :string
            end

            execute "UPDATE posts SET state = 'draft'", ""
            """,
        ),
        Case(
            about="In a loop",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up, do: fill()
            def down, do: :ok

            defp fill do
              case repo().query!("UPDATE posts SET state = 'draft' WHERE state IS NULL AND id % 9 = 0") do
                %{num_rows: 0} -> :ok
                _ -> fill()
              end
            end
            """,
        ),
        Case(
            about="Rows that are only added",
            before=(_POSTS,),
            text='execute "INSERT INTO posts (title) VALUES (\'a\')", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for write in writes(context):
            operation = write.operation
            if isinstance(operation, Insert) or operation.bounded or write.repeated:
                continue
            if context.is_new(write.relation, write.step):
                continue
            if isinstance(operation, Delete) and operation.restricted is False:
                continue  # delete-all-rows
            level, which = _extent(context, write, operation)
            verb = "Updates" if isinstance(operation, Update) else "Deletes"
            yield self.finding(
                operation.span,
                f"{verb} {which} of `{write.relation}` in one statement: they stay locked until it commits.",
                level=context.level(level, write.relation, write.step),
                label=f"{which} at once",
                reason="Every row it touches is locked for other writers until the end, written anew with its index"
                " entries, and kept from vacuum; replicas fall behind.",
                advice="Work in batches by key that commit one by one, in a migration with"
                " `@disable_ddl_transaction true`.",
                subject=subject(write.relation, write.step.statement),
            )


def _extent(context: MigrationContext, write: Write, operation: Update | Delete) -> tuple[Level, str]:
    """How sure it is that most of the table is meant, and the rows in words."""
    if operation.restricted is False:
        return Level.DANGER, "every row"
    where = operation.where.sql if operation.where is not None else None
    nil = set(getattr(write.command, "where_nil", ()))
    if where is not None and "IS NULL" in where.upper():
        table = write.step.before.table(write.relation)
        nil |= {name for name in (table.columns if table is not None else ()) if name in where}
    for name in sorted(nil):
        if unfilled(context, write.step, write.relation, name) is not None:
            return Level.DANGER, "every row"
    if nil or (where is not None and "IS NULL" in where.upper()) or operation.reads:
        return Level.RISK, "all matching rows"
    return Level.INFO, "all matching rows"
