"""Enum value used in the transaction that adds it.

## What happens
A value that `ALTER TYPE … ADD VALUE` adds cannot be used before the transaction has committed. An INSERT, a default,
a CHECK or a cast that says it fails: `unsafe use of new value "…" of enum type …`. Ecto runs a migration in one
transaction, so that adding and using stand in one.

## When it is silent
- Each statement commits by itself: `@disable_ddl_transaction true`.
- The migration created the type itself, on PostgreSQL 17 and later.
- The value is used by a later migration.

## Instead
Add the value in a migration of its own; use it in the next one.

## Measured
PostgreSQL 18: SQLSTATE 55P04, unsafe_new_enum_value_usage, for INSERT and for SET DEFAULT.

## References
- PostgreSQL documentation, ALTER TYPE, `ADD VALUE`, Notes
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddEnumValue, Relation
from ..base import Case, Rule, subject
from ..context import MigrationContext

_TYPE = "execute \"CREATE TYPE status AS ENUM ('draft', 'public')\", \"DROP TYPE status\"\n"
_TABLE = _TYPE + "create table(:posts) do\n  add :status, :status\nend\n"
_UNSAFE = "unsafe use of new value"


class EnumAddValueUsed(Rule):
    id = "enum-add-value-used"
    level = Level.DANGER
    tags = ("enums", "transactions", "fails")
    silences = ("backfill-in-ddl-transaction", "backfill-unbatched", "seed-in-migration")

    fires = (
        Case(
            about="A default",
            before=(_TABLE,),
            text="""
            execute "ALTER TYPE status ADD VALUE 'hidden'", ""
            «execute "ALTER TABLE posts ALTER status SET DEFAULT 'hidden'", ""»
            """,
        ),
        Case(
            about="Rows",
            before=(_TABLE,),
            text="""
            execute "ALTER TYPE status ADD VALUE IF NOT EXISTS 'hidden'", ""
            «execute "UPDATE posts SET status = 'hidden' WHERE status IS NULL", ""»
            """,
        ),
        Case(
            about="In a transaction of the repo",
            before=(_TABLE,),
            text="""
            @disable_ddl_transaction true

            def up do
              repo().transaction(fn ->
                repo().query!("ALTER TYPE status ADD VALUE 'hidden'")
                «repo().query!("INSERT INTO posts (status) VALUES ('hidden')")»
              end)
            end

            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="Each statement commits by itself",
            before=(_TABLE,),
            text="""
            @disable_ddl_transaction true

            def change do
              execute "ALTER TYPE status ADD VALUE 'hidden'", ""
              execute "UPDATE posts SET status = 'hidden' WHERE status IS NULL", ""
            end
            """,
        ),
        Case(
            about="The type is new",
            version=17,
            text=_TYPE
            + """
            execute "ALTER TYPE status ADD VALUE 'hidden'", ""

            create table(:posts) do
              add :status, :status, default: "hidden"
            end
            """.replace("\n            ", "\n"),
        ),
        Case(
            about="In the next migration",
            before=(_TABLE, 'execute "ALTER TYPE status ADD VALUE \'hidden\'", ""'),
            text='execute "UPDATE posts SET status = \'hidden\' WHERE status IS NULL", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            for failure in step.effect.failures:
                if failure.cause != "transaction" or not failure.reason.startswith(_UNSAFE):
                    continue
                command = step.statement.command
                doubtful = command is not None and not command.always
                yield self.finding(
                    failure.span,
                    f"Fails: {failure.reason}.",
                    level=Level.RISK if doubtful else self.level,
                    label="this value is not committed yet",
                    reason="PostgreSQL refuses a value of an enum in the transaction that adds it.",
                    advice="Add the value in a migration of its own, and use it in the next one.",
                    subject=subject(_enum(context), step.statement),
                )


def _enum(context: MigrationContext) -> Relation:
    return next((operation.name for _, operation in context.forward(AddEnumValue)), Relation(None))
