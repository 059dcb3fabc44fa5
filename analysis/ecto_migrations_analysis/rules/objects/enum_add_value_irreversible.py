"""Enum value that cannot be added a second time.

## What happens
PostgreSQL has no command that takes a value out of an enum, so a rollback leaves it there. Migrating again then
fails: `enum label "…" already exists`. Where each statement commits by itself, a migration that fails after the
value was added cannot be run again either.

## When it is silent
- `ADD VALUE IF NOT EXISTS`.
- The migration creates the type itself, or its rollback is refused anyway.
- Its `down` makes the type anew without the value, or runs code that is not known.

## Instead

    execute "ALTER TYPE status ADD VALUE IF NOT EXISTS 'hidden'", ""

## Measured
PostgreSQL 18: `ADD VALUE` of a value that is there fails with SQLSTATE 42710, with IF NOT EXISTS it is a notice.
`ALTER TYPE … DROP VALUE` is a syntax error up to 17 and `dropping an enum value is not implemented` on 18.

## References
- PostgreSQL documentation, ALTER TYPE, `ADD VALUE`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import (
    AddEnumValue,
    AlterColumnType,
    CallsCode,
    CreateEnum,
    DropObject,
    OpaqueSQL,
    RenameObject,
)
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext

# What makes a type anew, or may.
_REMAKES = (AlterColumnType, CallsCode, CreateEnum, DropObject, OpaqueSQL, RenameObject)


class EnumAddValueIrreversible(Rule):
    id = "enum-add-value-irreversible"
    level = Level.RISK
    tags = ("enums", "rollback")

    fires = (
        Case(
            about="Rolled back by nothing",
            text='execute "«ALTER TYPE status ADD VALUE \'hidden\'»", ""',
        ),
        Case(
            about="A `down` that does nothing",
            text="""
            @disable_ddl_transaction true

            def up do
              execute "«ALTER TYPE status ADD VALUE 'hidden'»"
            end

            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="IF NOT EXISTS",
            text='execute "ALTER TYPE status ADD VALUE IF NOT EXISTS \'hidden\'", ""',
        ),
        Case(
            about="There is no rollback",
            text="execute \"ALTER TYPE status ADD VALUE 'hidden'\"",
        ),
        Case(
            about="The type is new",
            text="""
            execute "CREATE TYPE status AS ENUM ('draft')", "DROP TYPE status"
            execute "ALTER TYPE status ADD VALUE 'hidden'", ""
            """,
        ),
        Case(
            about="Made anew on rollback",
            text="""
            def up do
              execute "ALTER TYPE status ADD VALUE 'hidden'"
            end

            def down do
              execute "ALTER TYPE status RENAME TO old_status"
              execute "CREATE TYPE status AS ENUM ('draft')"
              execute "ALTER TABLE posts ALTER status TYPE status USING status::text::status"
              execute "DROP TYPE old_status"
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        down = context.migration.down
        if down is None or down.program.irreversible is not None:
            return
        for step in down.steps:
            if step.statement.error is not None or any(
                isinstance(operation, _REMAKES) for operation in step.statement.operations
            ):
                return
        new = {Schema.key(operation.name) for _, operation in context.forward(CreateEnum)}
        for step, operation in context.forward(AddEnumValue):
            if operation.if_not_exists or Schema.key(operation.name) in new:
                continue
            alone = not step.in_transaction
            again = "Run again after a failure or a rollback" if alone else "Run again after a rollback"
            yield self.finding(
                operation.span,
                f"{again}, this fails: enum label `{operation.value or '…'}` of `{operation.name}` already exists.",
                level=self.level if alone else Level.INFO,
                label="cannot be added twice",
                reason="No command takes a value out of an enum: the rollback leaves it there.",
                advice="Write `ADD VALUE IF NOT EXISTS`.",
                subject=subject(operation.name, step.statement),
            )
