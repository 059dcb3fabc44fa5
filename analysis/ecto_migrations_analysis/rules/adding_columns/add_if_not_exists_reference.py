"""`add_if_not_exists` with `references`: the constraint is added in any case.

## What happens
Ecto sends `ADD COLUMN IF NOT EXISTS c …, ADD CONSTRAINT t_c_fkey FOREIGN KEY …`. The condition belongs to the column
alone. Where the column and its constraint exist, the statement fails: `constraint "posts_author_id_fkey" for relation
"posts" already exists`. What was written to be safe to run twice is not.

## When it is silent
- The migration creates the table itself.
- The type is no reference, or the foreign key is written inside of the column in SQL: there it belongs to the
  condition.

Where the history knows the column and its constraint to exist, it fails for certain; where it knows that there is
no such column, it is for your information.

## Instead
Where the column cannot exist, `add`. Otherwise the column by itself, and the constraint where it is missing:

    alter table(:posts) do
      add_if_not_exists :author_id, :bigint
    end

    execute "DO $$ BEGIN ALTER TABLE posts ADD CONSTRAINT posts_author_id_fkey FOREIGN KEY (author_id) REFERENCES authors NOT VALID; EXCEPTION WHEN duplicate_object THEN NULL; END $$"

## Measured
PostgreSQL 18: the second run fails with SQLSTATE 42710.

## References
- ecto_sql, `Ecto.Adapters.Postgres.Connection.column_change/2`, `:add_if_not_exists`
- PostgreSQL documentation, ALTER TABLE, `ADD COLUMN IF NOT EXISTS`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import AddColumn, AddConstraint
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POSTS = "create table(:authors)\n\ncreate table(:posts) do\n  add :title, :string\nend"


class AddIfNotExistsReference(Rule):
    id = "add-if-not-exists-reference"
    level = Level.DANGER
    tags = ("columns", "constraints", "fails")
    silences = ("statement-fails",)

    fires = (
        Case(
            about="A table that is not known",
            text="""
            alter table(:posts) do
              «add_if_not_exists :author_id, references(:authors)»
            end
            """,
        ),
        Case(
            about="Both exist",
            before=(_POSTS.replace("add :title, :string", "add :author_id, references(:authors)"),),
            text="""
            alter table(:posts) do
              «add_if_not_exists :author_id, references(:authors, validate: false)»
            end
            """,
        ),
        Case(
            about="There is no such column",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              «add_if_not_exists :author_id, references(:authors, validate: false)»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="A plain column",
            text="""
            alter table(:posts) do
              add_if_not_exists :author_id, :bigint
            end
            """,
        ),
        Case(
            about="In SQL, inside of the column",
            text="""
            execute "ALTER TABLE posts ADD COLUMN IF NOT EXISTS author_id bigint REFERENCES authors", ""
            """,
        ),
        Case(
            about="Unconditional",
            text="""
            alter table(:posts) do
              add :author_id, references(:authors, validate: false)
            end
            """,
        ),
        Case(
            about="A new table",
            before=("create table(:authors)",),
            text="""
            create table(:posts)

            alter table(:posts) do
              add_if_not_exists :author_id, references(:authors)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddColumn):
            table, name = operation.relation, operation.column.name
            if not operation.if_not_exists or name is None or context.is_new(table, step):
                continue
            key = _foreign_key(step, operation)
            if key is None:
                continue
            constraint = f"`{key.constraint.name or '…'}`"
            if any(item.certain and item.span == key.span for item in step.effect.failures):
                level, does = self.level, f"Fails: constraint {constraint} of `{table}` exists already."
            elif _column_is_missing(step, operation):
                level = Level.INFO
                does = f"`{table}.{name}` does not exist yet, and where it does, adding {constraint} fails."
            else:
                level = Level.RISK
                does = f"Where `{table}.{name}` exists, adding {constraint} fails all the same."
            yield self.finding(
                operation.span,
                does,
                level=context.level(level, table, step),
                label="the constraint has no IF NOT EXISTS",
                reason="IF NOT EXISTS belongs to the column; Ecto adds the constraint in a clause of its own, which"
                " has no such condition.",
                advice="Use `add` where the column cannot exist; otherwise add the plain column, and the"
                " constraint where the catalog has none.",
                subject=subject(table, step.statement, column=name, constraint=key.constraint.name),
            )


def _foreign_key(step: Step, operation: AddColumn) -> AddConstraint | None:
    for other in step.statement.operations:
        if isinstance(other, AddConstraint) and other.constraint.kind == "foreign key" and not other.inline:
            if other.of_new_column == operation.column.name:
                return other
    return None


def _column_is_missing(step: Step, operation: AddColumn) -> bool:
    table = step.before.table(operation.relation)
    if table is None or not table.complete or table.uncertain or step.before.uncertain:
        return False
    return operation.column.name not in table.columns
