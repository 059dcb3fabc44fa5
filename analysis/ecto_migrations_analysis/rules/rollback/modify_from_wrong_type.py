"""`from:` with another type than the column has.

## What happens
Ecto takes `from:` at its word. With `modify :title, :text, from: :string` on a column that is `varchar(40)`, a rollback
makes it `varchar(255)`; with the wrong kind of type it fails, or rewrites the table. The column then is what no other
environment has.

## When it is silent
- The type is the one that the history leaves.
- What the column is before is not known.
- The migration has a `down` of its own: then `from:` serves only foreign keys.

## Instead
The type as it was, with its options: `from: {:string, size: 40}`.

## Measured
ecto_sql 3.10 to 3.14: the reversed `modify` has the type of `from:` (tests/facts/runner.jsonl).

## References
- ecto_sql, `Ecto.Migration.modify/3`, `:from`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import AlterColumnType, DataType
from ...program.commands import AlterTable, Modify
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POSTS = """
create table(:posts) do
  add :title, :string, size: 40
  add :views, :bigint
end
"""


class ModifyFromWrongType(Rule):
    id = "modify-from-wrong-type"
    level = Level.RISK
    tags = ("rollback", "history")

    fires = (
        Case(
            about="Another type",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :views, :decimal, «from: :integer»
            end
            """,
        ),
        Case(
            about="Another length",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :title, :text, «from: :string»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="As it was",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :views, :decimal, from: :bigint
              modify :title, :text, from: {:string, size: 40}
            end
            """,
        ),
        Case(
            about="Not known",
            text="""
            alter table(:posts) do
              modify :views, :decimal, from: :integer
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.down
        if program is None or program.callback != "change":
            return
        for step, operation in context.forward(AlterColumnType):
            stated, relation = operation.stated_from, operation.relation
            table = step.before.table(relation)
            column = table.columns.get(operation.column or "") if table is not None else None
            if stated is None or column is None or table is None or table.uncertain or column.uncertain:
                continue
            if not stated.name or not column.type.name or _same(stated, column.type):
                continue
            place = column.changed.place or column.origin.place
            yield self.finding(
                _from_span(step.statement.command, operation),
                f"Rollback makes `{relation}.{column.name}` {stated}; it was {column.type}.",
                level=context.level(self.level, relation, step),
                label=f"it was {column.type}",
                reason="Ecto takes the type of `from:` for the way back, whatever the column is.",
                advice="Write the type that the column has before, with its size or precision.",
                related=(Related(f"it became {column.type} here", place),) if place else (),
                subject=subject(relation, step.statement, column=column.name),
                forward=False,
            )


def _same(one: DataType, other: DataType) -> bool:
    return (one.name, one.modifiers, one.dimensions) == (other.name, other.modifiers, other.dimensions)


def _from_span(command: object, operation: AlterColumnType) -> Span:
    for change in command.changes if isinstance(command, AlterTable) else ():
        if isinstance(change, Modify) and change.column == operation.column:
            option = change.options.option("from")
            if option is not None and option.span.end > option.span.start:
                return option.span
    return operation.span
