"""Integer key or foreign key column changed to another width.

## What happens
`integer` and `bigint` are stored differently: the whole table is written again under ACCESS EXCLUSIVE, with all its
indexes. For a key it is more than that. Every foreign key that points to it, or that the column has, is validated
again in the same statement, and the tables at its other end are under ACCESS EXCLUSIVE as long: reads and writes of
all of them wait.

A sequence that `serial` made keeps its own type: `nextval: reached maximum value of sequence` (2147483647) comes
all the same, and columns that refer to the key stay as narrow as they were.

## When it is silent
- The migration creates the table itself.
- The history does not know the column for a key or a foreign key: then `modify-type-rewrite` speaks.

## Instead
A new `bigint` column beside the old one, kept equal by a trigger and filled in batches; a unique index on it built
concurrently; then, in one short transaction, the columns change names and the key its index. Start with the columns
that refer to the key. And for the sequence:

    execute "ALTER SEQUENCE authors_id_seq AS bigint", "ALTER SEQUENCE authors_id_seq AS integer"

## Measured
PostgreSQL 18: `rewriting table`, every index rebuilt, `validating foreign key constraint`, ACCESS EXCLUSIVE on the
referencing tables; afterwards the sequence is still `integer`, and `nextval` fails with SQLSTATE 2200H.

## References
- PostgreSQL documentation, ALTER TABLE, Notes; Serial Types; ALTER SEQUENCE, `AS`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AlterColumnType
from ...schema.state import Schema, Table
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spelling import listed
from .modify_type_rewrite import type_before

_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_OLD = """
create table(:authors, primary_key: [type: :serial])

create table(:posts) do
  add :author_id, references(:authors, type: :integer)
  add :views, :integer
end
"""


class ModifyPrimaryOrFkIntWidening(Rule):
    id = "modify-primary-or-fk-int-widening"
    level = Level.DANGER
    tags = ("columns", "constraints", "rewrite", "blocking", "history")
    silences = ("modify-type-rewrite",)

    fires = (
        Case(
            about="A primary key that others refer to",
            before=(_OLD,),
            text="""
            alter table(:authors) do
              modify :id, «:bigint», from: :integer
            end
            """,
        ),
        Case(
            about="A foreign key column",
            before=(_OLD,),
            text="""
            alter table(:posts) do
              modify :author_id, «:bigint», from: :integer
            end
            """,
        ),
        Case(
            about="In SQL",
            before=(_OLD,),
            text="""
            execute "ALTER TABLE authors ALTER COLUMN id «TYPE bigint»", ""
            """,
        ),
    )
    silent = (
        Case(
            about="No key: it is an ordinary rewrite",
            before=(_OLD,),
            text="""
            alter table(:posts) do
              modify :views, :bigint, from: :integer
            end
            """,
        ),
        Case(
            about="The key keeps its type",
            before=(_OLD,),
            text="""
            alter table(:posts) do
              modify :id, :bigint, comment: "number", from: :bigint
            end
            """,
        ),
        Case(
            about="A table that is not known",
            text="""
            alter table(:authors) do
              modify :id, :bigint, from: :integer
            end
            """,
        ),
        Case(
            about="A new table",
            text="""
            create table(:authors, primary_key: [type: :serial])

            alter table(:authors) do
              modify :id, :bigint, from: :integer
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AlterColumnType):
            relation, name = operation.relation, operation.column
            table = step.before.table(relation)
            if table is None or name is None or context.is_new(relation, step):
                continue
            old = type_before(operation, table.columns.get(name))
            if old is None or not {old.name, operation.type.name} <= _INTEGERS or old == operation.type:
                continue
            if Schema.key(relation) not in step.effect.rewrites:
                continue
            ends = _other_ends(step.before, table, name)
            key = name in table.primary_key
            if not key and not ends:
                continue
            others = [end for end in ends if end != str(Schema.key(relation))]
            waiting = listed([f"`{item}`" for item in (str(relation), *others)])
            sequence = table.columns[name].type.serial if name in table.columns else False
            yield self.finding(
                operation.span,
                f"Changing `{relation}.{name}` from {old} to {operation.type} rewrites `{relation}`"
                + (" and validates its foreign keys" if ends else "")
                + f" under ACCESS EXCLUSIVE: reads and writes of {waiting} wait.",
                level=context.level(self.level, relation, step),
                label="every row is written again",
                reason="The two are stored differently, and a foreign key is made again with the type of its column."
                + (
                    " The sequence of the column stays `integer`: ALTER SEQUENCE … AS bigint."
                    if sequence
                    else ""
                ),
                advice="Add a column of the new type, keep it equal by a trigger, fill it in batches, build its"
                " unique index concurrently, then swap the two in one short transaction.",
                subject=subject(relation, step.statement, column=name),
            )


def _other_ends(schema: Schema, table: Table, column: str) -> list[str]:
    """The tables that foreign keys of this column or to it connect it with."""
    own = [
        constraint.definition.references
        for constraint in table.constraints.values()
        if constraint.definition.kind == "foreign key" and column in constraint.definition.columns
    ]
    referring = [
        child.relation
        for child, constraint in schema.referencing(table.relation)
        if column in (constraint.definition.referenced_columns or table.primary_key)
    ]
    return sorted({str(Schema.key(relation)) for relation in (*own, *referring) if relation is not None})
