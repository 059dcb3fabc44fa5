"""Column of type char.

## What happens
`char(n)` fills every value with blanks up to its length. They come back when the column is read, count in `LIKE`,
vanish when the value is joined with another, and are ignored in comparisons. It is neither smaller nor faster than
`text`.

## When it is silent
- The type is `text` or `varchar`.

## Instead

    add :country, :text

with a CHECK where the length matters: `check: "char_length(country) = 2"`.

## Measured
PostgreSQL 18: `'DE'` in `char(3)` is read as `'DE '`, `code LIKE 'DE'` is false, `code || '!'` is `'DE!'`.

## References
- PostgreSQL documentation, Character Types
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AlterColumnType, DataType
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..made_columns import made_columns


class NoChar(Rule):
    id = "no-char"
    level = Level.INFO
    tags = ("columns",)

    fires = (
        Case(
            about="With a size",
            text="""
            create table(:countries) do
              add :code, «:char», size: 2
            end
            """,
        ),
        Case(
            about="In SQL",
            text='execute "ALTER TABLE posts ADD COLUMN code «character(3)»", "ALTER TABLE posts DROP COLUMN code"',
        ),
        Case(
            about="A column becomes one",
            text='execute "ALTER TABLE posts ALTER COLUMN code «TYPE char(3)»", ""',
        ),
    )
    silent = (
        Case(
            about="text and varchar",
            text="""
            create table(:countries) do
              add :code, :text
              add :name, :string
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        found = [
            (step, table, column.name, column.type, column.type_span)
            for step, table, column in made_columns(context)
        ]
        found += [
            (step, operation.relation, operation.column, operation.type, operation.span)
            for step, operation in context.forward(AlterColumnType)
        ]
        for step, table, name, type_, span in found:
            if not _is_char(type_):
                continue
            yield self.finding(
                span,
                f"`{table}.{name or '…'}` is {type_}: its values are filled up with blanks.",
                level=self.level,
                label="filled up with blanks",
                reason="The blanks are read back, and count in some comparisons and not in others.",
                advice="Use `:text`, and a CHECK where the length matters.",
                subject=subject(table, step.statement, column=name),
            )


def _is_char(type_: DataType) -> bool:
    return type_.name in ("character", "bpchar")
