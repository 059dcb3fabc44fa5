"""Column of a domain with constraints, added to a table that has rows.

## What happens
For a column of a domain that has a CHECK or is NOT NULL, PostgreSQL does not take the shortcut of an ordinary new
column: it checks the value of every row, though all of them are NULL or the default, and writes the whole table
again with all its indexes, under ACCESS EXCLUSIVE. Where the domain does not allow NULL and the column has no
default, it fails at the first row.

## When it is silent
- The migration creates the table itself.
- The domain is known to have no constraint, or is not known.
- The column is an array of the domain.

## Instead
Give the column the type below the domain, which is instant, and the constraint as a CHECK of the table, NOT VALID
at first:

    alter table(:posts) do
      add :rating, :integer
    end

    create constraint(:posts, :rating_is_positive, check: "rating > 0", validate: false)

## Measured
PostgreSQL 18: `rewriting table "posts"` and every index rebuilt for a domain with a CHECK, with and without a
default; nothing for one without constraints, or for an array; `domain … does not allow null values` (23502).

## References
- PostgreSQL documentation, ALTER TABLE, Notes: "Adding … a column with a domain data type that has constraints
  will require the entire table and its indexes to be rewritten"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddColumn, DataType, Relation
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext

_DOMAIN = 'execute "CREATE DOMAIN stars AS integer CHECK (VALUE > 0)", "DROP DOMAIN stars"'


class AddConstrainedDomainColumn(Rule):
    id = "add-constrained-domain-column"
    level = Level.DANGER
    tags = ("columns", "rewrite", "blocking", "history")

    fires = (
        Case(
            about="A domain of an earlier migration",
            before=(_DOMAIN,),
            text="""
            alter table(:posts) do
              add :rating, «:stars»
            end
            """,
        ),
        Case(
            about="A domain of the same migration, and a default",
            text=f"""
            {_DOMAIN}

            alter table(:posts) do
              add :rating, «:stars», default: 1
            end
            """,
        ),
        Case(
            about="A constraint that came later",
            before=(
                'execute "CREATE DOMAIN stars AS integer", "DROP DOMAIN stars"',
                'execute "ALTER DOMAIN stars ADD CHECK (VALUE > 0)", ""',
            ),
            text='execute "ALTER TABLE posts ADD COLUMN rating «stars»", ""',
        ),
    )
    silent = (
        Case(
            about="A domain without constraints",
            before=('execute "CREATE DOMAIN stars AS integer", "DROP DOMAIN stars"',),
            text="alter table(:posts), do: add(:rating, :stars)",
        ),
        Case(
            about="An array of the domain",
            before=(_DOMAIN,),
            text="alter table(:posts), do: add(:ratings, {:array, :stars})",
        ),
        Case(
            about="A type that is not known",
            text="alter table(:posts), do: add(:rating, :stars)",
        ),
        Case(
            about="A new table",
            before=(_DOMAIN,),
            text="""
            create table(:posts) do
              add :rating, :stars
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddColumn):
            column, table = operation.column, operation.relation
            if context.has_no_rows(table, step) or not _constrained(step.before, column.type):
                continue
            refuses = column.default is None
            yield self.finding(
                column.type_span,
                f"The constrained domain `{column.type}` rewrites `{table}` and all its indexes under"
                " ACCESS EXCLUSIVE: reads and writes wait.",
                level=context.level(self.level, table, step),
                label="checked for every row",
                reason="PostgreSQL checks the domain's constraints for each row, though all have the same value."
                + (" If the domain does not allow NULL, it fails at the first row." if refuses else ""),
                advice="Take the type below the domain, and add its constraint to the table as a CHECK with"
                " `validate: false`.",
                subject=subject(table, step.statement, column=column.name),
            )


def _constrained(schema: Schema, type_: DataType) -> bool:
    if type_.dimensions or type_.name is None:
        return False
    domain = schema.domains.get(Schema.key(Relation(type_.name, type_.schema)))
    return domain is not None and domain.constrained
