"""Serial column where PostgreSQL has identities.

## What happens
`serial` is a shorthand for an integer, a sequence and a default. The sequence has rights of its own, which a role
that may insert into the table does not have; nothing stops an INSERT with a number that the sequence has yet to
give; and the default survives copies of the table (`LIKE … INCLUDING DEFAULTS`), which then share one sequence. An
identity is the SQL standard's form, and the sequence belongs to the column.

## When it is silent
- The column is an identity, a UUID, or a plain integer.

## Instead
For all tables of a repo, in its configuration:

    config :my_app, MyApp.Repo, migration_primary_key: [type: :identity]

or for one: `create table(:posts, primary_key: [type: :identity])`.

## Measured
PostgreSQL 18: a role with INSERT on the table alone gets `permission denied for sequence` (42501) for a serial, and
none for an identity.

## References
- PostgreSQL documentation, Identity Columns; Serial Types
- ecto_sql, `Ecto.Migration`, "Repo configuration", `:migration_primary_key`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..made_columns import made_columns


class PreferIdentity(Rule):
    id = "prefer-identity"
    level = Level.INFO
    tags = ("columns",)

    fires = (
        Case(about="The primary key that Ecto implies", text="create «table(:posts)»"),
        Case(
            about="Another column",
            text="""
            create table(:posts, primary_key: false) do
              add :number, «:bigserial»
            end
            """,
        ),
        Case(
            about="In SQL",
            text='execute "CREATE TABLE posts (id «bigserial» PRIMARY KEY)", "DROP TABLE posts"',
        ),
    )
    silent = (
        Case(about="An identity", text="create table(:posts, primary_key: [type: :identity])"),
        Case(
            about="The repo's configuration says so",
            text="create table(:posts)",
            config="migration_primary_key: [type: :identity]",
        ),
        Case(about="A UUID", text="create table(:posts, primary_key: [type: :uuid])"),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, table, column in made_columns(context):
            if not column.type.serial:
                continue
            yield self.finding(
                column.type_span,
                f"`{table}.{column.name or '…'}` is a serial, whose sequence has rights and a life of its own.",
                level=self.level,
                label="not an identity",
                reason="The sequence of an identity belongs to its column; that of a serial is only its default.",
                advice="Use `:identity`; for every primary key, `migration_primary_key: [type: :identity]` in the"
                " repo's configuration.",
                subject=subject(table, step.statement, column=column.name),
            )
