"""Statement that PostgreSQL refuses, as the history shows.

## What happens
The migration fails: what it makes exists already (a column, a constraint, an index, a second primary key), something
depends on what it takes away, or the server's version has no such form. In development it may pass, on a database
that somebody changed by hand.

## When it is silent
- The history does not tell everything that the failure depends on.
- It fails only where a row breaks a condition: rules of their own say so.
- A name that does not exist (`unknown-table`, `unknown-column`, `drop-unknown-object`), and what fails in a
  transaction (`concurrent-index-in-transaction`).
- A more specific rule says why it fails.

## Instead
Take out what is there already; drop what depends on it first, or send `CASCADE` where that is meant.

## Measured
PostgreSQL 13 to 18: each failure that is claimed is compared with the server (tests of the effects): 42701, 42710,
42P07, 42P16, 2BP01, 0A000 and 42601.

## References
- PostgreSQL documentation, PostgreSQL Error Codes
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...databases.effects import Failure
from ...findings import Finding, Level
from ...operations import Operation, Relation, UnparsedSQL
from ...operations.tables import TableOperation
from ..base import Case, Rule, subject
from ..context import MigrationContext

_CAUSES = frozenset({"duplicate", "dependents", "version", "unsupported", "syntax"})
_ADVICE = {
    "duplicate": "Leave it out, or drop what is there first.",
    "dependents": "Drop what depends on it first.",
    "version": "Use a form that the server has, or say its version in the settings.",
    "unsupported": "Use another form.",
    "syntax": "Use another form.",
}
_POSTS = """
create table(:authors)

create table(:posts) do
  add :title, :string
  add :author_id, references(:authors)
end

create unique_index(:posts, [:title])
"""


class StatementFails(Rule):
    id = "statement-fails"
    level = Level.DANGER
    tags = ("fails", "history")
    # They say what happens where it does not fail.
    silences = (
        "foreign-key-validated",
        "check-constraint-validated",
        "index-not-concurrent",
        "unique-index-existing-duplicates",
        "modify-type-rewrite",
    )

    fires = (
        Case(
            about="The column exists",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              «add :title, :text»
            end
            """,
        ),
        Case(
            about="The index exists",
            before=(_POSTS,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              «create unique_index(:posts, [:title], concurrently: true)»
            end
            """,
        ),
        Case(
            about="The table exists",
            before=(_POSTS,),
            text="""
            «create table(:posts) do
              add :title, :string
            end»
            """,
        ),
        Case(
            about="A view selects the column",
            before=(_POSTS, 'execute "CREATE VIEW titles AS SELECT title FROM posts", "DROP VIEW titles"'),
            text="""
            alter table(:posts) do
              «remove :title, :string»
            end
            """,
        ),
        Case(
            about="The version has no such form",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              «add :slug, :string, generated: "ALWAYS AS (lower(title)) VIRTUAL"»
            end
            """,
            version=17,
        ),
    )
    silent = (
        Case(
            about="It exists, and IF NOT EXISTS",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              add_if_not_exists :title, :text
            end
            """,
        ),
        Case(
            about="The table is not known",
            text="""
            alter table(:posts) do
              add :title, :text
            end
            """,
        ),
        Case(
            about="What was there has been dropped",
            before=(_POSTS, "alter table(:posts) do\n  remove :title, :string\nend"),
            text="""
            alter table(:posts) do
              add :title, :text
            end
            """,
        ),
        Case(
            about="A row may break it",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :title, :string, null: false, from: {:string, null: true}
            end
            """,
        ),
        Case(
            about="Code that cannot be followed may have changed the table",
            before=(_POSTS, "MyApp.Housekeeping.run()"),
            text="""
            alter table(:posts) do
              add :title, :text
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            if step.statement.error is not None or step.before.uncertain:
                continue
            for failure in step.effect.failures:
                if not failure.certain or failure.cause not in _CAUSES:
                    continue
                operation = _operation(step, failure)
                if operation is None or isinstance(operation, UnparsedSQL):
                    continue
                relation = operation.relation if isinstance(operation, TableOperation) else Relation(None)
                told = relation.name is None or relation.name in failure.reason
                yield self.finding(
                    failure.span,
                    f"Fails: {failure.reason}." if told else f"Fails on `{relation}`: {failure.reason}.",
                    level=context.level(self.level, relation, step),
                    label="PostgreSQL refuses this",
                    reason="So it is after all earlier migrations of the project.",
                    advice=_ADVICE[failure.cause],
                    subject=subject(relation, step.statement),
                    fails=True,
                )


def _operation(step: Step, failure: Failure) -> Operation | None:
    """The operation that fails: the first one whose source the failure names, or that holds it."""
    for operation in step.statement.operations:
        if operation.span == failure.span or operation.span.encloses(failure.span):
            return operation
    return None
