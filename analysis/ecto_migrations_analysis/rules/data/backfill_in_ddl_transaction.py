"""Rows written in the transaction that changes the table.

## What happens
`alter table` takes ACCESS EXCLUSIVE and keeps it until the migration commits. Rows that the same migration writes
after it are written under that lock: every read and every write of the table waits until the last row is done, for
minutes or hours on a large table. Each new index (SHARE) and each new foreign key (SHARE ROW EXCLUSIVE, on both
tables) keeps writes out in the same way.

Batches do not help inside of one transaction: the rows of the first batch stay locked until the last one commits,
the old row versions cannot be vacuumed, and an error at the end undoes everything.

## When it is silent
- The tables that the migration locks are new in it.
- It writes rows that are named one by one: a key, a list of values.
- The migration runs outside of a transaction (`@disable_ddl_transaction true`).
- The rows are written before the locks are taken (then `backfill-unbatched` looks at them).

## Instead
A migration of its own, after this one, that writes in batches and commits each:

    @disable_ddl_transaction true
    @disable_migration_lock true

    def up do
      # posts by key, 1000 at a time, with a pause between the batches
    end

## Measured
PostgreSQL 18: after `ALTER TABLE posts ADD COLUMN n int` and an `UPDATE` in the same transaction, a `SELECT` of another
session waits until the commit (`lock_timeout` cancels it).

## References
- PostgreSQL documentation, Explicit Locking: locks are held until the end of the transaction
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import Insert
from ...syntax.span import Place
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..rows import HeldLock, Write, held_before, words_of, writes

_POSTS = """
create table(:posts) do
  add :title, :string
end
"""
_ALTER = """
    alter table(:posts) do
      add :slug, :string
    end
"""


class BackfillInDdlTransaction(Rule):
    id = "backfill-in-ddl-transaction"
    level = Level.DANGER
    tags = ("data", "transactions", "blocking")
    silences = ("backfill-unbatched",)

    fires = (
        Case(
            about="An UPDATE after the alter, in SQL",
            before=(_POSTS,),
            text=f"""
            def up do
              {_ALTER.strip()}

              execute "«UPDATE posts SET slug = lower(title)»"
            end

            def down do
              alter table(:posts) do
                remove :slug
              end
            end
            """,
        ),
        Case(
            about="Through repo(), with Ecto.Query",
            before=(_POSTS,),
            text="""
            import Ecto.Query

            def up do
              alter table(:posts) do
                add :slug, :string
              end

              flush()
              «repo().update_all(from(p in "posts", where: is_nil(p.slug)), set: [slug: ""])»
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="Through repo().query!",
            before=(_POSTS,),
            text="""
            def up do
              create index(:posts, [:title])
              flush()
              repo().query!("«UPDATE posts SET title = trim(title)»")
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="Batches in the migration's own transaction",
            before=(_POSTS,),
            text="""
            import Ecto.Query

            def up, do: fill(0)
            def down, do: :ok

            defp fill(last) do
              ids = repo().all(from(p in "posts", where: p.id > ^last, limit: 1000, select: p.id))

              if ids != [] do
                «repo().update_all(from(p in "posts", where: p.id in ^ids), set: [title: ""])»
                fill(List.last(ids))
              end
            end
            """,
        ),
        Case(
            about="Rows copied to a new table that refers to an old one",
            before=(_POSTS,),
            text="""
            def up do
              create table(:slugs) do
                add :post_id, references(:posts)
              end

              execute "«INSERT INTO slugs (post_id) SELECT id FROM posts»"
            end

            def down, do: drop(table(:slugs))
            """,
        ),
    )
    silent = (
        Case(
            about="A new table",
            text="""
            def up do
              create table(:states) do
                add :name, :string
              end

              execute "INSERT INTO states (name) VALUES ('draft')"
              execute "UPDATE states SET name = upper(name)"
            end

            def down, do: drop(table(:states))
            """,
        ),
        Case(
            about="One row, by its key",
            before=(_POSTS,),
            text=f"""
            def up do
              {_ALTER.strip()}

              execute "UPDATE posts SET slug = 'home' WHERE id = 1"
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="Batches that commit one by one",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true
            import Ecto.Query

            def up, do: fill(0)
            def down, do: :ok

            defp fill(last) do
              ids = repo().all(from(p in "posts", where: p.id > ^last, limit: 1000, select: p.id))

              if ids != [] do
                repo().update_all(from(p in "posts", where: p.id in ^ids), set: [title: ""])
                fill(List.last(ids))
              end
            end
            """,
        ),
        Case(
            about="Nothing is locked yet",
            before=(_POSTS,),
            text="""
            def up do
              execute "UPDATE posts SET title = '' WHERE title IS NULL"
            end

            def down, do: :ok
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for write in writes(context):
            if not write.step.in_transaction or _is_small(write):
                continue
            held = held_before(context, write)
            if held is not None:
                yield self._locked(context, write, held)
            elif (
                write.repeated
                and not isinstance(write.operation, Insert)
                and not context.is_new(write.relation, write.step)
            ):
                yield self.finding(
                    write.operation.span,
                    f"Writes `{write.relation}` in batches inside of one transaction: every row stays locked until"
                    " the last batch commits.",
                    level=context.level(Level.RISK, write.relation, write.step),
                    label="the batches do not commit",
                    reason="The migration runs in a transaction, and row locks are held to its end. An error in the"
                    " last batch undoes all of them.",
                    advice="Add `@disable_ddl_transaction true` and `@disable_migration_lock true`, so that each"
                    " batch commits by itself.",
                    subject=subject(write.relation, write.step.statement),
                )

    def _locked(self, context: MigrationContext, write: Write, held: HeldLock) -> Finding:
        path, span = context.analysis.source.path, held.step.statement.span
        table = held.lock.relation
        likely = write.operation.restricted is False if not isinstance(write.operation, Insert) else True
        level = self.level if held.lock.mode == "ACCESS EXCLUSIVE" and likely else Level.RISK
        if "IS NULL" in _where(write).upper():
            level = self.level if held.lock.mode == "ACCESS EXCLUSIVE" else Level.RISK
        return self.finding(
            write.operation.span,
            f"{words_of(write.operation)} {write.shown} while this transaction holds {held.lock.mode} on `{table}`:"
            f" {held.blocks} wait until all rows are written.",
            level=context.level(level, write.relation, write.step),
            label=f"{held.blocks} of {table} wait",
            reason="PostgreSQL holds locks until the end of the transaction, and Ecto runs the whole migration in"
            " one.",
            advice="Write the rows in a migration of their own, after this one, in batches that commit one by one"
            " (`@disable_ddl_transaction true`).",
            related=(Related(f"{held.lock.mode} on {table} is taken here", Place(path, span)),)
            if path
            else (),
            subject=subject(write.relation, write.step.statement, locked=str(table)),
        )


def _where(write: Write) -> str:
    """The condition, as far as it tells of rows that were never filled."""
    if isinstance(write.operation, Insert):
        return ""
    where = write.operation.where
    if where is not None and where.sql is not None:
        return where.sql
    return "is null" if getattr(write.command, "where_nil", ()) else ""


def _is_small(write: Write) -> bool:
    """A known number of rows, once."""
    if write.repeated:
        return False
    if isinstance(write.operation, Insert):
        # `insert_all` with rows that the migration makes itself; a query would be a table or unknown.
        return not write.operation.reads
    return write.operation.bounded
