"""Enum type instead of a text.

## What happens
An enum saves a few bytes for each row and refuses other values. In return its values can only be added and renamed:
taking one out, or changing the order, means a new type and a rewrite of every table that has it.

## When it is silent
- The values are kept in a text with a CHECK, or in a table of their own.

This rule is off until it is selected.

## Instead

    add :status, :text, null: false
    create constraint(:posts, :posts_status_known, check: "status IN ('draft', 'public')")

With `Ecto.Enum` in the schema the code is the same.

## Measured
PostgreSQL 18: `ALTER TYPE … DROP VALUE` is not implemented; replacing the type rewrites the table under ACCESS
EXCLUSIVE.

## References
- PostgreSQL documentation, Enumerated Types, Implementation Details
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateEnum
from ..base import Case, Rule, subject
from ..context import MigrationContext


class EnumCreate(Rule):
    id = "enum-create"
    level = Level.INFO
    tags = ("enums", "conventions")

    fires = (
        Case(
            about="A new type",
            text="execute \"«CREATE TYPE status AS ENUM ('draft', 'public')»\", \"DROP TYPE status\"",
        ),
    )
    silent = (
        Case(
            about="A CHECK",
            text="""
            create table(:posts) do
              add :status, :text
            end

            create constraint(:posts, :posts_status_known, check: "status IN ('draft', 'public')")
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateEnum):
            yield self.finding(
                operation.span,
                f"No value of `{operation.name}` can ever be taken out of it without rewriting the tables that have it.",
                label="an enum type",
                reason="PostgreSQL adds and renames values of an enum; it neither drops nor orders them.",
                advice="Use a text with a CHECK, or a table of its own. `Ecto.Enum` works with both.",
                subject=subject(operation.name, step.statement),
            )
