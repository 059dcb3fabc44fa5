"""Primary key added to a table that has rows.

## What happens
`ADD PRIMARY KEY` builds a unique index under ACCESS EXCLUSIVE: reads and writes wait until it is built. Columns
that are not NOT NULL yet are read once more for NULLs. It fails where two rows have the same value, where one is
NULL, and where the table has a primary key already. A column that the same `alter` adds without a value of its own
for each row is NULL, or the same, everywhere.

## When it is silent
- The migration creates the table itself.
- `USING INDEX` names a unique index, and its columns are known to be NOT NULL: that is instant.
- The statement writes the whole table again anyway, which another rule says.

## Instead
Build the index concurrently, in a migration of its own; make the columns NOT NULL through a validated CHECK; then
hand the index over:

    execute "ALTER TABLE posts ADD CONSTRAINT posts_pkey PRIMARY KEY USING INDEX posts_id_key",
            "ALTER TABLE posts DROP CONSTRAINT posts_pkey"

## Measured
PostgreSQL 18: `building index "posts_pkey"` under ACCESS EXCLUSIVE, and `verifying table` where a column was
nullable, with `USING INDEX` too; with `USING INDEX` on NOT NULL columns neither. `contains null values` (23502),
`could not create unique index` (23505) and `multiple primary keys for table "posts" are not allowed` (42P16).

## References
- PostgreSQL documentation, ALTER TABLE, `ADD table_constraint_using_index`
- ecto_sql, `Ecto.Adapters.Postgres.Connection.pk_definition/2`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...databases.effects import Failure
from ...findings import Finding, Level
from ...operations import AddConstraint
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext

_KEYLESS = """
create table(:posts, primary_key: false) do
  add :slug, :string, null: false
  add :code, :string
end

create unique_index(:posts, [:slug])
create unique_index(:posts, [:code])
"""


class AddPrimaryKeyToExisting(Rule):
    id = "add-primary-key-to-existing"
    level = Level.DANGER
    tags = ("columns", "constraints", "scan", "blocking")
    silences = ("statement-fails",)

    fires = (
        Case(
            about="A column becomes the key",
            before=(_KEYLESS,),
            text="""
            alter table(:posts) do
              modify :slug, :string, «primary_key: true», from: :string
            end
            """,
        ),
        Case(
            about="A new column, which is NULL in every row",
            before=(_KEYLESS,),
            text="""
            alter table(:posts) do
              add :id, :uuid, «primary_key: true»
            end
            """,
        ),
        Case(
            about="There is one already",
            before=("create table(:posts)",),
            text="""
            alter table(:posts) do
              add :number, :bigint, default: 0, «primary_key: true»
            end
            """,
        ),
        Case(
            about="In SQL",
            text="""
            execute "ALTER TABLE posts «ADD PRIMARY KEY (id)»", "ALTER TABLE posts DROP CONSTRAINT posts_pkey"
            """,
        ),
        Case(
            about="An index is there, but its column is nullable",
            before=(_KEYLESS,),
            text="""
            execute "ALTER TABLE posts «ADD CONSTRAINT posts_pkey PRIMARY KEY USING INDEX posts_code_index»",
                    "ALTER TABLE posts DROP CONSTRAINT posts_pkey"
            """,
        ),
    )
    silent = (
        Case(
            about="A unique index on a NOT NULL column is handed over",
            before=(_KEYLESS,),
            text="""
            execute "ALTER TABLE posts ADD CONSTRAINT posts_pkey PRIMARY KEY USING INDEX posts_slug_index",
                    "ALTER TABLE posts DROP CONSTRAINT posts_pkey"
            """,
        ),
        Case(
            about="A new table",
            text="""
            create table(:posts, primary_key: false) do
              add :slug, :string
            end

            alter table(:posts) do
              add :id, :uuid, primary_key: true
            end
            """,
        ),
        Case(
            about="A serial column writes the table again, with the key's index",
            before=(_KEYLESS,),
            text="""
            alter table(:posts) do
              add :id, :bigserial, primary_key: true
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddConstraint):
            table, key = operation.relation, operation.constraint
            if key.kind != "primary key" or context.has_no_rows(table, step):
                continue
            failure = _failure(step, operation)
            if failure is not None:
                does = f"Fails: {failure.reason}."
                label = "cannot be the key"
            elif Schema.key(table) in step.effect.rewrites:
                continue
            elif key.using_index is None:
                does = (
                    f"Builds the primary key of `{table}` under ACCESS EXCLUSIVE: reads and writes wait until"
                    " it is built."
                )
                label = "nobody reads or writes while it is built"
            elif Schema.key(table) in step.effect.scans:
                does = (
                    f"Reads all of `{table}` under ACCESS EXCLUSIVE for NULLs in its new key: reads and"
                    " writes wait."
                )
                label = "the key's column is nullable"
            else:
                continue
            yield self.finding(
                operation.span,
                does,
                level=context.level(self.level, table, step),
                label=label,
                reason="A primary key is a unique index on NOT NULL columns; both are proved while the table is"
                " locked.",
                advice="Build a unique index concurrently, make the columns NOT NULL through a validated CHECK,"
                " then `ADD CONSTRAINT … PRIMARY KEY USING INDEX …`, which is instant.",
                subject=subject(table, step.statement, constraint=key.name),
                fails=failure is not None,
            )


def _failure(step: Step, operation: AddConstraint) -> Failure | None:
    """What this clause fails with, on any table that has a row."""
    for failure in step.effect.failures:
        if failure.span == operation.span and (failure.certain or failure.cause == "any row"):
            return failure
    return None
