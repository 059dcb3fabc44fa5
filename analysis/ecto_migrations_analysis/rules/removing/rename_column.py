"""Column renamed while running code uses the old name.

## What happens
The rename is instant, and at that moment every query of the running release that names the old column fails with
`undefined_column`; code that knows the new name failed until then. No order of deploying avoids both.

## When it is silent
- The migration creates the table itself.
- Two columns exchange their names in one transaction: the name that code uses is there before and after.

## Instead
The database's name need not be the field's name. Rename the field only, without any migration:

    field :headline, :string, source: :title

Where the column itself must have the new name: add a new column, keep both in step by a trigger, backfill, switch
the code over, drop the old one.

## Measured
PostgreSQL 13 to 18: ACCESS EXCLUSIVE for an instant. Indexes and constraints keep the names they have.

## References
- ecto, `Ecto.Schema.field/3`, `:source`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import RenameColumn as RenameColumnOperation
from ..application import uses_of
from ..base import Case, Rule, subject
from ..context import MigrationContext


class RenameColumn(Rule):
    id = "rename-column"
    level = Level.DANGER
    tags = ("columns", "application")

    fires = (
        Case(about="The plain form", text="«rename table(:posts), :title, to: :headline»"),
        Case(about="Piped", text="«table(:posts) |> rename(:title, to: :headline)»"),
        Case(
            about="The same in SQL",
            text="""
            execute "«ALTER TABLE posts RENAME COLUMN title TO headline»",
                    "ALTER TABLE posts RENAME COLUMN headline TO title"
            """,
        ),
    )
    silent = (
        Case(
            about="A table of the same migration",
            text="""
            create table(:posts) do
              add :title, :string
            end

            rename table(:posts), :title, to: :headline
            """,
        ),
        Case(
            about="Another column takes the name at the same moment",
            before=("create table(:posts) do\n  add :views, :integer\n  add :views_new, :bigint\nend",),
            text="""
            def up do
              rename table(:posts), :views, to: :views_old
              rename table(:posts), :views_new, to: :views
            end

            def down do
              rename table(:posts), :views, to: :views_new
              rename table(:posts), :views_old, to: :views
            end
            """,
        ),
        Case(
            about="The same in a transaction of its own",
            before=("create table(:posts) do\n  add :views, :integer\n  add :views_new, :bigint\nend",),
            text="""
            @disable_ddl_transaction true

            def up do
              execute(fn ->
                repo().transaction(fn ->
                  repo().query!("ALTER TABLE posts RENAME COLUMN views TO views_old")
                  repo().query!("ALTER TABLE posts RENAME COLUMN views_new TO views")
                end)
              end)
            end

            def down, do: :ok
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(RenameColumnOperation):
            table = operation.relation
            if context.is_new(table, step) or _exchanged(context, step, operation):
                continue
            old, new = operation.column or "…", operation.to or "…"
            yield self.finding(
                operation.span,
                f"Renames `{table}.{old}` to `{new}`: running code that uses `{old}` fails at once.",
                level=context.level(self.level, table, step),
                label="both names cannot be there at once",
                reason="Old nodes fail from the rename on, new nodes until it: no order of deploying avoids both.",
                advice=f"`field :{new}, …, source: :{old}` renames it in the code alone. Otherwise add a new"
                " column, sync, backfill, switch and drop.",
                subject=subject(table, step.statement, column=operation.column, to=operation.to),
            )


def _exchanged(context: MigrationContext, step: Step, operation: RenameColumnOperation) -> bool:
    """Whether the old name is given to another column, or the new one taken from it, at the same moment.

    A column that only takes over a name must not be one that a schema module has.
    """
    relation = operation.relation
    if not step.in_transaction or operation.column is None or operation.to is None:
        return False
    together = [other for other in context.steps if other.transaction == step.transaction]
    before, after = together[0].before.table(relation), together[-1].after.table(relation)
    if before is None or after is None:
        return False
    if operation.column in before.columns and operation.column in after.columns:
        return True
    taken_over = operation.to in before.columns and operation.to in after.columns
    return taken_over and not uses_of(context, relation, operation.column)
