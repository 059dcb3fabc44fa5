"""Rows of the application inserted by a migration.

## What happens
Every database that is migrated gets the rows: each developer's, the test database, where factories and counts then meet
them, and each new customer's. They are inserted as the application was that day, and `mix ecto.reset` runs
`priv/repo/seeds.exs` on top.

A convention: off until it is selected.

## When it is silent
- Rows are made of rows that are there (`INSERT … SELECT`).

## Instead
`priv/repo/seeds.exs`, or a task of the release. Rows that the schema cannot be without (a lookup table that a foreign key
points to) may well stand in the migration.

## Measured
Nothing: it is a matter of where rows belong.

## References
- phoenix, guide "Data modelling", seeds
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Insert
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..rows import writes


class SeedInMigration(Rule):
    id = "seed-in-migration"
    level = Level.INFO
    tags = ("data", "convention")

    fires = (
        Case(
            about="In SQL",
            text="execute \"«INSERT INTO states (name) VALUES ('draft')»\", \"DELETE FROM states WHERE name = 'draft'\"",
        ),
        Case(
            about="Through the repo",
            text="""
            def up, do: «repo().insert_all("states", [%{name: "draft"}])»
            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="Made of rows that are there",
            text='execute "INSERT INTO slugs (post_id) SELECT id FROM posts", "DELETE FROM slugs WHERE true"',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for write in writes(context):
            if not isinstance(write.operation, Insert) or write.operation.reads:
                continue
            yield self.finding(
                write.operation.span,
                f"Inserts rows into `{write.relation}` in every database that is migrated, the test database too.",
                label="rows in every database",
                reason="A migration runs wherever the schema is made.",
                advice="Put the rows into priv/repo/seeds.exs, or into a task of the release.",
                subject=subject(write.relation, write.step.statement),
            )
