"""A rollback that does nothing.

## What happens
With `def down, do: :ok`, or `execute "CREATE …", ""` in `change`, Ecto strikes the migration from `schema_migrations` and
leaves the database as it is. The next `mix ecto.migrate` runs it again and fails: the table, column or index is there
already, or what is to be dropped is gone.

## When it is silent
- What `up` does can be done again: `IF NOT EXISTS`, `IF EXISTS`, `CREATE OR REPLACE`, data, `VALIDATE CONSTRAINT`,
  settings.
- `down` raises.
- Code that cannot be followed runs in `up`.

Where running it again passes but the change stays (a type, a default, NOT NULL), it is only said.

## Instead
Write the inverse; or let `down` raise where there is none.

## Measured
PostgreSQL 18: `relation "posts" already exists` (42P07), `column "slug" of relation "posts" already exists` (42701),
`index "…" does not exist` (42704).

## References
- ecto_sql, `Ecto.Migrator`: the version is deleted after `down`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AlterColumnType,
    CallsCode,
    CreateTable,
    DropColumn,
    DropNotNull,
    DropTable,
    OpaqueSQL,
    Operation,
    Relation,
    SetDefault,
    SetNotNull,
)
from ...program.commands import ApplicationCode, Execute
from ...program.terms import Text
from ...schema.state import Column
from ...syntax.span import Span
from ..base import Case, Rule
from ..context import MigrationContext
from ..repeatable import Dropped, fails_again
from ..rows import all_commands

_POSTS = "create table(:posts) do\n  add :title, :string\nend"


class EmptyDown(Rule):
    id = "empty-down"
    level = Level.RISK
    tags = ("rollback",)

    fires = (
        Case(
            about="A table that stays",
            text="""
            def up, do: create(table(:posts))
            def «down», do: :ok
            """,
        ),
        Case(
            about="A column that is gone",
            before=(_POSTS,),
            text="""
            def up do
              alter table(:posts) do
                remove :title
              end
            end

            def «down» do
            end
            """,
        ),
        Case(
            about="An execute with nothing for the way back",
            before=(_POSTS,),
            text='«execute "CREATE INDEX posts_title ON posts (title)", ""»',
        ),
        Case(
            about="It stays, and can be done again",
            before=(_POSTS,),
            text="""
            def up, do: execute("ALTER TABLE posts ALTER COLUMN title SET NOT NULL")
            def «down», do: :ok
            """,
        ),
        Case(
            about="The type is the same, the rest of modify stays",
            before=(_POSTS,),
            text="""
            def up do
              alter table(:posts) do
                modify :title, :string, null: false
              end
            end

            def «down», do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="Data",
            before=(_POSTS,),
            text="""
            def up, do: execute("UPDATE posts SET title = '' WHERE id = 1")
            def down, do: :ok
            """,
        ),
        Case(
            about="It can be done again",
            text="""
            execute "CREATE EXTENSION IF NOT EXISTS citext", ""
            execute "CREATE INDEX IF NOT EXISTS posts_title ON posts (title)", ""
            execute "ALTER TABLE posts VALIDATE CONSTRAINT posts_title_check", ""
            """,
        ),
        Case(
            about="It raises",
            text='def up, do: create(table(:posts))\ndef down, do: raise("no way back")',
        ),
        Case(
            about="It does something",
            text="""
            def up, do: create(table(:posts))
            def down, do: drop(table(:posts))
            """,
        ),
        Case(
            about="It drops what it makes first",
            text="""
            def up do
              execute "DROP TRIGGER IF EXISTS touch ON posts"
              execute "CREATE TRIGGER touch BEFORE UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION touch()"
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="It changes nothing",
            before=(_POSTS,),
            text="""
            def up do
              alter table(:posts) do
                modify :title, :string, null: true
              end
            end

            def down, do: :ok
            """,
        ),
        Case(about="Code", text="def up, do: MyApp.Migration.create_posts()\ndef down, do: :ok"),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        migration = context.migration.migration
        if migration.down is not None and migration.down.callback == "down":
            down = migration.callbacks.get("down")
            if down is not None and does_nothing(context):
                yield from self._said(list(context.steps), down.name_span)
        elif migration.up is not None and migration.up.callback == "change":
            for step in context.steps:
                command = step.statement.command
                if isinstance(command, Execute) and isinstance(command.down, Text) and not command.down.value:
                    if command.down.value is not None:
                        yield from self._said([step], command.span)

    def _said(self, steps: list[Step], span: Span) -> Iterator[Finding]:
        operations = [operation for step in steps for operation in step.statement.operations]
        if any(isinstance(operation, CallsCode | OpaqueSQL) for operation in operations):
            return
        again = _fails_again(operations)
        kept = again or next(
            (words for step in steps for item in step.statement.operations if (words := _stays(item, step))),
            None,
        )
        if kept is None:
            return
        yield self.finding(
            span,
            f"Rollback does nothing, and the next migrate fails: {again}."
            if again
            else f"Rollback does nothing: {kept}.",
            level=self.level if again else Level.INFO,
            label="undoes nothing",
            reason="Ecto deletes the version from schema_migrations all the same, so that the migration counts as not"
            " run.",
            advice="Write the inverse, or let it raise where there is none.",
            forward=False,
        )


def does_nothing(context: MigrationContext) -> bool:
    program = context.migration.migration.down
    return program is not None and all(
        isinstance(command, ApplicationCode) and command.is_harmless
        for command in all_commands(program.commands)
    )


def _fails_again(operations: list[Operation]) -> str | None:
    """Why the migration fails when all of it runs a second time."""
    both = _replaced(operations)
    dropped: Dropped = set()
    for operation in operations:
        why = fails_again(operation, dropped)
        # The values of an enum cannot be taken back, and have rules of their own.
        if why is not None and _name(operation) not in both and not isinstance(operation, AddEnumValue):
            return why
    return None


def _name(operation: Operation) -> str | None:
    """The bare name of what is made or dropped."""
    match operation:
        case CreateTable(relation=relation) | DropTable(relation=relation):
            return relation.name
        case AddColumn(column=column):
            return column.name
        case DropColumn(column=column_name):
            return column_name
        case AddConstraint(constraint=constraint):
            return constraint.name
    named = getattr(operation, "name", None)
    return named.name if isinstance(named, Relation) else named if isinstance(named, str) else None


def _replaced(operations: list[Operation]) -> set[str | None]:
    """What is both dropped and made: doing that again passes."""
    dropped = {_name(item) for item in operations if type(item).__name__.startswith("Drop")}
    made = {_name(item) for item in operations if type(item).__name__.startswith(("Create", "Add"))}
    return dropped & made


def _stays(operation: Operation, step: Step) -> str | None:
    """What the operation changes and no rollback takes back; what was so before it is no change."""
    match operation:
        case AlterColumnType(relation=relation, column=str(column), type=kind):
            was = _column(step, relation, column)
            return None if was is not None and was.type == kind else f"`{relation}.{column}` stays {kind}"
        case SetNotNull(relation=relation, column=str(column)):
            was = _column(step, relation, column)
            return None if was is not None and was.not_null else f"`{relation}.{column}` stays NOT NULL"
        case DropNotNull(relation=relation, column=str(column)):
            was = _column(step, relation, column)
            return None if was is not None and not was.not_null else f"`{relation}.{column}` stays nullable"
        case SetDefault(relation=relation, column=str(column)):
            return f"`{relation}.{column}` keeps its new default"
    return None


def _column(step: Step, relation: Relation, column: str) -> Column | None:
    table = step.before.table(relation)
    return table.columns.get(column) if table is not None and not table.uncertain else None
