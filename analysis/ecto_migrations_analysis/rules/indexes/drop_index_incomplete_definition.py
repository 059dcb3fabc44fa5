"""`drop index` in `change` that a rollback would turn into another index.

## What happens
Ecto drops an index by its name alone, so `drop index(:posts, [:slug])` works for a unique or partial one too. On
rollback it creates the index exactly as written there: without `unique: true`, `where:` or `using:` that the
original had. The rollback succeeds and leaves a weaker index; duplicates are accepted from then on.

## When it is silent
- The index is not known, or the definition is the same.
- The migration has a `down` of its own.

## Instead
State the definition in full:

    drop unique_index(:posts, [:slug], where: "deleted_at IS NULL")

## Measured
Against ecto_sql 3.13: `drop index(:posts, [:slug])` comes back as `CREATE INDEX`, not `CREATE UNIQUE INDEX`.

## References
- ecto_sql, `Ecto.Migration.Runner.reverse/1`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateIndex, DropIndex
from ..base import Case, Rule, subject
from ..context import MigrationContext

_UNIQUE = """
create table(:posts) do
  add :slug, :string
end

create unique_index(:posts, [:slug], where: "slug <> ''")
"""


class DropIndexIncompleteDefinition(Rule):
    id = "drop-index-incomplete-definition"
    level = Level.RISK
    tags = ("indexes", "rollback", "history")

    fires = (
        Case(
            about="Neither unique nor partial any more",
            before=(_UNIQUE,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              «drop index(:posts, [:slug], concurrently: true)»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="In full",
            before=(_UNIQUE,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              drop unique_index(:posts, [:slug], where: "slug <> ''", concurrently: true)
            end
            """,
        ),
        Case(
            about="With a down of its own",
            before=(_UNIQUE,),
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              drop index(:posts, [:slug], concurrently: true)
            end

            def down do
              create unique_index(:posts, [:slug], where: "slug <> ''", concurrently: true)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.up
        if program is None or program.callback != "change" or "down" in context.migration.migration.callbacks:
            return
        for step, operation in context.forward(DropIndex):
            stated, relation = operation.stated, operation.relation
            table = step.before.table(relation) if relation else None
            if stated is None or table is None or relation is None or operation.name.name is None:
                continue
            known = table.indexes.get(operation.name.name)
            if known is None or not stated.complete:
                continue
            lost = _lost(known.definition, stated)
            if not lost:
                continue
            yield self.finding(
                operation.span,
                f"Rollback recreates `{known.name}` on `{relation}` without {' and '.join(lost)}.",
                level=context.level(self.level, relation, step),
                label="not the whole definition",
                reason="Ecto drops by name, and on rollback creates the index as it is written here.",
                advice="Write the definition in full, as in the migration that created it.",
                subject=subject(relation, step.statement, index=known.name),
                forward=False,
            )


def _lost(was: CreateIndex, stated: CreateIndex) -> list[str]:
    lost = []
    if was.unique and not stated.unique:
        lost.append("`unique`")
    if was.where is not None and stated.where is None:
        lost.append(f"`where: {was.where.sql}`" if was.where.sql else "its `where:`")
    if was.method != stated.method:
        lost.append(f"`using: {was.method}`")
    if was.include and not stated.include:
        lost.append("its `include:`")
    if [element.column for element in was.elements] != [element.column for element in stated.elements]:
        columns = ", ".join(element.column or "an expression" for element in was.elements)
        lost.append(f"its columns ({columns})")
    return lost
