"""Several schema changes in one migration, which MySQL does not roll back.

## What happens
MySQL commits at every DDL statement, and Ecto opens no transaction for a migration there. When the second command
fails, the first has happened and stays, and the version is not recorded: running the migration again fails at the
first command (`Duplicate column name`, `Table already exists`), until somebody repairs it by hand.

## When it is silent
- One command changes the schema; an `alter table` with many columns is one command, and atomic.
- Every command but the last can be run again (`create_if_not_exists`, `drop_if_exists` of a table).
- All commands are about tables that the migration creates: they have no rows at which anything fails, and are easily
  dropped.

## Instead
One command in each migration.

## Measured
MariaDB 10.11: of 163 operations that changed the schema, ROLLBACK undid none.

## References
- MySQL documentation, "Statements That Cause an Implicit Commit"
- ecto_sql, `Ecto.Adapters.MyXQL.supports_ddl_transaction?/0`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import (
    AlterTable,
    Command,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropIndex,
    DropTable,
    Execute,
    RenameColumn,
    RenameIndex,
    RenameTable,
)
from ...program.terms import Text, Unknown
from ...syntax.span import Span
from ..base import Case, Rule
from ..context import MigrationContext
from ..refusals import with_nested

_MYSQL = "Ecto.Adapters.MyXQL"
_DDL = ("create ", "alter ", "drop ", "rename ", "truncate ")


class MysqlNoDdlTransaction(Rule):
    id = "mysql-no-ddl-transaction"
    level = Level.RISK
    databases = ("mysql",)
    tags = ("transactions", "adapters")

    fires = (
        Case(
            about="Two tables altered",
            adapter=_MYSQL,
            text="""
            alter table(:posts) do
              add :state, :string
            end

            alter «table(:users)» do
              add :state, :string
            end
            """,
        ),
    )
    silent = (
        Case(
            about="A new table with its index",
            adapter=_MYSQL,
            text="""
            create table(:tags) do
              add :name, :string
            end

            create unique_index(:tags, [:name])
            """,
        ),
        Case(
            about="One command",
            adapter=_MYSQL,
            text="""
            alter table(:posts) do
              add :state, :string
              add :kind, :string
            end
            """,
        ),
        Case(
            about="The first can be run again",
            adapter=_MYSQL,
            text="""
            create_if_not_exists table(:tags) do
              add :name, :string
            end

            create index(:tags, [:name])
            """,
        ),
        Case(
            about="Rows are no schema",
            adapter=_MYSQL,
            text="""
            execute "UPDATE posts SET state = 'a'", ""
            alter table(:posts) do
              add :kind, :string
            end
            """,
        ),
        Case(
            about="PostgreSQL rolls back",
            text="""
            create table(:tags)
            create table(:labels)
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.up
        if program is None:
            return
        found = [command for command in with_nested(program.commands) if _changes_schema(command)]
        fixed = [command for command in found if not _repeatable(command)]
        if len(found) < 2 or not fixed or (len(fixed) == 1 and found[-1] is fixed[0]):
            return
        second = found[found.index(fixed[0]) + 1] if fixed[0] is not found[-1] else found[-1]
        created = {command.table.name for command in found if isinstance(command, CreateTable)}
        if all(_table(command) in created for command in found):
            return
        yield self.finding(
            _span(second),
            f"MySQL does not roll back: if this fails, {_first(found.index(second))} before it"
            f" {'has' if found.index(second) == 1 else 'have'} happened, and the migration cannot be run again.",
            label=f"command {found.index(second) + 1} of {len(found)}",
            reason="Each DDL statement commits, and the version is recorded only at the end. Run again, the first"
            " command fails.",
            advice="One command that changes the schema in each migration.",
        )


def _first(count: int) -> str:
    return "the command" if count == 1 else f"the {count} commands"


def _changes_schema(command: Command) -> bool:
    if isinstance(command, Execute):
        text = command.up.value if isinstance(command.up, Text) else None
        return text is not None and text.lstrip().lower().startswith(_DDL)
    if isinstance(command, AlterTable):
        return bool(command.changes)
    kinds = CreateTable | DropTable | RenameTable | RenameColumn | CreateIndex | DropIndex | RenameIndex
    return isinstance(command, kinds | CreateConstraint | DropConstraint)


def _repeatable(command: Command) -> bool:
    if isinstance(command, CreateTable):
        return command.if_not_exists
    return isinstance(command, DropTable) and command.if_exists


def _table(command: Command) -> str | Unknown | None:
    match command:
        case CreateTable() | AlterTable() | DropTable() | RenameTable() | RenameColumn():
            return command.table.name
        case CreateIndex() | DropIndex() | RenameIndex():
            return command.index.table
        case CreateConstraint() | DropConstraint():
            return command.constraint.table
    return None


def _span(command: Command) -> Span:
    """The head of a command, without its block."""
    match command:
        case CreateTable() | AlterTable():
            found = command.table.span
        case CreateIndex() | DropIndex():
            found = command.index.span
        case CreateConstraint() | DropConstraint():
            found = command.constraint.span
        case _:
            found = command.span
    return found if found.end > found.start else command.span
