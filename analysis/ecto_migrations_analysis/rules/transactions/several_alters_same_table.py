"""Table read or written again several times, where once would do.

## What happens
PostgreSQL makes one pass over the table for all clauses of one ALTER TABLE, and one for each statement. Ecto sends one
statement for each `alter table`: two that each rewrite the table, or read it all, take twice as long under the lock
that the first one took.

## When it is silent
- The statements are instant, such as adding columns: nothing is gained.
- The migration creates the table itself.
- Something else stands between them that needs the first one.

## Instead
One `alter table` with all changes.

## Measured
PostgreSQL 18: two type changes in one ALTER TABLE write the table once (`rewriting table` once), in two statements
twice.

## References
- PostgreSQL documentation, ALTER TABLE, Notes: "multiple changes … in a single pass over the table"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Relation
from ...operations.tables import TableOperation
from ...program.commands import AlterTable
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext

_BEFORE = "create table(:posts) do\n  add :views, :integer\n  add :likes, :integer\nend\n"


class SeveralAltersSameTable(Rule):
    id = "several-alters-same-table"
    level = Level.INFO
    tags = ("tables", "rewrite")

    fires = (
        Case(
            about="Two rewrites",
            before=(_BEFORE,),
            text="""
            alter table(:posts) do
              modify :views, :bigint, from: :integer
            end

            alter «table(:posts)» do
              modify :likes, :bigint, from: :integer
            end
            """,
        ),
    )
    silent = (
        Case(
            about="One rewrite",
            before=(_BEFORE,),
            text="""
            alter table(:posts) do
              modify :views, :bigint, from: :integer
              modify :likes, :bigint, from: :integer
            end
            """,
        ),
        Case(
            about="Instant ones",
            before=(_BEFORE,),
            text="""
            alter table(:posts) do
              add :title, :string
            end

            alter table(:posts) do
              add :body, :text
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        passes: dict[Relation, int] = {}
        for step in context.steps:
            command = step.statement.command
            if not isinstance(command, AlterTable):
                # What stands between may need the one before.
                passes = {}
                continue
            operations = [item for item in step.statement.operations if isinstance(item, TableOperation)]
            if not operations:
                continue
            table = Schema.key(operations[0].relation)
            if context.is_new(table, step) or table not in {*step.effect.rewrites, *step.effect.scans}:
                continue
            passes[table] = passes.get(table, 0) + 1
            if passes[table] == 2:
                verb = "Rewrites" if table in step.effect.rewrites else "Reads"
                yield self.finding(
                    command.table.span,
                    f"{verb} `{table}` a second time: one `alter table` with all changes does it once.",
                    level=self.level,
                    label="a second pass over the table",
                    reason="PostgreSQL makes one pass over the table for all clauses of one statement.",
                    advice="Put the changes into one `alter table`.",
                    subject=subject(table, step.statement),
                )
