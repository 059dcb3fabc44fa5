"""`validate: false` on MySQL, where it switches the constraint off.

## What happens
On PostgreSQL `validate: false` leaves out the check of old rows and checks every new one. The adapter for MySQL makes
`NOT ENFORCED` of it, which means that MySQL never checks the constraint: neither old rows nor new ones. It stands in
the schema, and every row that breaks it is accepted.

MariaDB has no `NOT ENFORCED`: there the statement fails.

## When it is silent
- The repo's adapter is not that of MySQL.
- `validate: false` of `references`, which the adapter refuses (`unsupported-by-adapter`).

## Instead
Leave `validate:` out; the table is then read once. Where that takes too long, switch it on in a later migration, at a
quiet hour:

    execute "ALTER TABLE posts ALTER CHECK views_not_negative ENFORCED"

## Measured
Read in the adapter's source, not run: `validate(false)` is `" NOT ENFORCED"`.

## References
- ecto_sql, `Ecto.Adapters.MyXQL.Connection.execute_ddl/1`
- MySQL documentation, "CHECK Constraints", `[NOT] ENFORCED`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import CreateConstraint
from ..base import Case, Rule
from ..context import MigrationContext
from ..refusals import with_nested

_MYSQL = "Ecto.Adapters.MyXQL"


class MysqlConstraintNotEnforced(Rule):
    id = "mysql-constraint-not-enforced"
    level = Level.DANGER
    databases = ("mysql",)
    tags = ("constraints", "adapters")

    fires = (
        Case(
            about="The plain form",
            adapter=_MYSQL,
            text='create constraint(:posts, :views_not_negative, check: "views >= 0", «validate: false»)',
        ),
    )
    silent = (
        Case(
            about="Validated",
            adapter=_MYSQL,
            text='create constraint(:posts, :views_not_negative, check: "views >= 0")',
        ),
        Case(
            about="PostgreSQL checks new rows",
            text='create constraint(:posts, :views_not_negative, check: "views >= 0", validate: false)',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.up
        for command in with_nested(program.commands) if program is not None else ():
            if not isinstance(command, CreateConstraint) or command.constraint.validate is not False:
                continue
            constraint = command.constraint
            if constraint.check is None:
                continue  # an exclusion, which the adapter refuses
            option = constraint.options_given.option("validate")
            table = constraint.table if isinstance(constraint.table, str) else "…"
            name = constraint.name if isinstance(constraint.name, str) else "…"
            yield self.finding(
                option.span if option is not None else constraint.span,
                f"MySQL never checks `{name}` on `{table}`: `validate: false` becomes NOT ENFORCED, for new rows too.",
                label="NOT ENFORCED",
                reason="The adapter has no other form; on PostgreSQL the same option leaves out old rows alone.",
                advice="Leave `validate: false` out, or `ALTER TABLE … ALTER CHECK … ENFORCED` in a later migration.",
            )
