"""Foreign key of another type than the key it points to.

## What happens
`references(:t)` makes a `bigint` column, whatever type the key of `t` has. Between types that PostgreSQL cannot
compare (`bigint` and `uuid`) it refuses the constraint: `foreign key constraint … cannot be implemented`. Between
`integer` and `bigint` it accepts it, and a 32-bit column then runs out before the key does.

## When it is silent
- The referenced table or its key is not known.
- The types are the same.

## Instead

    add :author_id, references(:authors, type: :binary_id)

or, for the whole repo, `migration_foreign_key: [type: :binary_id]` in its configuration.

## Measured
PostgreSQL 18: SQLSTATE 42804 for incompatible types; `integer` to `bigint` is accepted.

## References
- ecto_sql, `Ecto.Migration.references/2`, `:type`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import DataType, Relation
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext

# Types that PostgreSQL compares by one btree operator family (pg_amop, integer_ops): the constraint is accepted.
_INTEGERS = {"smallint": 16, "integer": 32, "bigint": 64}
_TEXTS = {"text", "character varying"}


class ForeignKeyTypeMismatch(Rule):
    id = "foreign-key-type-mismatch"
    level = Level.DANGER
    tags = ("constraints", "fails", "history")
    silences = ("statement-fails",)

    fires = (
        Case(
            about="A bigint column for a uuid key",
            before=(
                "create table(:authors, primary_key: false) do\n  add :id, :uuid, primary_key: true\nend",
            ),
            text="""
            create table(:posts) do
              add :author_id, «references(:authors)»
            end
            """,
        ),
        Case(
            about="32 bits for a 64-bit key",
            before=("create table(:authors)\ncreate table(:posts)",),
            text="""
            alter table(:posts) do
              add :author_id, «references(:authors, type: :integer, validate: false)»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="The right type",
            before=(
                "create table(:authors, primary_key: false) do\n  add :id, :uuid, primary_key: true\nend",
            ),
            text="""
            create table(:posts) do
              add :author_id, references(:authors, type: :binary_id)
            end
            """,
        ),
        Case(
            about="A table that is not known",
            text="create table(:posts) do\n  add :a_id, references(:as)\nend",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, child, constraint in context.added_constraints("foreign key"):
            parent = step.before.table(constraint.references) if constraint.references else None
            if parent is None:
                continue
            keys = constraint.referenced_columns or parent.primary_key
            for name, key in zip(constraint.columns, keys, strict=False):
                own = _column_type(step.after, child, name)
                target = _column_type(step.before, parent.relation, key)
                found = _mismatch(own, target) if own and target else None
                if found is None:
                    continue
                types = f"`{child}.{name}` is {own}, but `{constraint.references}.{key}` is {target}"
                fails = found == "fails"
                yield self.finding(
                    constraint.span,
                    f"Fails: {types}; PostgreSQL cannot compare them."
                    if fails
                    else f"{types}: it runs out before the key does.",
                    level=self.level if fails else Level.RISK,
                    label=f"the key is {target}",
                    reason="`references` takes `:bigserial` (bigint) where neither `type:` nor the repo's"
                    " configuration says otherwise.",
                    advice="Give the key's type: `references(…, type: …)`.",
                    subject=subject(child, step.statement, column=name),
                )


def _column_type(schema: Schema, relation: Relation, column: str) -> DataType | None:
    table = schema.table(relation)
    found = table.columns.get(column) if table else None
    return found.type if found else None


def _mismatch(own: DataType, key: DataType) -> str | None:
    """`fails`, `narrow`, or None where the constraint is sound (or its fate not known)."""
    if own.name in _INTEGERS and key.name in _INTEGERS:
        return "narrow" if _INTEGERS[own.name] < _INTEGERS[key.name] else None
    known = {*_INTEGERS, *_TEXTS, "uuid", "boolean", "bytea", "date"}
    if own.name not in known or key.name not in known or own.dimensions or key.dimensions:
        return None
    if own.name == key.name or {own.name, key.name} <= _TEXTS:
        return None
    return "fails"
