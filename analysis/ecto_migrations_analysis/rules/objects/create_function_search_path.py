"""SECURITY DEFINER function that trusts the caller's search_path.

## What happens
A SECURITY DEFINER function runs with the rights of its owner, which for migrations is the owner of the tables. Names
without a schema are looked up in the caller's `search_path`: who may create a table or a function in a schema of that
path (everybody has `pg_temp`) has the function use it, with the owner's rights.

## When it is silent
- The function has `SET search_path`.
- It runs with the caller's rights (SECURITY INVOKER, the default).

## Instead

    CREATE FUNCTION app.close_account(bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = app, pg_temp
    AS $$ UPDATE accounts SET closed = true WHERE id = $1 $$

## Measured
PostgreSQL 18: a temporary table of the caller is read instead of the owner's table of the same name.

## References
- PostgreSQL documentation, CREATE FUNCTION, "Writing SECURITY DEFINER Functions Safely"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateFunction
from ..base import Case, Rule, subject
from ..context import MigrationContext

_HEAD = "CREATE FUNCTION close_account(bigint) RETURNS void LANGUAGE sql SECURITY DEFINER"
_BODY = "AS $$ UPDATE accounts SET closed = true WHERE id = $1 $$"


class CreateFunctionSearchPath(Rule):
    id = "create-function-search-path"
    level = Level.RISK
    tags = ("functions", "security")

    fires = (
        Case(
            about="Without a search_path",
            text=f'execute "«{_HEAD} {_BODY}»", "DROP FUNCTION close_account"',
        ),
    )
    silent = (
        Case(
            about="With a search_path",
            text=f'execute "{_HEAD} SET search_path = public, pg_temp {_BODY}", "DROP FUNCTION close_account"',
        ),
        Case(
            about="With the caller's rights",
            text=f'execute "{_HEAD} {_BODY}", "DROP FUNCTION close_account"'.replace(" SECURITY DEFINER", ""),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateFunction):
            if not operation.security_definer or operation.has_search_path:
                continue
            yield self.finding(
                operation.span,
                f"`{operation.name}` runs with its owner's rights on whatever the caller's search_path finds.",
                level=context.level(self.level, operation.name, step),
                label="SET search_path is missing",
                reason="A table or function of the caller's, in a schema that comes first, takes the place of yours.",
                advice="Add `SET search_path = …, pg_temp` with the schemas that it needs.",
                subject=subject(operation.name, step.statement),
            )
