"""Status kept as text that may be anything.

## What happens
A text column takes every spelling. What the application validates, other writers, an older release or a migration
need not: a row with a status that no code knows is found when a function clause does not match.

## When it is silent
- A CHECK of the table mentions the column at the end of the migration.
- The type is an enum, or no text.
- The column's name does not say that it holds one of a few values: it ends in status, state, kind, role, level,
  phase, stage, mode, priority or visibility.

## Instead
Beside `Ecto.Enum` in the schema, a constraint; in a new table it costs nothing:

    create constraint(:posts, :posts_status, check: "status IN ('draft', 'live')")

## Measured
PostgreSQL 18: `'drfat'` is accepted; with the CHECK it fails with `check_violation` (23514).

## References
- PostgreSQL documentation, Constraints, Check Constraints
- ecto, `Ecto.Enum`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...schema.state import Table
from ...sql.expressions import columns_of
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..made_columns import made_columns

_TEXT = ("text", "character varying", "character", "citext")
_NAMES = frozenset(
    {"status", "state", "kind", "role", "level", "phase", "stage", "mode", "priority", "visibility"}
)

_ORDER = """
defmodule MyApp.Order do
  use Ecto.Schema

  schema "orders" do
    field :status, Ecto.Enum, values: [:open, :paid]
  end
end
"""


class StringStatusWithoutCheck(Rule):
    id = "string-status-without-check"
    level = Level.INFO
    tags = ("columns", "constraints")

    fires = (
        Case(
            about="A status, and a name that ends in it",
            text="""
            create table(:orders) do
              add :status, «:string», null: false
              add :payment_state, «:text»
            end
            """,
        ),
        Case(
            about="A CHECK of another column",
            text="""
            create table(:orders) do
              add :status, «:string»
              add :total, :integer
            end

            create constraint(:orders, :total_not_negative, check: "total >= 0")
            """,
        ),
        Case(
            about="The schema module knows the values",
            lib=(_ORDER,),
            text="""
            create table(:orders) do
              add :status, «:string», null: false
            end
            """,
        ),
    )
    silent = (
        Case(
            about="With a CHECK",
            text="""
            create table(:orders) do
              add :status, :string
            end

            create constraint(:orders, :orders_status, check: "status IN ('open', 'paid')")
            """,
        ),
        Case(
            about="An enum",
            text="""
            create table(:orders) do
              add :status, :order_status
              add :priority, :integer
            end
            """,
        ),
        Case(
            about="Text that is free",
            text="""
            create table(:orders) do
              add :note, :string
              add :status_note, :text
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, table, column in made_columns(context):
            if column.name is None or column.type.name not in _TEXT or column.type.dimensions:
                continue
            if column.name.lower().rpartition("_")[2] not in _NAMES:
                continue
            left = context.steps[-1].after.table(table)
            if left is None or column.name not in left.columns or _is_checked(left, column.name):
                continue
            yield self.finding(
                column.type_span,
                f"`{table}.{column.name}` takes any text: no CHECK says which values there are.",
                level=self.level,
                label="takes any text",
                reason="What the application validates holds for what it writes itself.",
                advice="Add a CHECK with the values; in an existing table with `validate: false` at first.",
                subject=subject(table, step.statement, column=column.name),
            )


def _is_checked(table: Table, column: str) -> bool:
    """Whether a CHECK mentions the column, or may."""
    for constraint in table.constraints.values():
        expression = constraint.definition.expression
        if constraint.definition.kind != "check" or expression is None:
            continue
        mentioned = columns_of(expression)
        if mentioned is None or column in mentioned:
            return True
    return False
