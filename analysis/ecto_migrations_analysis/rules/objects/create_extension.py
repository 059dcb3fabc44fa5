"""Extension created where it may be there already.

## What happens
Many databases have the extension before the migration runs: their template has it, a provider or an administrator
made it (some extensions need a superuser), or a test database was set up with it. `CREATE EXTENSION` without IF NOT
EXISTS fails there: `extension "…" already exists`.

A rollback that says `DROP EXTENSION … CASCADE` drops every column of a type of the extension with it, and every index
that uses one of its functions, without a word.

## When it is silent
- `CREATE EXTENSION IF NOT EXISTS`, and no CASCADE on the way back.

## Instead

    execute "CREATE EXTENSION IF NOT EXISTS citext", "DROP EXTENSION IF EXISTS citext"

or nothing on the way back (`""`), where the extension may have been there before.

## Measured
PostgreSQL 18: SQLSTATE 42710 where it is there. `DROP EXTENSION citext CASCADE` drops the columns of type citext;
without CASCADE it fails while there are such columns (2BP01).

## References
- PostgreSQL documentation, CREATE EXTENSION, DROP EXTENSION
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateObject, DropObject
from ..base import Case, Rule, subject
from ..context import MigrationContext


class CreateExtension(Rule):
    id = "create-extension"
    level = Level.RISK
    tags = ("extensions", "rollback")

    fires = (
        Case(
            about="Without IF NOT EXISTS",
            text='execute "«CREATE EXTENSION citext»", "DROP EXTENSION citext"',
        ),
        Case(
            about="A rollback that takes columns along",
            text="""
            execute "CREATE EXTENSION IF NOT EXISTS citext",
                    "«DROP EXTENSION citext CASCADE»"
            """,
        ),
    )
    silent = (
        Case(
            about="With IF NOT EXISTS",
            text='execute "CREATE EXTENSION IF NOT EXISTS citext", "DROP EXTENSION IF EXISTS citext"',
        ),
        Case(about="Another object", text='execute "CREATE SCHEMA billing", "DROP SCHEMA billing"'),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        created = set()
        for step, operation in context.forward(CreateObject):
            if operation.kind != "extension":
                continue
            name = operation.name
            created.add(name.name)
            if operation.if_not_exists:
                continue
            yield self.finding(
                operation.span,
                f"Fails in every database that has the extension `{name}` already.",
                level=Level.INFO,
                label="IF NOT EXISTS is missing",
                reason="Templates, providers and administrators create extensions, some of which need a superuser.",
                advice="Write `CREATE EXTENSION IF NOT EXISTS`.",
                subject=subject(name, step.statement),
            )
        down = context.migration.down
        for step in down.steps if down is not None else ():
            for dropped in step.statement.operations:
                if not isinstance(dropped, DropObject) or dropped.kind != "extension" or not dropped.cascade:
                    continue
                if dropped.name.name in created:
                    yield self.finding(
                        dropped.span,
                        f"Rolling back drops every column of a type of `{dropped.name}`, with its data.",
                        label="takes columns and indexes along",
                        reason="CASCADE drops what depends on the extension, and says so only in a notice.",
                        advice="Leave out CASCADE: then the rollback fails as long as a column needs the extension.",
                        subject=subject(dropped.name, step.statement),
                        forward=False,
                    )
