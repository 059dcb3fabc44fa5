"""Enum value added without saying where.

## What happens
Values of an enum are ordered: by `ORDER BY`, by `<` and by `max`. `ADD VALUE` without BEFORE or AFTER puts the new
one at the end, and the order cannot be changed afterwards.

## When it is silent
- It says BEFORE or AFTER.

This rule is off until it is selected.

## Instead

    execute "ALTER TYPE status ADD VALUE IF NOT EXISTS 'review' BEFORE 'public'", ""

## Measured
PostgreSQL 18: the new value sorts last; `pg_enum.enumsortorder` of an existing value cannot be changed by a command.

## References
- PostgreSQL documentation, Enumerated Types, Ordering
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddEnumValue
from ..base import Case, Rule, subject
from ..context import MigrationContext


class EnumOrder(Rule):
    id = "enum-order"
    level = Level.INFO
    tags = ("enums", "conventions")

    fires = (
        Case(about="At the end", text='execute "«ALTER TYPE status ADD VALUE \'review\'»", ""'),
        Case(
            about="Of a type whose values are known",
            before=("execute \"CREATE TYPE status AS ENUM ('draft', 'public')\", \"DROP TYPE status\"",),
            text='execute "«ALTER TYPE status ADD VALUE IF NOT EXISTS \'review\'»", ""',
        ),
    )
    silent = (
        Case(
            about="Before another",
            text="execute \"ALTER TYPE status ADD VALUE 'review' BEFORE 'public'\", \"\"",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddEnumValue):
            if operation.position is not None:
                continue
            yield self.finding(
                operation.span,
                f"`{operation.value or '…'}` becomes the last value of `{operation.name}`, and sorts after all others.",
                label="BEFORE or AFTER is not said",
                reason="Values of an enum are ordered, and no command changes the order later.",
                advice="Say BEFORE or AFTER another value, also where the end is meant.",
                subject=subject(operation.name, step.statement),
            )
