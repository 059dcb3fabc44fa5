"""Column that the table does not have.

## What happens
The statement fails with `undefined_column` (42703): `column "titel" of relation "posts" does not exist`. Mostly the
name is misspelt.

## When it is silent
- The table is not known entirely: it was made elsewhere, or something that cannot be followed may have changed it.
- `IF EXISTS`.
- An expression of an index: only plain columns are looked at.

## Instead
Correct the name.

## Measured
PostgreSQL 18: `ERROR: column "titel" of relation "posts" does not exist`; in an index
`ERROR: column "titel" does not exist`.

## References
- PostgreSQL documentation, ALTER TABLE, CREATE INDEX
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import AddConstraint, CreateIndex, DropColumn, Relation
from ...operations.tables import ColumnOperation
from ...program import commands
from ...schema.state import Schema
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spelling import meant, nearest

# PostgreSQL documentation, "System Columns".
_SYSTEM = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
_POSTS = """
create table(:posts) do
  add :title, :string
  timestamps()
end
"""


class UnknownColumn(Rule):
    id = "unknown-column"
    level = Level.DANGER
    tags = ("fails", "history")

    fires = (
        Case(
            about="Misspelt",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify «:titel», :text, from: :string
              remove «:inserted», :naive_datetime
            end
            """,
        ),
        Case(about="In an index", before=(_POSTS,), text="create index(:posts, [:id, «:titel»])"),
        Case(about="Renamed", before=(_POSTS,), text="rename table(:posts), «:titel», to: :name"),
    )
    silent = (
        Case(
            about="It is there",
            before=(_POSTS,),
            text="create index(:posts, [:title, :inserted_at, :id])",
        ),
        Case(
            about="Added above, and in the same block",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              add :state, :string
            end

            create index(:posts, [:state])
            """,
        ),
        Case(
            about="The table is not known",
            text="""
            alter table(:posts) do
              remove :titel, :string
            end
            """,
        ),
        Case(
            about="If it exists",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              remove_if_exists :titel, :string
            end
            """,
        ),
        Case(
            about="Code that cannot be followed",
            before=(_POSTS, "MyApp.Blog.Columns.add_all()"),
            text="create index(:posts, [:state])",
        ),
        Case(about="An expression", before=(_POSTS,), text='create index(:posts, ["lower(titel)"])'),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            # Columns of the same statement: Ecto puts the adds where they are written, PostgreSQL first.
            known, left = step.before, step.after
            if known.uncertain:
                return
            for operation in step.statement.operations:
                relation: Relation
                names: list[tuple[str, Span]]
                if isinstance(operation, CreateIndex):
                    relation, names = operation.relation, _indexed(operation, step.statement.command)
                elif isinstance(operation, ColumnOperation) and operation.column is not None:
                    if isinstance(operation, DropColumn) and operation.if_exists:
                        continue
                    relation, names = operation.relation, [(operation.column, operation.column_span)]
                elif isinstance(operation, AddConstraint) and operation.of_new_column is None:
                    definition = operation.constraint
                    relation = operation.relation
                    names = [(name, definition.span) for name in definition.columns]
                else:
                    continue
                table = known.table(relation)
                if table is None or not table.complete or table.uncertain:
                    continue
                after = left.tables.get(Schema.key(table.relation))
                there = {*table.columns, *(after.columns if after is not None else ())}
                for name, span in names:
                    if name in there or name in _SYSTEM:
                        continue
                    near = nearest(name, table.columns)
                    place = table.origin.place
                    yield self.finding(
                        span,
                        f"`{relation}` has no column `{name}`{meant(near)}: fails with undefined_column.",
                        level=context.level(self.level, relation, step),
                        label=f"is it {near}?" if near is not None else "no such column",
                        reason="Every migration that touches the table is known, and none adds it.",
                        advice=f"Write `{near}`."
                        if near is not None
                        else "Correct the name, or add the column first.",
                        related=(Related(f"`{relation}` was created here", place),) if place else (),
                        subject=subject(relation, step.statement, column=name, near=near),
                    )


def _indexed(operation: CreateIndex, command: commands.Command | None) -> list[tuple[str, Span]]:
    """The plain columns of an index; where the DSL names them one by one, each at its place."""
    names = [element.column for element in operation.elements]
    spans = [operation.span] * len(names)
    if isinstance(command, commands.CreateIndex) and len(command.index.columns) == len(names):
        spans = [
            item.span if item.span.end > item.span.start else operation.span for item in command.index.columns
        ]
    return [(name, span) for name, span in zip(names, spans, strict=True) if name is not None]
