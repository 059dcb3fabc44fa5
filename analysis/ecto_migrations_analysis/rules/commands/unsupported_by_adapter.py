"""Something that the repo's adapter refuses.

## What happens
The adapter raises `ArgumentError` when the migration comes to it, before the command is sent. Where DDL is not
transactional (MySQL), what stands above it has happened by then and stays. Where it is only in the way back, the
rollback raises.

Refused are, among others:

- by SQLite: every `modify`, `create constraint` and `drop constraint`, `add_if_not_exists`, `remove_if_exists`,
  and of an index `concurrently`, `using`, `include`, `only`, `nulls_distinct`, `prefix`;
- by MySQL: of an index `where`, `nulls_distinct: false`, `create_if_not_exists`, `drop_if_exists`; array types;
  exclusion constraints; `mode: :cascade` of an index or constraint; `references(…, validate: false)` in `alter`;
- by SQL Server: `using` of an index, array types, exclusion constraints, `validate: false`, `mode: :cascade`.

## When it is silent
- The adapter accepts it, also where it passes over it without a word.
- PostgreSQL: what its adapter refuses is said by other rules.
- A value that the text does not tell.

## Instead
See the finding: it names the way that the adapter has.

## Measured
ecto_sql 3.13.5 (MyXQL, Tds) and ecto_sqlite3 0.22: 413 migrations, each with what was sent or raised.

## References
- ecto_sql, `Ecto.Adapters.MyXQL.Connection.execute_ddl/1`, `Ecto.Adapters.Tds.Connection.execute_ddl/1`
- ecto_sqlite3, `Ecto.Adapters.SQLite3.Connection.execute_ddl/1`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import Command
from ..base import Case, Rule
from ..context import MigrationContext
from ..refusals import refusals, with_nested

_NAMES = {"mysql": "MyXQL adapter", "sqlite": "SQLite adapter", "mssql": "Tds adapter"}
_MYSQL = "Ecto.Adapters.MyXQL"
_SQLITE = "Ecto.Adapters.SQLite3"
_MSSQL = "Ecto.Adapters.Tds"


class UnsupportedByAdapter(Rule):
    id = "unsupported-by-adapter"
    level = Level.DANGER
    databases = ("mysql", "sqlite", "mssql")
    tags = ("fails", "adapters")

    fires = (
        Case(
            about="modify on SQLite",
            adapter=_SQLITE,
            text="""
            alter table(:posts) do
              add :state, :string
              «modify :title, :text»
            end
            """,
        ),
        Case(
            about="A constraint on SQLite",
            adapter=_SQLITE,
            text='create «constraint(:posts, :positive, check: "views >= 0")»',
        ),
        Case(
            about="A partial index on MySQL",
            adapter=_MYSQL,
            text='create index(:posts, [:title], «where: "hidden"»)',
        ),
        Case(
            about="If exists, in the way back",
            adapter=_MYSQL,
            text="""
            def up do
              create index(:posts, [:title])
            end

            def down do
              «drop_if_exists index(:posts, [:title])»
            end
            """,
        ),
        Case(
            about="Not validated, on SQL Server",
            adapter=_MSSQL,
            text='create constraint(:posts, :positive, check: "views >= 0", «validate: false»)',
        ),
    )
    silent = (
        Case(
            about="A partial index on SQLite", adapter=_SQLITE, text='create index(:posts, [:a], where: "b")'
        ),
        Case(
            about="modify on MySQL",
            adapter=_MYSQL,
            text="""
            alter table(:posts) do
              modify :title, :text, null: false
            end
            """,
        ),
        Case(
            about="Everything on PostgreSQL",
            text='create_if_not_exists index(:posts, [:title], where: "hidden", using: :gist)',
        ),
        Case(
            about="Passed over by MySQL",
            adapter=_MYSQL,
            text="create index(:posts, [:title], include: [:views])",
        ),
        Case(
            about="A value that is not known",
            adapter=_MYSQL,
            text="create index(:posts, [:title], where: condition())",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        migration = context.migration.migration
        if migration.up is not None:
            for command in with_nested(migration.up.commands):
                yield from self._refused(context, command, forward=True)
        if migration.down is not None and migration.down.callback == "down":
            for command in with_nested(migration.down.commands):
                yield from self._refused(context, command, forward=False)

    def _refused(self, context: MigrationContext, command: Command, forward: bool) -> Iterator[Finding]:
        database = context.analysis.project.database
        name = _NAMES[database]
        for refusal in refusals(command, database):
            level = self.level if forward and command.always else Level.RISK
            yield self.finding(
                refusal.span,
                f"The {name} refuses {refusal.what}:"
                f" {'the migration' if forward else 'the rollback'} raises ArgumentError.",
                level=level,
                label=f"the {name} raises here",
                reason="The adapter raises before it sends the command."
                + (" What stands above has happened already." if database == "mysql" else ""),
                advice=refusal.advice,
                forward=forward,
            )
