"""SQL that only exists when the migration runs.

## What happens
The text of the statement is put together from values that the migration does not tell (a configuration, the result of a
query, an environment variable), or it is a DO block, which is a program. What it locks, and whether it can be undone,
is not known here, and nobody who reviews the migration sees it either.

## When it is silent
- The whole text is known, or enough of it to know what it does.
- The statement only reads.

## Instead
Write the statement out. Where it has to be made at run time (a name that a catalog tells), leave nothing else in the
migration, and say in a comment what it will be.

## Measured
Nothing: that is what the finding says.

## References
- PostgreSQL documentation, DO
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import OpaqueSQL
from ...program.commands import Execute, RepoQuery
from ..base import Case, Rule
from ..context import MigrationContext


class ExecuteUnanalysed(Rule):
    id = "execute-unanalysed"
    level = Level.INFO
    tags = ("sql",)

    fires = (
        Case(about="From a function of the application", text='«execute MyApp.Statements.next(), ""»'),
        Case(
            about="What is done to the table is not known",
            text="""
            execute «"ALTER TABLE posts #{System.get_env("CLAUSE")}"», ""
            """,
        ),
        Case(
            about="A DO block",
            text="""
            execute "«DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'posts'; END $$»", ""
            """,
        ),
    )
    silent = (
        Case(about="Written out", text='execute "COMMENT ON TABLE posts IS \'all of them\'", ""'),
        Case(
            about="A name that is put in",
            text='for name <- [:posts, :comments], do: execute("ANALYZE #{name}", "")',
        ),
        Case(
            about="A function's body",
            text='execute "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS \'SELECT 1\'", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(OpaqueSQL):
            if not isinstance(step.statement.command, Execute | RepoQuery):
                continue
            block = operation.keywords == "DO"
            if operation.keywords == "SELECT":
                continue
            known = f" ({operation.keywords} …)" if operation.keywords and not block else ""
            yield self.finding(
                operation.span,
                "What this DO block does is not known: nothing is said about its locks."
                if block
                else f"What this SQL does is not known before it runs{known}: nothing is said about its locks.",
                level=self.level,
                label="a program" if block else "not known before it runs",
                reason=_reason(operation.reason),
                advice="Write the statements out, or leave nothing else in the migration.",
            )


def _reason(reason: str) -> str:
    if reason == "dynamic":
        return "A part of the text is only there when the migration runs."
    return f"{reason[:1].upper()}{reason[1:]}."
