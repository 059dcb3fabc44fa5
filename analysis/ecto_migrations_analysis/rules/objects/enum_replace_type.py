"""Enum replaced by another type.

## What happens
`ALTER COLUMN … TYPE new_enum USING c::text::new_enum` writes every row and every index of the table again, under
ACCESS EXCLUSIVE: reads and writes wait until the commit. That is the price of taking a value out of an enum, or of
changing the order.

## When it is silent
- The migration creates the table itself.
- The old and the new type are not both enums: `modify-type-rewrite` says it.

## Instead
A value that is only to be added, or called otherwise, needs no new type (`ADD VALUE`, `RENAME VALUE`). A value that
nobody is to use any more can stay in the type, and be kept out by a CHECK that is added NOT VALID and validated in
the next migration.

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE, `rewriting table`.

## References
- PostgreSQL documentation, ALTER TABLE, Notes; Enumerated Types
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AlterColumnType, DataType, Relation
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext

_BEFORE = """
execute "CREATE TYPE status AS ENUM ('draft', 'public')", "DROP TYPE status"
create table(:posts) do
  add :status, :status
end
"""
_SWAP = """
execute "ALTER TYPE status RENAME TO old_status", ""
execute "CREATE TYPE status AS ENUM ('draft', 'published')", ""
execute "ALTER TABLE posts ALTER status «TYPE status USING status::text::status»", ""
execute "DROP TYPE old_status", ""
"""


class EnumReplaceType(Rule):
    id = "enum-replace-type"
    level = Level.DANGER
    tags = ("enums", "columns", "rewrite", "blocking")
    silences = ("modify-type-rewrite",)

    fires = (
        Case(about="Under the same name", before=(_BEFORE,), text=_SWAP),
        Case(
            about="Under another name",
            before=(_BEFORE,),
            text="""
            execute "CREATE TYPE state AS ENUM ('draft')", "DROP TYPE state"
            execute "ALTER TABLE posts ALTER status «TYPE state USING status::text::state»", ""
            """,
        ),
    )
    silent = (
        Case(
            about="A table of the same migration",
            text=_BEFORE + _SWAP.replace("«", "").replace("»", ""),
        ),
        Case(
            about="An enum becomes a text",
            before=(_BEFORE,),
            text='execute "ALTER TABLE posts ALTER status TYPE text USING status::text", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AlterColumnType):
            table = operation.relation
            known = step.before.table(table)
            column = known.columns.get(operation.column or "") if known is not None else None
            if column is None or context.is_new(table, step):
                continue
            enums = step.before.enums
            if _key(column.type) not in enums or _key(operation.type) not in enums:
                continue
            if _key(column.type) == _key(operation.type) or table not in step.effect.rewrites:
                continue
            yield self.finding(
                operation.span,
                f"Swapping the enum of `{table}.{column.name}` rewrites `{table}` and all its indexes under ACCESS"
                " EXCLUSIVE: reads and writes wait.",
                level=context.level(self.level, table, step),
                label="every row is written again",
                reason=f"Each value is turned from `{column.type}` into a text and into `{operation.type}`.",
                advice="Add a value, or rename one, in the type that is there. Leave a value that nobody is to use in"
                " the type, and keep it out by a CHECK.",
                subject=subject(table, step.statement, column=column.name),
            )


def _key(kind: DataType) -> Relation:
    return Schema.key(Relation(kind.name, kind.schema))
