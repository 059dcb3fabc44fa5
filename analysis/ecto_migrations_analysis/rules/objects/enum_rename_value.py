"""Enum value renamed while running code says the old one.

## What happens
The rename is instant, and at that moment every query of the running release that says the old value fails:
`invalid input value for enum`. Rows that are read have the new name, which `Ecto.Enum` of the old code cannot load.
Code that knows the new value failed until then. No order of deploying avoids both.

## When it is silent
- The migration creates the type itself.

## Instead
Keep the value in the database, and map it in the schema:

    field :status, Ecto.Enum, values: [published: "public"]

Where the value itself must change: add the new one, deploy code that reads both and writes the new one, update the
rows in batches.

## Measured
PostgreSQL 18: no table is locked; `WHERE status = 'old'` fails with SQLSTATE 22P02 from then on.

## References
- PostgreSQL documentation, ALTER TYPE, `RENAME VALUE`
- ecto, `Ecto.Enum`, "Custom mappings"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateEnum
from ...operations import RenameEnumValue as RenameEnumValueOperation
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext


class EnumRenameValue(Rule):
    id = "enum-rename-value"
    level = Level.RISK
    tags = ("enums", "application")

    fires = (
        Case(
            about="The plain form",
            text="""
            execute "«ALTER TYPE status RENAME VALUE 'public' TO 'published'»",
                    "ALTER TYPE status RENAME VALUE 'published' TO 'public'"
            """,
        ),
    )
    silent = (
        Case(
            about="A type of the same migration",
            text="""
            execute "CREATE TYPE status AS ENUM ('draft', 'public')", "DROP TYPE status"

            execute "ALTER TYPE status RENAME VALUE 'public' TO 'published'",
                    "ALTER TYPE status RENAME VALUE 'published' TO 'public'"
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        new = {Schema.key(operation.name) for _, operation in context.forward(CreateEnum)}
        for step, operation in context.forward(RenameEnumValueOperation):
            if Schema.key(operation.name) in new:
                continue
            old = operation.value or "…"
            yield self.finding(
                operation.span,
                f"Renames `{old}` of `{operation.name}`: running code that says `{old}` fails at once.",
                level=context.level(self.level, operation.name, step),
                label="both values cannot be there at once",
                reason="Old nodes fail from the rename on, new nodes until it: no order of deploying avoids both.",
                advice='Map it in the schema (`values: [new: "old"]` of Ecto.Enum), or add the new value and update'
                " the rows in batches.",
                subject=subject(operation.name, step.statement),
            )
