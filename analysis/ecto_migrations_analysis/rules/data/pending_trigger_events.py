"""Table altered while its deferred foreign keys wait for the commit.

## What happens
A row that refers to another by a DEFERRABLE INITIALLY DEFERRED key is checked at the commit. Until then PostgreSQL
refuses to change the table: `cannot ALTER TABLE "posts" because it has pending trigger events` (55006). In a test
database without rows nothing is pending, and the migration passes.

## When it is silent
- The rows are written after the change, or in a migration of their own.
- `SET CONSTRAINTS ALL IMMEDIATE` runs the checks in between.
- No key of the table is deferred, as far as is known.

It is dangerous where a row is written for certain, and a risk where a WHERE decides.

## Instead
Write the rows in a migration of their own, before this one; or `execute "SET CONSTRAINTS ALL IMMEDIATE"` between the
two statements.

## Measured
PostgreSQL 18: `ERROR: cannot ALTER TABLE "posts" because it has pending trigger events`, SQLSTATE 55006.

## References
- PostgreSQL source, `CheckTableNotInUse` in tablecmds.c; documentation, SET CONSTRAINTS
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Relation
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POSTS = """
create table(:authors)
create table(:posts) do
  add :author_id, :bigint
end

execute "ALTER TABLE posts ADD CONSTRAINT posts_author FOREIGN KEY (author_id) REFERENCES authors DEFERRABLE INITIALLY DEFERRED"
"""
PENDING = "pending trigger events"


class PendingTriggerEvents(Rule):
    id = "pending-trigger-events"
    level = Level.DANGER
    tags = ("data", "fails", "history")

    fires = (
        Case(
            about="UPDATE and ALTER TABLE in one transaction",
            before=(_POSTS,),
            text="""
            execute "UPDATE posts SET author_id = 1", ""

            «alter table(:posts) do
              add :title, :string
            end»
            """,
        ),
        Case(
            about="If a row matches",
            before=(_POSTS,),
            text="""
            execute "UPDATE posts SET author_id = 1 WHERE author_id = 2", ""
            «create index(:posts, [:author_id])»
            """,
        ),
    )
    silent = (
        Case(
            about="The checks run in between",
            before=(_POSTS,),
            text="""
            execute "UPDATE posts SET author_id = 1", ""
            execute "SET CONSTRAINTS ALL IMMEDIATE", ""

            alter table(:posts) do
              add :title, :string
            end
            """,
        ),
        Case(
            about="Another column",
            before=(_POSTS, "alter table(:posts) do\n  add :title, :string\nend"),
            text="""
            execute "UPDATE posts SET title = ''", ""

            alter table(:posts) do
              add :slug, :string
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            for failure in step.effect.failures:
                if PENDING not in failure.reason:
                    continue
                named = (getattr(item, "relation", None) for item in step.statement.operations)
                relation = next((item for item in named if isinstance(item, Relation)), Relation(None))
                sure = failure.certain
                yield self.finding(
                    step.statement.span,
                    f"Fails{'' if sure else ' if a row was changed before'}: {failure.reason}.",
                    level=context.level(self.level if sure else Level.RISK, relation, step),
                    label="checks of its foreign keys are pending",
                    reason="A deferred foreign key is checked at the commit, and rows were written in this"
                    " transaction.",
                    advice="Write the rows in a migration of their own, or run `SET CONSTRAINTS ALL IMMEDIATE` in"
                    " between.",
                    subject=subject(relation, step.statement),
                )
