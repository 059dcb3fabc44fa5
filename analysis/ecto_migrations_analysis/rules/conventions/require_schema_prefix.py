"""Table named without its schema.

## What happens
Without a prefix the search path of the session decides which table is meant, and where a new one is made. Another
role, another setting of the database or a pooler that shares sessions, and the migration works on another table.

## When it is silent
- The table is named with its schema: `prefix:` in the DSL, the repo's `migration_default_prefix`, or `schema.table`
  in SQL.

It speaks once for each statement.

## Instead

    create table(:posts, prefix: "app")

or, for all migrations of a repo, `migration_default_prefix: "app"` in its configuration.

## Measured
PostgreSQL 18: with `search_path = app, public`, `CREATE TABLE posts` makes `app.posts`.

## References
- PostgreSQL documentation, Schemas, The Schema Search Path
- ecto_sql, `Ecto.Migration`, "Prefixes"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import CreateIndex, Relation
from ...operations.tables import TableOperation
from ...program.commands import Execute, RepoQuery
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext


class RequireSchemaPrefix(Rule):
    id = "require-schema-prefix"
    level = Level.INFO
    tags = ("tables",)

    fires = (
        Case(
            about="Tables and indexes",
            text="""
            create table(«:posts») do
              add :title, :string
            end

            create index(«:posts», [:title])
            """,
        ),
        Case(
            about="In SQL",
            text='execute "ALTER TABLE «posts» ADD COLUMN title text, ADD COLUMN body text", ""',
        ),
    )
    silent = (
        Case(
            about="With a prefix",
            text="""
            create table(:posts, prefix: "app") do
              add :title, :string
            end

            create index(:posts, [:title], prefix: "app")

            execute "ALTER TABLE app.posts ADD COLUMN body text", "ALTER TABLE app.posts DROP COLUMN body"
            """,
        ),
        Case(
            about="The repo's configuration names one",
            text="create table(:posts)",
            config='migration_default_prefix: "app"',
        ),
        Case(
            about="A temporary table has a schema of its own",
            text='execute "CREATE TEMPORARY TABLE moved (id bigint)", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            found = _unqualified(step)
            if found is None:
                continue
            relation, span = found
            by_sql = isinstance(step.statement.command, Execute | RepoQuery)
            yield self.finding(
                span,
                f"`{relation}` is named without its schema: the search path decides which table it is.",
                level=self.level,
                label="no schema",
                reason="The search path belongs to the session, and may differ by role, database and connection.",
                advice="Write `schema.table`."
                if by_sql
                else "Give `prefix:`, or set `migration_default_prefix` in the repo's configuration.",
                subject=subject(relation, step.statement),
            )


def _unqualified(step: Step) -> tuple[Relation, Span] | None:
    """The first table of the statement that is named without a schema."""
    for operation in step.statement.operations:
        if not isinstance(operation, TableOperation | CreateIndex) or getattr(operation, "temporary", False):
            continue
        if operation.relation.schema is None and operation.relation.name is not None:
            return operation.relation, operation.relation_span
    return None
