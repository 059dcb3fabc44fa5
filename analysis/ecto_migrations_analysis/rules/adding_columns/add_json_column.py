"""Column of type json, for which PostgreSQL has no equality.

## What happens
`json` keeps the text as it came and has no operator for equality. A query that has to compare whole rows fails
with `could not identify an equality operator for type json` as soon as the column is among what it selects:
`distinct: true`, `group_by`, `union`. Ecto selects every field of a schema, so that adding the field breaks such
queries elsewhere. It has no index of its own either.

## When it is silent
- The type is `jsonb`, which `:map` and `{:map, _}` are.
- `modify` restates `json` for a column that is `json` already.

In a new table no query breaks yet: there it is for your information.

## Instead

    add :settings, :map

`jsonb` loses the order of keys and duplicate keys. Where the exact text matters, keep it as `:text`.

## Measured
PostgreSQL 18: SQLSTATE 42883 for `SELECT DISTINCT`, `GROUP BY` and `UNION`; `data type json has no default operator
class` (42704) for an index with btree or GIN.

## References
- PostgreSQL documentation, JSON Types
- ecto_sql, `Ecto.Adapters.Postgres`: `:map` is `jsonb`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import AlterColumnType, Relation
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..made_columns import made_columns


class AddJsonColumn(Rule):
    id = "add-json-column"
    level = Level.RISK
    tags = ("columns", "application")

    fires = (
        Case(
            about="The plain form",
            text="""
            alter table(:posts) do
              add :settings, «:json»
            end
            """,
        ),
        Case(
            about="A column becomes json",
            text="""
            alter table(:posts) do
              modify :settings, «:json», from: :jsonb
            end
            """,
        ),
        Case(
            about="A new table",
            text="""
            create table(:posts) do
              add :settings, «:json»
            end
            """,
        ),
        Case(
            about="In SQL",
            text='execute "ALTER TABLE posts ADD COLUMN settings «json»", "ALTER TABLE posts DROP COLUMN settings"',
        ),
    )
    silent = (
        Case(
            about=":map and :jsonb",
            text="""
            alter table(:posts) do
              add :settings, :map
              add :meta, :jsonb, default: "{}"
            end
            """,
        ),
        Case(
            about="It is json already",
            before=("create table(:posts) do\n  add :settings, :json\nend",),
            text="""
            alter table(:posts) do
              modify :settings, :json, null: true, from: {:json, null: false}
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, table, column, span in _becoming_json(context):
            new = context.is_new(table, step)
            yield self.finding(
                span,
                f"`{table}.{column}` becomes json, which has no equality: DISTINCT, GROUP BY and UNION over it"
                " fail.",
                level=Level.INFO if new else context.level(self.level, table, step),
                label="cannot be compared or indexed",
                reason="`json` is text that is only checked; `jsonb` is the type that PostgreSQL can compare and"
                " index.",
                advice="Use `:map`, which is `jsonb`.",
                subject=subject(table, step.statement, column=column),
            )


def _becoming_json(context: MigrationContext) -> Iterator[tuple[Step, Relation, str, Span]]:
    for step, relation, made in made_columns(context):
        if made.type.name == "json":
            yield step, relation, made.name or "…", made.type_span
    for step, operation in context.forward(AlterColumnType):
        if operation.type.name != "json":
            continue
        table = step.before.table(operation.relation)
        known = table.columns.get(operation.column or "") if table is not None else None
        if (known.type if known is not None else operation.stated_from) != operation.type:
            yield step, operation.relation, operation.column or "…", operation.span
