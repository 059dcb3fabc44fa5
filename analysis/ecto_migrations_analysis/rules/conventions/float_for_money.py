"""Amount of money as a binary fraction.

## What happens
`:float` is `double precision`: most decimal fractions have no exact value in it. Sums drift, comparisons of equal
amounts fail, and the order of addition changes the result.

## When it is silent
- The type is `numeric` (`:decimal`) or an integer.
- The column's name does not say that it is an amount of money: it looks for price, cost, fee, salary, wage, tax,
  revenue, payment, refund, deposit, budget, discount and subtotal among the words of the name, and for amount, total
  and balance where the table's name says that it is about money (orders, invoices, payments, …). A name that says a
  rate or a share (`tax_rate`, `discount_percent`) is none.

## Instead

    add :price, :decimal, precision: 12, scale: 2
    add :price_cents, :bigint

## Measured
PostgreSQL 18: `0.1 + 0.1 + 0.1 = 0.3` is false as `float8`, and true as `numeric`.

## References
- PostgreSQL documentation, Numeric Types, Floating-Point Types
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..made_columns import made_columns

_MONEY = frozenset(
    {
        "price",
        "prices",
        "cost",
        "costs",
        "fee",
        "fees",
        "salary",
        "wage",
        "tax",
        "revenue",
        "payment",
        "refund",
    }
    | {"deposit", "budget", "discount", "subtotal", "money"}
)
# An amount may be one of anything; in these tables it is one of money.
_AMOUNT = frozenset({"amount", "total", "balance"})
_ABOUT_MONEY = frozenset(
    {
        "order",
        "invoice",
        "payment",
        "refund",
        "donation",
        "purchase",
        "charge",
        "wallet",
        "payout",
        "transaction",
    }
)
_NO_AMOUNT = frozenset(
    {"rate", "ratio", "percent", "percentage", "share", "factor", "weight", "count", "time"}
)


class FloatForMoney(Rule):
    id = "float-for-money"
    level = Level.INFO
    tags = ("columns",)

    fires = (
        Case(
            about="A price",
            text="""
            create table(:products) do
              add :price, «:float»
              add :shipping_cost, «:real»
            end
            """,
        ),
        Case(
            about="In SQL",
            text='execute "ALTER TABLE orders ADD COLUMN total «double precision»", "ALTER TABLE orders DROP COLUMN total"',
        ),
    )
    silent = (
        Case(
            about="Exact types",
            text="""
            create table(:products) do
              add :price, :decimal, precision: 12, scale: 2
              add :total_cents, :bigint
            end
            """,
        ),
        Case(
            about="No amount of money",
            text="""
            create table(:places) do
              add :latitude, :float
              add :tax_rate, :float
              add :price_factor, :float
            end
            """,
        ),
        Case(
            about="An amount of something else",
            text="""
            create table(:ingredients) do
              add :amount, :float
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, table, column in made_columns(context):
            if column.type.name not in ("double precision", "real") or column.name is None:
                continue
            words = _words(column.name)
            known = _MONEY
            if any(word.removesuffix("s") in _ABOUT_MONEY for word in _words(table.name or "")):
                known = _MONEY | _AMOUNT
            if words.isdisjoint(known) or not words.isdisjoint(_NO_AMOUNT):
                continue
            yield self.finding(
                column.type_span,
                f"`{table}.{column.name}` keeps an amount as {column.type}, which rounds decimal fractions.",
                level=self.level,
                label="rounds decimal fractions",
                reason="Binary fractions have no exact value for most decimal ones: sums drift and equal amounts"
                " differ.",
                advice="Use `:decimal` with a precision and a scale, or an integer number of the smallest unit.",
                subject=subject(table, step.statement, column=column.name),
            )


def _words(name: str) -> set[str]:
    return set(re.split(r"[_\W\d]+", name.lower()))
