"""Key of 32 bits or less.

## What happens
An `integer` key ends at 2,147,483,647, a `smallint` at 32,767. The insert after that fails, and making the column
wider rewrites the whole table, and everything that refers to it has to follow. `:id` in a migration is `integer`,
though the schema type of that name holds 64 bits; so are `:serial` and `:integer`.

## When it is silent
- The column is neither a foreign key nor a primary key that counts its rows: one that is a serial, or called `id` or
  `…_id`. A year is a key that does not run out.
- It is a foreign key to a key that is known to be as narrow.

## Instead

    create table(:posts)
    add :author_id, references(:authors)

Ecto makes `bigserial` and `bigint` of these.

## Measured
PostgreSQL 18: `nextval: reached maximum value of sequence` (2200H) after 2147483647; `integer out of range` (22003)
for a reference beyond it.

## References
- PostgreSQL documentation, Numeric Types
- ecto_sql, `Ecto.Adapters.Postgres.Connection.ecto_to_db/1`: `:id` is `integer`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import AddConstraint, ConstraintDefinition, CreateTable, Relation
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..made_columns import made_columns

_LAST = {"smallint": "32,767", "integer": "2,147,483,647"}


class PreferBigint(Rule):
    id = "prefer-bigint"
    level = Level.INFO
    tags = ("columns",)

    fires = (
        Case(
            about="A serial primary key",
            text="create table(:posts, primary_key: [type: «:serial»])",
        ),
        Case(
            about=":id is an integer",
            text="""
            create table(:posts) do
              add :author_id, «references(:authors, type: :id)»
            end
            """,
        ),
        Case(
            about="In SQL",
            text='execute "CREATE TABLE posts (id «smallint» PRIMARY KEY, views integer)", "DROP TABLE posts"',
        ),
        Case(
            about="A foreign key column added later",
            text="""
            alter table(:posts) do
              add :author_id, «references(:authors, type: :integer, validate: false)»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="What Ecto makes by itself",
            text="""
            create table(:posts) do
              add :author_id, references(:authors)
            end
            """,
        ),
        Case(
            about="No key",
            text="""
            create table(:posts) do
              add :views, :integer
            end
            """,
        ),
        Case(
            about="Keys that count nothing",
            text="""
            create table(:reports, primary_key: false) do
              add :year, :integer, primary_key: true
              add :month, :integer, primary_key: true
            end
            """,
        ),
        Case(
            about="The key it refers to is as narrow",
            before=("create table(:authors, primary_key: [type: :serial])",),
            text="""
            create table(:posts) do
              add :author_id, references(:authors, type: :integer)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, table, column in made_columns(context):
            last = _LAST.get(column.type.name or "")
            if last is None or column.type.dimensions or column.name is None:
                continue
            counts = column.type.serial or column.name == "id" or column.name.endswith("_id")
            keys = [
                key
                for key in _keys(step, table)
                if column.name in key.columns and (counts or key.kind == "foreign key")
            ]
            if not keys or all(_is_as_narrow(step.before, key, column.name) for key in keys):
                continue
            yield self.finding(
                column.type_span,
                f"The key `{table}.{column.name}` is {column.type}, which ends at {last}.",
                level=self.level,
                label="ends too early for a key",
                reason="Making a key wider later rewrites the table, and every table that refers to it.",
                advice="Use `:bigserial`, `:bigint` or a UUID, and references without `type: :id` or `:integer`.",
                subject=subject(table, step.statement, column=column.name),
            )


def _keys(step: Step, table: Relation) -> list[ConstraintDefinition]:
    """The primary and foreign keys that the statement makes on the table."""
    found: list[ConstraintDefinition] = []
    for operation in step.statement.operations:
        if isinstance(operation, CreateTable) and operation.relation == table:
            found += operation.constraints
        elif isinstance(operation, AddConstraint) and operation.relation == table:
            found.append(operation.constraint)
    return [key for key in found if key.kind in ("primary key", "foreign key")]


def _is_as_narrow(schema: Schema, key: ConstraintDefinition, column: str) -> bool:
    """Whether the column refers to one that is known to be no wider than `integer`."""
    parent = schema.table(key.references) if key.references is not None else None
    if parent is None:
        return False
    targets = dict(zip(key.columns, key.referenced_columns or parent.primary_key, strict=False))
    target = parent.columns.get(targets.get(column, ""))
    return target is not None and target.type.name in _LAST
