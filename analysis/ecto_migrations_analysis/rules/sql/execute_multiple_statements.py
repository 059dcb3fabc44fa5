"""Several SQL statements in one `execute`.

## What happens
Postgrex sends SQL by the extended protocol, which takes one statement at a time. PostgreSQL refuses the text as a
whole: `cannot insert multiple commands into a prepared statement`. The same holds for `execute_file` and for
`repo().query!`.

## When it is silent
- A semicolon inside a string, a quoted name or a dollar-quoted body, or at the very end.

## Instead
One `execute` for each statement.

## Measured
PostgreSQL 13 to 18: SQLSTATE 42601.

## References
- PostgreSQL documentation, Frontend/Backend Protocol, Extended Query
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import Case, Rule
from ..context import MigrationContext
from ..raising import MULTIPLE_COMMANDS


class ExecuteMultipleStatements(Rule):
    id = "execute-multiple-statements"
    level = Level.DANGER
    tags = ("sql", "fails")

    fires = (
        Case(
            about="Two statements",
            text="""
            create table(:fresh)
            «execute "CREATE INDEX a ON fresh (id); CREATE INDEX b ON fresh (id)", "DROP INDEX a"»
            """,
        ),
    )
    silent = (
        Case(
            about="A function body with semicolons",
            text='''
            execute """
                    CREATE FUNCTION touch() RETURNS trigger AS $$
                    BEGIN
                      NEW.updated_at := now();
                      RETURN NEW;
                    END;
                    $$ LANGUAGE plpgsql;
                    """,
                    "DROP FUNCTION touch()"
            ''',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            statement = step.statement
            if statement.error is None or MULTIPLE_COMMANDS not in statement.error:
                continue
            yield self.finding(
                statement.span,
                f"Fails: {MULTIPLE_COMMANDS}.",
                label="more than one SQL statement",
                reason="Postgrex sends SQL by the extended protocol, which takes one statement at a time.",
                advice="Use one `execute` for each statement.",
            )
