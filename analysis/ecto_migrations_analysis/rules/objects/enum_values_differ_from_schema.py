"""Enum type or CHECK that lists other values than the schema's Ecto.Enum.

## What happens
`Ecto.Enum` accepts the values that the schema lists, and the database those of the enum type or the CHECK. A value
that only the schema has fails at INSERT (`invalid input value for enum`, or `check_violation`). A value that only the
database has is fine until a row carries it: then loading that row raises `ArgumentError: cannot load … as type`.

## When it is silent
- The values are the same after the last migration.
- The field is no `Ecto.Enum`, or its values cannot be read.
- The type or the check is not known entirely, or the check is none of the form `column IN (…)`.

## Instead
Add a value to the database first, in a migration of its own, and deploy it; then add it to `values:`. The other way
round to take one away.

## Measured
PostgreSQL 18: `ERROR: invalid input value for enum status: "gone"`.

## References
- ecto, `Ecto.Enum`
- PostgreSQL documentation, Enumerated Types
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...findings import Finding, Level
from ...operations import AddEnumValue, CreateEnum, Relation
from ...schema.state import Schema
from ..application import uses_of
from ..base import Case, Rule, subject
from ..context import MigrationContext

if TYPE_CHECKING:
    from ...analysis import Step
    from ...syntax.span import Span
    from ..application import FieldUse

_IN = re.compile(
    r"[\s(]*\"?(?P<column>\w+)\"?(?:::\w+)?\s+in\s*\(\s*(?P<values>'[^']*'(?:\s*,\s*'[^']*')*)\s*\)[\s)]*",
    re.I,
)
_POST = """
defmodule MyApp.Post do
  use Ecto.Schema

  schema "posts" do
    field :status, Ecto.Enum, values: [:draft, :published]
  end
end
"""
_TYPE = "execute \"«CREATE TYPE status AS ENUM ('draft', 'public')»\", \"DROP TYPE status\"\n"
_TABLE = """
create table(:posts) do
  add :status, :status
end
"""
_CHECK = """
create table(:posts) do
  add :status, :string
end

create «constraint(:posts, :known_status, check: "status IN ('draft', 'public')")»
"""


class EnumValuesDifferFromSchema(Rule):
    id = "enum-values-differ-from-schema"
    level = Level.RISK
    tags = ("enums", "application")

    fires = (
        Case(about="An enum type", lib=(_POST,), text=_TYPE + _TABLE),
        Case(about="A CHECK", lib=(_POST,), text=_CHECK),
        Case(
            about="A value that the schema lacks",
            lib=(_POST,),
            before=(
                "execute \"CREATE TYPE status AS ENUM ('draft', 'published')\", \"DROP TYPE status\"\n"
                + _TABLE,
            ),
            text='execute "«ALTER TYPE status ADD VALUE \'archived\'»", ""',
        ),
    )
    silent = (
        Case(
            about="The same values",
            lib=(_POST.replace("published", "public"),),
            text=(_TYPE + _TABLE).replace("«", "").replace("»", ""),
        ),
        Case(
            about="A check of the same values",
            lib=(_POST.replace("published", "public"),),
            text=_CHECK.replace("«", "").replace("»", ""),
        ),
        Case(
            about="A later migration adds what is missing",
            lib=(_POST.replace(":published", ":published, :public"),),
            text=(_TYPE + _TABLE).replace("«", "").replace("»", ""),
            after=('execute "ALTER TYPE status ADD VALUE \'published\'", ""',),
        ),
        Case(
            about="A plain string",
            lib=(_POST.replace("Ecto.Enum, values: [:draft, :published]", ":string"),),
            text=_CHECK.replace("«", "").replace("»", ""),
        ),
        Case(
            about="A check that says more",
            lib=(_POST,),
            text=_CHECK.replace("«", "").replace("»", "").replace("')\"", "') OR hidden\""),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        if project.latest is None or project.ecto_schemas is None:
            return
        seen: set[tuple[Relation, str]] = set()
        for step, span, name in _types(context):
            latest = project.latest()
            enum = latest.enums.get(name)
            if enum is None or not enum.complete or latest.uncertain:
                continue
            for table in latest.tables.values():
                for column in table.columns.values():
                    kind = Relation(column.type.name, column.type.schema)
                    if Schema.key(kind) != name or (table.relation, column.name) in seen:
                        continue
                    seen.add((table.relation, column.name))
                    for use in uses_of(context, table.relation, column.name):
                        yield from self._compare(
                            use, enum.values, f"the type `{name}`", span, step, table.relation
                        )
        for step, relation, definition in context.added_constraints("check"):
            known = project.latest().table(relation)
            if known is None or known.uncertain or definition.name not in known.constraints:
                continue
            sql = definition.expression.sql if definition.expression is not None else None
            match = _IN.fullmatch(sql or "")
            if match is None:
                continue
            values = tuple(re.findall(r"'([^']*)'", match["values"]))
            for use in uses_of(context, relation, match["column"].lower()):
                yield from self._compare(use, values, f"`{definition.name}`", definition.span, step, relation)

    def _compare(
        self, use: FieldUse, values: tuple[str, ...], what: str, span: Span, step: Step, relation: Relation
    ) -> Iterator[Finding]:
        stated = use.field.values
        if not stated or not use.certain or (use.field.type or "").startswith("{"):
            return
        only_there = [value for value in stated if value not in values]
        only_here = [value for value in values if value not in stated]
        column = f"{relation}.{use.field.column}"
        if only_there:
            message = (
                f"{what} does not allow {_listed(only_there)}, which {use.schema.module} has for `{column}`:"
            )
            message += " such an insert fails."
        elif only_here:
            message = (
                f"{use.schema.module} does not know {_listed(only_here)}, which {what} allows in `{column}`:"
            )
            message += " such a row cannot be loaded."
        else:
            return
        yield self.finding(
            span,
            message[0].upper() + message[1:],
            level=self.level if only_there else Level.INFO,
            label="not the values of the schema",
            reason="Ecto.Enum and the database each have their own list of values.",
            advice="Make the lists the same: new values in the database first, then in the schema.",
            related=(use.related,),
            subject=subject(relation, step.statement, column=use.field.column),
        )


def _types(context: MigrationContext) -> Iterator[tuple[Step, Span, Relation]]:
    """The enum types that the migration touches, each at the last place."""
    found: dict[Relation, tuple[Step, Span]] = {}
    for step in context.steps:
        for operation in step.statement.operations:
            if isinstance(operation, CreateEnum | AddEnumValue):
                found[Schema.key(operation.name)] = (step, operation.span)
    for name, (step, span) in found.items():
        yield step, span, name


def _listed(values: list[str]) -> str:
    names = [f"`{value}`" for value in values[:3]]
    more = f" and {len(values) - 3} more" if len(values) > 3 else ""
    return ", ".join(names) + more
