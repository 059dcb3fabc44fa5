"""`on_delete: :nilify_all` on a NOT NULL column.

## What happens
When a parent is deleted, PostgreSQL sets the foreign key of its children to NULL, and refuses: `null value in column
"author_id" of relation "posts" violates not-null constraint` (23502). Every delete of a parent that has children fails;
one without children passes, as in most tests.

For a key of several columns (`with:`) all of them are set to NULL, the tenant's column too, unless
`on_delete: {:nilify, [:author_id]}` names the ones that are meant (PostgreSQL 15 and later).

## When it is silent
- The columns are nullable, or what they are is not known.

## Instead
`null: true`, or another `on_delete:` (`:delete_all`, `:restrict`); for a key of several columns `{:nilify, [:author_id]}`.

## Measured
PostgreSQL 18: SQLSTATE 23502 for a parent with children, none for one without; with `SET NULL (author_id)` it passes.

## References
- PostgreSQL documentation, CREATE TABLE, `REFERENCES … ON DELETE SET NULL`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level, Related
from ...operations import ConstraintDefinition, Relation, SetNotNull
from ...schema.state import Table
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext

_AUTHORS = "create table(:authors)"
_POSTS = """
create table(:posts) do
  add :author_id, references(:authors, on_delete: :nilify_all)
end
"""


class NilifyNotNull(Rule):
    id = "nilify-not-null"
    level = Level.DANGER
    tags = ("constraints", "fails")

    fires = (
        Case(
            about="In a new table",
            before=(_AUTHORS,),
            text="""
            create table(:posts) do
              add :author_id, «references(:authors, on_delete: :nilify_all)», null: false
            end
            """,
        ),
        Case(
            about="NOT NULL comes later",
            before=(_AUTHORS, _POSTS),
            text="""
            execute "ALTER TABLE posts ALTER COLUMN author_id «SET NOT NULL»",
                    "ALTER TABLE posts ALTER COLUMN author_id DROP NOT NULL"
            """,
        ),
        Case(
            about="The other column of a composite key",
            before=(
                "create table(:authors) do\n  add :org_id, :bigint\nend\ncreate unique_index(:authors, [:id, :org_id])",
            ),
            text="""
            create table(:posts) do
              add :org_id, :bigint, null: false
              add :author_id, «references(:authors, on_delete: :nilify_all, with: [org_id: :org_id])»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="Nullable",
            before=(_AUTHORS,),
            text="""
            create table(:posts) do
              add :author_id, references(:authors, on_delete: :nilify_all)
            end
            """,
        ),
        Case(
            about="Another action",
            before=(_AUTHORS,),
            text="""
            create table(:posts) do
              add :author_id, references(:authors, on_delete: :delete_all), null: false
            end
            """,
        ),
        Case(
            about="Only the column that is meant",
            before=(
                "create table(:authors) do\n  add :org_id, :bigint\nend\ncreate unique_index(:authors, [:id, :org_id])",
            ),
            text="""
            create table(:posts) do
              add :org_id, :bigint, null: false
              add :author_id, references(:authors, on_delete: {:nilify, [:author_id]}, with: [org_id: :org_id])
            end
            """,
        ),
        Case(
            about="Made nullable below",
            before=(_AUTHORS,),
            text="""
            create table(:posts) do
              add :author_id, references(:authors, on_delete: :nilify_all), null: false
            end

            execute "ALTER TABLE posts ALTER COLUMN author_id DROP NOT NULL", ""
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        said: set[tuple[Relation, str]] = set()
        for step, child, constraint in context.added_constraints("foreign key"):
            for column in _not_null(context, child, constraint):
                said.add((child, column))
                yield self._said(context, step, child, column, constraint.span, constraint)
        for step, operation in context.forward(SetNotNull):
            table = step.before.table(operation.relation)
            for state in table.constraints.values() if table is not None else ():
                column = operation.column or ""
                definition = state.definition
                if (operation.relation, column) in said or column not in _nulled(definition):
                    continue
                if column not in _not_null(context, operation.relation, definition):
                    continue
                place = state.origin.place
                finding = self._said(context, step, operation.relation, column, operation.span, definition)
                related = (Related(f"`{state.name}` was created here", place),) if place else ()
                yield self.finding(
                    finding.span,
                    finding.message,
                    level=finding.level,
                    label=finding.label,
                    reason=finding.reason,
                    advice=finding.advice,
                    related=related,
                    subject=finding.subject,
                )

    def _said(
        self,
        context: MigrationContext,
        step: Step,
        child: Relation,
        column: str,
        span: Span,
        constraint: ConstraintDefinition,
    ) -> Finding:
        parent = constraint.references
        several = len(constraint.columns) > 1
        return self.finding(
            span,
            f"Each delete in `{parent}` that has rows in `{child}` fails: ON DELETE SET NULL of `{child}.{column}`,"
            " which is NOT NULL.",
            level=context.level(self.level, child, step),
            label=f"{column} is NOT NULL",
            reason="PostgreSQL sets the column to NULL when the parent is deleted, and its NOT NULL refuses that.",
            advice="Name the columns that are to be set: `on_delete: {:nilify, […]}` (PostgreSQL 15)."
            if several
            else "Make the column nullable, or choose another `on_delete:`.",
            subject=subject(child, step.statement, column=column),
        )


def _nulled(constraint: ConstraintDefinition) -> tuple[str, ...]:
    """The columns that a delete of the parent sets to NULL."""
    if constraint.kind != "foreign key" or (constraint.on_delete or "").upper() != "SET NULL":
        return ()
    return constraint.on_delete_columns or constraint.columns


def _not_null(context: MigrationContext, child: Relation, constraint: ConstraintDefinition) -> list[str]:
    """Those of them that the migration leaves NOT NULL."""
    names = _nulled(constraint)
    if not names or not context.steps:
        return []
    table: Table | None = context.steps[-1].after.table(child)
    if table is None or table.uncertain:
        return []
    key = table.primary_key
    return [
        name
        for name in names
        if (column := table.columns.get(name)) is not None
        and not column.uncertain
        and (column.not_null or name in key)
    ]
