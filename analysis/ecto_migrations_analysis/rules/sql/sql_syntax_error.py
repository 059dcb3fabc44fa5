"""SQL that PostgreSQL's grammar refuses.

## What happens
The statement fails with a syntax error. The message is that of PostgreSQL's own parser, which reads the text here.

## When it is silent
- A part of the text is not known (an interpolation, a value from elsewhere).

## Instead
SQL that parses; the finding stands where the parser stopped.

## Measured
The grammar is PostgreSQL 18's. Older servers refuse what only newer ones know as well.

## References
- PostgreSQL documentation, SQL Commands
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import UnparsedSQL
from ..base import Case, Rule
from ..context import MigrationContext


class SqlSyntaxError(Rule):
    id = "sql-syntax-error"
    level = Level.DANGER
    tags = ("sql", "fails")

    fires = (
        Case(
            about="A missing word",
            text='execute "ALTER TABLE posts ALTER status SET «NUL»", ""',
        ),
    )
    silent = (
        Case(about="It parses", text='execute "COMMENT ON TABLE posts IS \'x\'", ""'),
        Case(about="A part is not known", text='execute "ALTER TABLE #{System.get_env("T")} #{x()}", ""'),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(UnparsedSQL):
            command = step.statement.command
            yield self.finding(
                operation.span,
                f"Fails: {operation.message}.",
                level=Level.RISK if command is not None and not command.always else self.level,
                label="PostgreSQL stops reading here",
                reason="PostgreSQL's own grammar refuses the statement.",
                advice="Correct the SQL.",
            )
