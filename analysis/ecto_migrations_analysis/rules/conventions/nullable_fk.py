"""Foreign key of a new table that may be NULL.

## What happens
A NULL refers to nothing, and the constraint accepts it: rows without a parent come in, and every join has to think
of them. In an existing table it has to be nullable at first; in a new one it is a choice, which `null: true` states.

## When it is silent
- The column is NOT NULL, or a part of the primary key.
- `null: true` is written, or a delete of the parent sets the column to NULL (`on_delete: :nilify_all`).
- The table is not new here.

## Instead

    add :author_id, references(:authors), null: false

## Measured
PostgreSQL 18: an INSERT that leaves the column out is accepted.

## References
- PostgreSQL documentation, Constraints, Foreign Keys
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateTable
from ...program.commands import Add
from ...program.commands import CreateTable as CreateTableCommand
from ..base import Case, Rule, subject
from ..context import MigrationContext


class NullableFk(Rule):
    id = "nullable-fk"
    level = Level.INFO
    tags = ("columns", "constraints")

    fires = (
        Case(
            about="The plain form",
            text="""
            create table(:posts) do
              add :author_id, «references(:authors)»
            end
            """,
        ),
        Case(
            about="In SQL",
            text="""
            execute "CREATE TABLE posts (id bigint PRIMARY KEY, author_id bigint «REFERENCES authors»)", ""
            """,
        ),
    )
    silent = (
        Case(
            about="NOT NULL",
            text="""
            create table(:posts) do
              add :author_id, references(:authors), null: false
            end
            """,
        ),
        Case(
            about="A choice",
            text="""
            create table(:posts) do
              add :editor_id, references(:authors), null: true
              add :reviewer_id, references(:authors, on_delete: :nilify_all)
            end
            """,
        ),
        Case(
            about="A part of the primary key",
            text="""
            create table(:posts_tags, primary_key: false) do
              add :post_id, references(:posts), primary_key: true
              add :tag_id, references(:tags), primary_key: true
            end
            """,
        ),
        Case(
            about="An existing table",
            text="""
            alter table(:posts) do
              add :author_id, references(:authors, validate: false)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateTable):
            table = operation.relation
            left = context.steps[-1].after.table(table)
            chosen = _chosen(step.statement.command)
            for constraint in operation.constraints:
                if constraint.kind != "foreign key" or len(constraint.columns) != 1 or left is None:
                    continue
                name = constraint.columns[0]
                column = left.columns.get(name)
                if column is None or column.not_null or name in left.primary_key or name in chosen:
                    continue
                if constraint.on_delete == "SET NULL" or constraint.on_update == "SET NULL":
                    continue
                yield self.finding(
                    constraint.span,
                    f"`{table}.{name}` may be NULL: rows of `{table}` without a parent are accepted.",
                    level=self.level,
                    label="may be NULL",
                    reason="A foreign key says nothing of a NULL.",
                    advice="Give it `null: false`, or say `null: true` where a row may have no parent.",
                    subject=subject(table, step.statement, column=name),
                )


def _chosen(command: object) -> set[str]:
    """The columns for which the migration says whether they may be NULL."""
    if not isinstance(command, CreateTableCommand):
        return set()
    return {
        change.column
        for change in command.columns
        if isinstance(change, Add) and isinstance(change.column, str) and change.options.has("null")
    }
