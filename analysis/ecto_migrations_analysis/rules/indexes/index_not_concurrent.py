"""Index built while writes wait.

## What happens
`CREATE INDEX` holds SHARE on the table for the whole build: every INSERT, UPDATE and DELETE waits, reads go on.
Where an `alter` of the same table precedes it in the transaction, the table is under ACCESS EXCLUSIVE, and reads
wait for the whole build too.

## When it is silent
- The migration creates the table itself, or the materialized view, or has truncated the table in the same transaction.
- `concurrently: true`.
- `only: true` on a partitioned parent: nothing is built then.
- The table is known to be partitioned: PostgreSQL has no concurrent form there.

Nobody writes to a materialized view: an index on one that is there already makes only its refreshes wait, and that is
for your information.

## Instead
In a migration of its own:

    @disable_ddl_transaction true
    @disable_migration_lock true

    def change do
      create index(:posts, [:author_id], concurrently: true)
    end

With `migration_lock: :pg_advisory_lock` in the repo's configuration leave the second attribute out.

## Measured
PostgreSQL 13 to 18: SHARE; a second connection's INSERT, UPDATE and DELETE wait, its SELECT does not.

## References
- PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently"
- ecto_sql, `Ecto.Migration.index/3`, "Adding/dropping indexes concurrently"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateIndex
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext


class IndexNotConcurrent(Rule):
    id = "index-not-concurrent"
    level = Level.DANGER
    tags = ("indexes", "blocks writes")

    fires = (
        Case(about="The plain form", text="«create index(:posts, [:author_id])»"),
        Case(about="Piped", text="«index(:posts, [:author_id]) |> create()»"),
        Case(about="Unique", text="«create_if_not_exists unique_index(:posts, [:slug])»"),
        Case(
            about="In SQL",
            text='execute "«CREATE INDEX posts_title ON posts (title)»", "DROP INDEX posts_title"',
        ),
        Case(
            about="In SQL that the repo runs",
            text="""
            def up, do: repo().query!("«CREATE INDEX posts_title ON posts (title)»", [], timeout: :infinity)
            def down, do: drop(index(:posts, [:title], name: :posts_title))
            """,
        ),
        Case(
            about="IF NOT EXISTS does nothing: an earlier migration made the table",
            before=("create table(:posts) do\n  add :author_id, :bigint\nend",),
            text="""
            create_if_not_exists table(:posts) do
              add :author_id, :bigint
            end

            «create index(:posts, [:author_id])»
            """,
        ),
        Case(
            about="A materialized view that is there",
            before=(
                """
                execute "CREATE MATERIALIZED VIEW totals AS SELECT author_id, count(*) FROM posts GROUP BY 1",
                        "DROP MATERIALIZED VIEW totals"
                """,
            ),
            text="«create index(:totals, [:author_id])»",
        ),
    )
    silent = (
        Case(
            about="A table of the same migration",
            text="""
            create table(:posts) do
              add :slug, :string
            end

            create unique_index(:posts, [:slug])
            """,
        ),
        Case(
            about="Concurrently",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(
            about="The down of a drop",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              drop index(:posts, [:author_id], concurrently: true)
            end

            def down do
              create index(:posts, [:author_id])
            end
            """,
        ),
        Case(
            about="IF NOT EXISTS makes a table that no earlier migration knows",
            text="""
            create_if_not_exists table(:posts) do
              add :author_id, :bigint
            end

            create index(:posts, [:author_id])
            """,
        ),
        Case(
            about="A new table under another name",
            text="""
            create table(:new_posts) do
              add :author_id, :bigint
            end

            rename table(:new_posts), to: table(:articles)
            create index(:articles, [:author_id])
            """,
        ),
        Case(
            about="The table is truncated before",
            text="""
            def up do
              execute "TRUNCATE drafts"
              create index(:drafts, [:author_id])
            end

            def down, do: drop(index(:drafts, [:author_id]))
            """,
        ),
        Case(
            about="A materialized view of the same migration",
            text="""
            execute "CREATE MATERIALIZED VIEW totals AS SELECT author_id, count(*) FROM posts GROUP BY 1",
                    "DROP MATERIALIZED VIEW totals"

            create unique_index(:totals, [:author_id])
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateIndex):
            table = operation.relation
            if operation.concurrently or operation.only or context.has_no_rows(table, step):
                continue
            known = step.before.table(table)
            if known is not None and known.partition_by is not None:
                continue
            name = operation.name or "…"
            view = step.before.views.get(Schema.key(table))
            if known is None and view is not None and view.materialized:
                yield self.finding(
                    operation.span,
                    f"Builds index `{name}` under SHARE on `{table}`: refreshes of the view wait until it is built.",
                    level=Level.INFO,
                    label="refreshes wait for the whole build",
                    reason="A plain CREATE INDEX lets nobody change the relation while it reads all of it; queries go"
                    " on.",
                    advice="Build it with `concurrently: true`, in a migration of its own with"
                    " `@disable_ddl_transaction true`, or while nothing refreshes the view.",
                    subject=subject(table, step.statement, index=operation.name),
                )
                continue
            yield self.finding(
                operation.span,
                f"Builds index `{name}` under SHARE on `{table}`: inserts, updates and deletes wait"
                " until it is built.",
                level=context.level(self.level, table, step),
                label="writes wait for the whole build",
                reason="A plain CREATE INDEX lets nobody write to the table while it reads all of it.",
                advice="Build it with `concurrently: true`, in a migration of its own with"
                " `@disable_ddl_transaction true`.",
                subject=subject(table, step.statement, index=operation.name),
            )
