"""`modify` of a column that a view, a trigger or a generated column uses.

## What happens
`modify` sends `ALTER COLUMN … TYPE` even where the type stays the same, and PostgreSQL refuses that for a column
used by a view or rule, by a trigger with `UPDATE OF` it, by a policy or by a generated column: `cannot alter type
of a column used by a view or rule`.

## When it is silent
- No dependent is known.

## Instead
Drop the dependent, change the column, make the dependent again, in one migration; or, where only NULL or the
default changes, send just that by `execute`.

## Measured
PostgreSQL 13 to 18: SQLSTATE 0A000, for the same type too.

## References
- PostgreSQL source, ATExecAlterColumnType
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AlterColumnType
from ..base import Case, Rule, subject
from ..context import MigrationContext

_VIEW = """
create table(:posts) do
  add :status, :string
end

execute "CREATE VIEW live_posts AS SELECT id, status FROM posts", "DROP VIEW live_posts"
"""


class ModifyBlockedByDependents(Rule):
    id = "modify-blocked-by-dependents"
    level = Level.DANGER
    tags = ("columns", "fails", "history")
    silences = (
        "modify-restates-type",
        "modify-column-with-check",
        "set-not-null-scan",
        "modify-type-rewrite",
        "statement-fails",
    )

    fires = (
        Case(
            about="A view selects the column",
            before=(_VIEW,),
            text="""
            alter table(:posts) do
              modify :status, «:text», from: :string
            end
            """,
        ),
        Case(
            about="Of two columns the one that the view selects",
            before=(_VIEW.replace("add :status, :string", "add :status, :string\n  add :views, :integer"),),
            text="""
            alter table(:posts) do
              modify :views, :integer, default: 0, from: {:integer, default: nil}
              modify :status, «:text», from: :string
            end
            """,
        ),
    )
    silent = (
        Case(
            about="The view does not use the column",
            before=(_VIEW.replace("SELECT id, status", "SELECT id"),),
            text="""
            alter table(:posts) do
              modify :status, :text, from: :string
            end
            """,
        ),
        Case(
            about="The view is dropped first",
            before=(_VIEW,),
            text="""
            execute "DROP VIEW live_posts", "CREATE VIEW live_posts AS SELECT id, status FROM posts"

            alter table(:posts) do
              modify :status, :text, from: :string
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AlterColumnType):
            failure = next(
                (
                    failure
                    for failure in step.effect.failures
                    if failure.cause == "dependents" and failure.certain and failure.span == operation.span
                ),
                None,
            )
            if failure is None or operation.column is None:
                continue
            yield self.finding(
                operation.span,
                f"Fails: the type of `{operation.relation}.{operation.column}` cannot be altered,"
                f" {failure.reason.rstrip('.')}.",
                level=context.level(self.level, operation.relation, step),
                label="something depends on this column",
                reason="PostgreSQL refuses `ALTER COLUMN … TYPE`, which every `modify` sends, while something"
                " depends on the column.",
                advice="Drop the dependent, change the column, and make the dependent again; or send only"
                " `SET NOT NULL` or `SET DEFAULT` by `execute`.",
                subject=subject(operation.relation, step.statement, column=operation.column),
            )
