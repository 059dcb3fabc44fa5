"""`change` that cannot be rolled back.

## What happens
On rollback Ecto runs `change` backwards, and raises `Ecto.MigrationError` at the first command it has no inverse
for: `remove` without a type, `modify` without `from:`, `add_if_not_exists`, `drop table`, `drop constraint`,
`execute` with one argument. The rollback stops there; in a transaction nothing is undone.

## When it is silent
- Every command in `change` has an inverse.
- The migration defines `up` and `down` itself.

## Instead
Tell Ecto what was there:

    remove :legacy, :text
    modify :title, :text, from: :string
    execute "CREATE EXTENSION citext", "DROP EXTENSION citext"

or write `up` and `down`.

## Measured
Against ecto_sql 3.13: the messages are Ecto's own.

## References
- ecto_sql, `Ecto.Migration.Runner.reverse/1` and `table_reverse/2`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import Case, Rule
from ..context import MigrationContext


class IrreversibleChange(Rule):
    id = "irreversible-change"
    level = Level.RISK
    databases = ("postgres", "mysql", "sqlite", "mssql")
    tags = ("rollback",)

    fires = (
        Case(
            about="remove without a type",
            text="""
            alter table(:posts) do
              add :summary, :text
              «remove :legacy»
            end
            """,
        ),
        Case(
            about="modify without from:",
            text="""
            alter table(:posts) do
              «modify :title, :text»
            end
            """,
        ),
        Case(about="execute with one argument", text="«execute \"COMMENT ON TABLE posts IS 'x'\"»"),
        Case(about="drop table", text="«drop table(:posts)»"),
    )
    silent = (
        Case(
            about="Everything has an inverse",
            text="""
            alter table(:posts) do
              add :summary, :text
              remove :legacy, :text
              modify :title, :text, from: :string
            end

            execute "COMMENT ON TABLE posts IS 'x'", "COMMENT ON TABLE posts IS NULL"
            """,
        ),
        Case(
            about="up and down",
            text="""
            def up do
              drop table(:posts)
            end

            def down do
              create table(:posts)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.down
        if program is None or program.irreversible is None:
            return
        irreversible = program.irreversible
        yield self.finding(
            irreversible.span,
            f"Rollback raises: {irreversible.message.rstrip('.')}.",
            level=self.level if irreversible.certain else Level.INFO,
            label="has no inverse",
            reason="Ecto runs `change` backwards on rollback and stops at the first command without an inverse.",
            advice="Say what was there (`remove :c, :type`, `modify …, from: …`, `execute up, down`), or write"
            " `up` and `down`.",
            forward=False,
        )
