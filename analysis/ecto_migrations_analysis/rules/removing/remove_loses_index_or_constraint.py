"""Index or constraint lost with a dropped column.

## What happens
`DROP COLUMN` silently drops every index and every constraint that mentions the column, also those on several
columns: a unique index on `(team_id, email)` is gone with `team_id`, and from then on duplicates are accepted.

## When it is silent
- Only single-column indexes and constraints go.
- The table is not known, or the migration makes a replacement.

## Instead
Say it: drop the index or constraint in a step of its own, and build what must replace it first.

## Measured
PostgreSQL 18: the indexes are gone from pg_index, with no NOTICE.

## References
- PostgreSQL documentation, ALTER TABLE, `DROP COLUMN`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateIndex, DropColumn
from ..base import Case, Rule, subject
from ..context import MigrationContext

_MEMBERS = """
create table(:members) do
  add :team_id, :bigint
  add :email, :string
end

create unique_index(:members, [:team_id, :email])
"""


class RemoveLosesIndexOrConstraint(Rule):
    id = "remove-loses-index-or-constraint"
    level = Level.RISK
    tags = ("columns", "indexes", "history")

    fires = (
        Case(
            about="A unique index on two columns",
            before=(_MEMBERS,),
            text="""
            alter table(:members) do
              «remove :team_id, :bigint»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="An index on the column alone",
            before=(_MEMBERS.replace("[:team_id, :email]", "[:team_id]"),),
            text="""
            alter table(:members) do
              remove :team_id, :bigint
            end
            """,
        ),
        Case(
            about="The index was dropped before",
            before=(_MEMBERS, "drop index(:members, [:team_id, :email])"),
            text="""
            alter table(:members) do
              remove :team_id, :bigint
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        rebuilt = {operation.relation for _, operation in context.forward(CreateIndex)}
        for step, operation in context.forward(DropColumn):
            table = step.before.table(operation.relation)
            if table is None or operation.column is None or operation.relation in rebuilt:
                continue
            if context.is_new(operation.relation, step):
                continue
            lost = [
                ("unique index" if index.definition.unique else "index", index.name)
                for index in table.indexes.values()
                if index.constraint is None
                and len(index.definition.elements) > 1
                and any(element.column == operation.column for element in index.definition.elements)
            ] + [
                (f"{constraint.definition.kind} constraint", constraint.name)
                for constraint in table.constraints.values()
                if constraint.definition.kind in ("unique", "primary key", "foreign key", "exclusion")
                and len(constraint.definition.columns) > 1
                and operation.column in constraint.definition.columns
            ]
            if not lost:
                continue
            yield self.finding(
                operation.span,
                f"Dropping `{operation.relation}.{operation.column}` silently drops"
                f" {', '.join(f'{kind} `{name}`' for kind, name in lost)} too.",
                level=context.level(self.level, operation.relation, step),
                label="more goes than the column",
                reason="PostgreSQL drops every index and constraint that mentions the column, without a word.",
                advice="Drop it explicitly, and build what replaces it before.",
                subject=subject(operation.relation, step.statement, column=operation.column),
            )
