"""Table renamed while running code uses the old name.

## What happens
The rename is instant, and at that moment every query of the running release on the old name fails with
`undefined_table`. The sequence, the indexes and the constraints keep names that begin with the old one, so the
names Ecto derives later (`index(:new, …)`, `references`, `unique_constraint`) no longer meet them.

## When it is silent
- The migration creates the table itself.

## Instead
Rename the module, keep the table: `schema "posts"` in `MyApp.Article` works. Where the table must have the new
name: rename it and create an updatable view under the old name in the same transaction, so that old nodes go on
working, and drop the view when the last of them is gone.

    rename table(:posts), to: table(:articles)
    execute "CREATE VIEW posts AS SELECT * FROM articles", "DROP VIEW posts"

## Measured
PostgreSQL 13 to 18: ACCESS EXCLUSIVE for an instant; names of indexes and constraints unchanged.

## References
- PostgreSQL documentation, CREATE VIEW, Updatable Views
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateView
from ...operations import RenameTable as RenameTableOperation
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext


class RenameTable(Rule):
    id = "rename-table"
    level = Level.DANGER
    tags = ("tables", "application")

    fires = (
        Case(about="The plain form", text="«rename table(:posts), to: table(:articles)»"),
        Case(
            about="In SQL",
            text="""
            execute "«ALTER TABLE posts RENAME TO articles»", "ALTER TABLE articles RENAME TO posts"
            """,
        ),
        Case(
            about="A new table takes the name",
            text="""
            «rename table(:posts), to: table(:old_posts)»

            create table(:posts) do
              add :title, :string
            end
            """,
        ),
    )
    silent = (
        Case(
            about="A view takes the old name in the same transaction",
            text="""
            rename table(:posts), to: table(:articles)
            execute "CREATE VIEW posts AS SELECT * FROM articles", "DROP VIEW posts"
            """,
        ),
        Case(
            about="A table of the same migration",
            text="""
            create table(:posts)
            rename table(:posts), to: table(:articles)
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        views = {Schema.key(view.name) for _, view in context.forward(CreateView) if not view.materialized}
        for step, operation in context.forward(RenameTableOperation):
            table = operation.relation
            if context.is_new(table, step):
                continue
            if step.in_transaction and Schema.key(table) in views:
                continue
            yield self.finding(
                operation.span,
                f"Renames table `{table}` to `{operation.to or '…'}`: running code that uses `{table}` fails at once.",
                level=context.level(self.level, table, step),
                label="running code uses the old name",
                reason="Indexes, constraints and the sequence keep names that begin with the old one.",
                advice="Keep the table and rename the module; or create a view with the old name in the same"
                " transaction until no old node runs.",
                subject=subject(table, step.statement, to=operation.to),
            )
