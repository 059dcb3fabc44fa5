"""String of limited length.

## What happens
Ecto's `:string` is `varchar(255)`: a value of 256 characters fails with `value too long` (22001), which a changeset
without `validate_length` does not expect, and another limit later is a change of type. The limit saves nothing:
`varchar` and `text` are stored in the same way.

## When it is silent
- The type is `text`, or `varchar` without a limit.
- `modify` restates the type that the column has.

## Instead

    add :title, :text

and, where a limit is meant, `validate_length/3` with a CHECK, which is changed without a change of type:

    create constraint(:posts, :title_length, check: "char_length(title) <= 120")

## Measured
PostgreSQL 18: SQLSTATE 22001 for 256 characters; `pg_column_size` of both types is the same.

## References
- PostgreSQL documentation, Character Types, Tip
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AlterColumnType, DataType, Relation
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..made_columns import made_columns


class PreferText(Rule):
    id = "prefer-text"
    level = Level.INFO
    tags = ("columns",)

    fires = (
        Case(
            about=":string",
            text="""
            create table(:posts) do
              add :title, «:string»
              add :slugs, «{:array, :string}»
            end
            """,
        ),
        Case(
            about="A column becomes one",
            before=("create table(:posts) do\n  add :title, :text\nend",),
            text="""
            alter table(:posts) do
              modify :title, «:string», size: 120, from: :text
            end
            """,
        ),
        Case(
            about="In SQL",
            text='execute "ALTER TABLE posts ADD COLUMN title «varchar(80)»", "ALTER TABLE posts DROP COLUMN title"',
        ),
    )
    silent = (
        Case(
            about="text",
            text="""
            create table(:posts) do
              add :title, :text
              add :slug, :varchar
            end
            """,
        ),
        Case(
            about="It is one already",
            before=("create table(:posts) do\n  add :title, :string\nend",),
            text="""
            alter table(:posts) do
              modify :title, :string, null: true, from: {:string, null: true}
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, table, column in made_columns(context):
            if _is_limited(column.type):
                about = subject(table, step.statement, column=column.name)
                yield self._said(column.type_span, table, column.name, column.type, about)
        for step, operation in context.forward(AlterColumnType):
            known = step.before.table(operation.relation)
            column_before = known.columns.get(operation.column or "") if known is not None else None
            old = column_before.type if column_before is not None else operation.stated_from
            if _is_limited(operation.type) and old != operation.type:
                about = subject(operation.relation, step.statement, column=operation.column)
                yield self._said(operation.span, operation.relation, operation.column, operation.type, about)

    def _said(
        self, span: Span, table: Relation, column: str | None, type_: DataType, about: dict[str, str]
    ) -> Finding:
        return self.finding(
            span,
            f"`{table}.{column or '…'}` ends at {type_.modifiers[0]} characters.",
            level=self.level,
            label=f"varchar({type_.modifiers[0]})",
            reason="A longer value fails in the database; a limit saves no room, and another one is a change of"
            " type.",
            advice="Use `:text`, and a CHECK where a limit is meant.",
            subject=about,
        )


def _is_limited(type_: DataType) -> bool:
    return type_.name == "character varying" and bool(type_.modifiers)
