"""Table dropped.

## What happens
The data is gone, and running code that still uses the table fails with `undefined_table`. The drop takes ACCESS
EXCLUSIVE on the table and on every table its foreign keys point to: those wait for it and make others wait.

## When it is silent
- The migration creates the table itself.
- It stands in `down` and undoes the `create` of `up`.

It is a risk, not a danger, where the table has its name from this migration and its rows were read before, as when a
table is made anew: the rename is what running code fails at.

## Instead
Deploy code that does not use the table first, keep a copy of the data if it may be wanted, drop the foreign keys
one by one, then the table.

## Measured
PostgreSQL 13 to 18: ACCESS EXCLUSIVE on the table and on each referenced table.

## References
- PostgreSQL documentation, DROP TABLE
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import DropTable as DropTableOperation
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..copies import is_read_before, is_renamed_here


class DropTable(Rule):
    id = "drop-table"
    level = Level.DANGER
    tags = ("tables", "application", "data loss")

    fires = (
        Case(about="The plain form", text="«drop table(:drafts)»"),
        Case(about="With a block-like argument", text="«drop_if_exists (table(:drafts))»"),
        Case(about="In SQL", text='execute "«DROP TABLE drafts»", "CREATE TABLE drafts (id bigint)"'),
        Case(
            about="Dropped and made anew",
            text="""
            def up do
              «drop table(:posts)»

              create table(:posts) do
                add :title, :string
              end
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="Its rows are copied before",
            text="""
            def up do
              execute "CREATE TABLE kept AS SELECT * FROM drafts"
              «drop table(:drafts)»
            end

            def down, do: raise("no way back")
            """,
        ),
        Case(
            about="A table made anew under its name",
            text="""
            def up do
              rename table(:posts), to: table(:old_posts)

              create table(:posts) do
                add :title, :string
              end

              execute "INSERT INTO posts (title) SELECT title FROM old_posts"
              «drop table(:old_posts)»
            end

            def down, do: raise("no way back")
            """,
        ),
    )
    silent = (
        Case(
            about="The down of a create",
            text="""
            def up do
              create table(:drafts)
            end

            def down do
              drop table(:drafts)
            end
            """,
        ),
        Case(
            about="A table of the same migration",
            text="""
            create table(:scratch)
            drop table(:scratch)
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(DropTableOperation):
            table = operation.relation
            if context.is_new(table, step):
                continue
            copied = is_read_before(context, step, table)
            renamed = is_renamed_here(context, step, table)
            lost = "what was not copied of its data is lost" if copied else "its data is lost"
            parents = [
                str(lock.relation)
                for lock in step.effect.locks
                if lock.relation != table and lock.mode == "ACCESS EXCLUSIVE"
            ]
            also = f" It takes ACCESS EXCLUSIVE on {_listed(parents)} too." if parents else ""
            yield self.finding(
                operation.span,
                f"Drops table `{table}`: {lost}"
                + ("." if renamed else ", and running code that uses it fails."),
                level=context.level(Level.RISK if renamed and copied else self.level, table, step),
                label="the data is lost" if not copied else "what was not copied is lost",
                reason=(
                    "DROP TABLE takes the rows with it; the table has its name from this migration."
                    if renamed
                    else "Code of the running release that still uses the table fails with undefined_table."
                )
                + also,
                advice="Drop it in a later deploy, when nobody misses anything in the new one."
                if renamed
                else "Deploy code that does not use the table first; drop it in a later deploy.",
                subject=subject(table, step.statement),
            )


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))
