"""UNIQUE constraint that builds its index under ACCESS EXCLUSIVE.

## What happens
`ALTER TABLE … ADD CONSTRAINT … UNIQUE (…)` builds the index of the constraint while ACCESS EXCLUSIVE is held: reads
and writes wait for the whole build, where a plain `CREATE UNIQUE INDEX` lets reads go on. The same holds for `ADD
COLUMN … UNIQUE`.

## When it is silent
- The migration creates the table itself.
- `USING INDEX`: the index is there, and it takes an instant.

## Instead
Ecto needs no constraint: a unique index does all that `unique_constraint/3` and `on_conflict` ask for.

    @disable_ddl_transaction true
    @disable_migration_lock true

    def change do
      create unique_index(:posts, [:slug], concurrently: true)
    end

Where it must be a constraint, make one of that index in the next migration:

    execute "ALTER TABLE posts ADD CONSTRAINT one_slug UNIQUE USING INDEX posts_slug_index"

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE, then `building index`; with USING INDEX the same lock and nothing built. (A NOTICE
says that the index gets the constraint's name.)

## References
- PostgreSQL documentation, ALTER TABLE, `ADD table_constraint_using_index`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddConstraint
from ..base import Case, Rule, subject
from ..context import MigrationContext


class UniqueConstraintRaw(Rule):
    id = "unique-constraint-raw"
    level = Level.DANGER
    tags = ("constraints", "blocking")

    fires = (
        Case(
            about="The plain form",
            text="""
            execute "ALTER TABLE posts «ADD CONSTRAINT one_slug UNIQUE (slug)»",
                    "ALTER TABLE posts DROP CONSTRAINT one_slug"
            """,
        ),
        Case(
            about="With a new column",
            text="""
            execute "ALTER TABLE posts ADD COLUMN token text «UNIQUE»", "ALTER TABLE posts DROP COLUMN token"
            """,
        ),
    )
    silent = (
        Case(
            about="Of an index that is there",
            text="""
            execute "ALTER TABLE posts ADD CONSTRAINT one_slug UNIQUE USING INDEX posts_slug_index",
                    "ALTER TABLE posts DROP CONSTRAINT one_slug"
            """,
        ),
        Case(
            about="A new table",
            text="""
            create table(:posts) do
              add :slug, :string
            end

            execute "ALTER TABLE posts ADD CONSTRAINT one_slug UNIQUE (slug)", ""
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddConstraint):
            constraint, table = operation.constraint, operation.relation
            if constraint.kind != "unique" or constraint.using_index is not None:
                continue
            if context.has_no_rows(table, step):
                continue
            columns = ", ".join(constraint.columns) or "…"
            yield self.finding(
                operation.span,
                f"Builds the index of `{constraint.name or '…'}` ({columns}) under ACCESS EXCLUSIVE on `{table}`: reads"
                " and writes wait until it is built.",
                level=context.level(self.level, table, step),
                label="reads and writes wait for the whole build",
                reason="A constraint that builds its own index has no concurrent form.",
                advice="Build a unique index concurrently; Ecto needs no more. Where it must be a constraint, `ADD"
                " CONSTRAINT … UNIQUE USING INDEX …` in the next migration.",
                subject=subject(table, step.statement, constraint=constraint.name),
            )
