"""Database schema renamed while code uses it.

## What happens
`ALTER SCHEMA … RENAME TO` takes no lock on the tables in it and is done in an instant. But every query that names
the old schema fails from the commit on: `prefix: "…"`, `@schema_prefix`, a `search_path`, functions and views'
sources in text. No release can run on both sides of that moment.

## When it is silent
- The migration creates the schema itself.

## Instead
Create the new schema, and move table by table what can be moved while code that knows both names runs; or leave the
name, which nobody but the code sees.

## Measured
PostgreSQL 18: `ALTER SCHEMA app RENAME TO app2` holds no lock on `app.t`; `SELECT FROM app.t` then fails with SQLSTATE
42P01.

## References
- PostgreSQL documentation, ALTER SCHEMA
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateObject, RenameObject
from ..base import Case, Rule, subject
from ..context import MigrationContext


class RenameSchema(Rule):
    id = "rename-schema"
    level = Level.DANGER
    tags = ("tables", "application")

    fires = (
        Case(
            about="The plain form",
            text='execute "«ALTER SCHEMA billing RENAME TO invoicing»", "ALTER SCHEMA invoicing RENAME TO billing"',
        ),
    )
    silent = (
        Case(
            about="A schema of the same migration",
            text="""
            def up do
              execute "CREATE SCHEMA billing"
              execute "ALTER SCHEMA billing RENAME TO invoicing"
            end

            def down, do: execute("DROP SCHEMA invoicing")
            """,
        ),
        Case(
            about="Another owner",
            text='execute "ALTER SCHEMA billing OWNER TO app", "ALTER SCHEMA billing OWNER TO postgres"',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        made = {op.name.name for _, op in context.forward(CreateObject) if op.kind == "schema"}
        for step, operation in context.forward(RenameObject):
            if operation.kind != "schema" or operation.clause != "rename to" or operation.name.name in made:
                continue
            name = operation.name
            yield self.finding(
                operation.span,
                f"Renames schema `{name}`: every query that says `{name}` fails from the commit on.",
                level=context.level(self.level, name, step),
                label="running code knows the old name",
                reason="Nodes of the running release and those of the new one need different names, and there is one.",
                advice="Leave the name, or create the new schema and move the tables one by one, while code that knows"
                " both runs.",
                subject=subject(name, step.statement),
            )
