"""Constraint of a domain that every table with such a column has to pass.

## What happens
`ALTER DOMAIN … ADD CONSTRAINT` and `SET NOT NULL` read every table that has a column of the domain, under SHARE on each
of them: writes to all wait until the migration commits, and one bad value in one table makes it fail. The statement
names none of these tables. `VALIDATE CONSTRAINT` does the same: other than that of a table, it makes writes wait.

A domain that is created with a CHECK brings that along, and more: a column of it is added to a table only by a
rewrite. That is for your information.

## When it is silent
- `NOT VALID`, which reads nothing and binds new values alone.
- The migration creates the domain itself, and alters it; or no table has a column of it.

## Instead
A CHECK on the column of each table, `validate: false` first and validated in the next migration, during which writes go
on. Where it must be the domain, NOT VALID binds new values at once and reads nothing:

    execute "ALTER DOMAIN positive ADD CONSTRAINT above_zero CHECK (VALUE > 0) NOT VALID"

## Measured
PostgreSQL 15, 17 and 18, `pg_locks` after `ALTER DOMAIN … ADD CONSTRAINT … CHECK`, after `SET NOT NULL` and after
`VALIDATE CONSTRAINT`: SHARE on the table that has such a column; with NOT VALID nothing. A bad value: SQLSTATE 23514.

## References
- PostgreSQL documentation, ALTER DOMAIN
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import AlterDomain, CreateDomain
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spelling import listed

_DOMAIN = """
execute "CREATE DOMAIN positive AS integer", "DROP DOMAIN positive"
execute "CREATE TABLE prices (amount positive)", "DROP TABLE prices"
"""
_READS = {
    "add constraint": "ADD CONSTRAINT",
    "set not null": "SET NOT NULL",
    "validate constraint": "VALIDATE CONSTRAINT",
}


class ConstraintInDomain(Rule):
    id = "constraint-in-domain"
    level = Level.RISK
    tags = ("constraints", "scan", "blocking")

    fires = (
        Case(
            about="Added",
            before=(_DOMAIN,),
            text='execute "«ALTER DOMAIN positive ADD CONSTRAINT above_zero CHECK (VALUE > 0)»", ""',
        ),
        Case(
            about="Validated",
            before=(_DOMAIN,),
            text='execute "«ALTER DOMAIN positive VALIDATE CONSTRAINT above_zero»", ""',
        ),
        Case(about="NOT NULL", text='execute "«ALTER DOMAIN positive SET NOT NULL»", ""'),
        Case(
            about="Created with one",
            text='execute "«CREATE DOMAIN positive AS integer CHECK (VALUE > 0)»", "DROP DOMAIN positive"',
        ),
    )
    silent = (
        Case(
            about="NOT VALID",
            before=(_DOMAIN,),
            text='execute "ALTER DOMAIN positive ADD CONSTRAINT above_zero CHECK (VALUE > 0) NOT VALID", ""',
        ),
        Case(
            about="Without a constraint",
            text='execute "CREATE DOMAIN positive AS integer", "DROP DOMAIN positive"',
        ),
        Case(
            about="No table has it",
            before=('execute "CREATE DOMAIN positive AS integer", ""',),
            text='execute "ALTER DOMAIN positive SET NOT NULL", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        made = {Schema.key(operation.name) for _, operation in context.forward(CreateDomain)}
        for step in context.steps:
            for operation in step.statement.operations:
                if isinstance(operation, CreateDomain) and operation.constrained:
                    yield self._created(context, step, operation)
                elif isinstance(operation, AlterDomain) and operation.clause in _READS:
                    if operation.validated and Schema.key(operation.name) not in made:
                        yield from self._altered(context, step, operation)

    def _altered(self, context: MigrationContext, step: Step, operation: AlterDomain) -> Iterator[Finding]:
        name = operation.name
        tables = [
            f"`{table.relation}`"
            for table in step.before.tables.values()
            if any(column.type.name == name.name for column in table.columns.values())
        ]
        if not tables and step.before.complete and not step.before.uncertain:
            return
        where = listed(tables) if tables else f"every table that has a column of `{name}`"
        yield self.finding(
            operation.span,
            f"{_READS[operation.clause]} of the domain `{name}` reads {where} under SHARE: writes wait, and one bad"
            " value makes it fail.",
            level=context.level(self.level, name, step),
            label="reads every table that uses the domain",
            reason="All columns of the domain have to fulfil it, in all tables, in this one statement.",
            advice="Put a CHECK on the columns, table by table: that can be validated while writes go on. NOT VALID binds"
            " new values alone, and reads nothing.",
            subject=subject(name, step.statement),
        )

    def _created(self, context: MigrationContext, step: Step, operation: CreateDomain) -> Finding:
        name = operation.name
        return self.finding(
            operation.span,
            f"The constraint of the domain `{name}` binds every table that will use it: adding such a column rewrites"
            " the table, and changing the constraint reads all of them.",
            level=Level.INFO,
            label="a constraint that belongs to no table",
            reason="PostgreSQL checks a domain's constraint in all tables at once, under locks on all of them.",
            advice="A plain column with a CHECK of its own can be changed table by table.",
            subject=subject(name, step.statement),
        )
