"""Lock on a table without a lock_timeout.

## What happens
A statement that is instant still has to get its lock. Where a long query or an open transaction has the table, the
migration waits for it, and every query that comes after the migration waits behind it, even those that only read: one
report of ten minutes stops the application for ten minutes. With a `lock_timeout` the migration gives up after a few
seconds, everybody goes on, and the deploy can be tried again.

It is said once for each migration, at the first such statement.

## When it is silent
- A `lock_timeout` is set before: in `after_begin`, in the migration, by `parameters:` or `after_connect:` of the repo.
- The migration uses a macro of the project, or runs code that is not known, which may set it.
- Only tables of the migration itself are locked, or those that it drops, or in modes that let others read.
- Something graver is in the migration: it reads or rewrites a table, builds an index, renames or drops what running
  code may use, locks a second table. That is said, and to be changed, first.

## Instead

    def after_begin do
      repo().query!("SET LOCAL lock_timeout = '5s'")
    end

`SET LOCAL` ends with the transaction; a plain `SET` stays on the connection. Where there are many migrations, a module
of your own with `use Ecto.Migration` and `after_begin` in its `__using__/1` saves the lines. Where the role that
migrates has the setting (`ALTER ROLE … SET lock_timeout`), which no file tells, this rule is to be ignored in
`.ecto-migrations.toml`.

## Measured
PostgreSQL 18: while `ALTER TABLE posts ADD COLUMN` waits for a transaction that has read `posts`, a SELECT of a third
session waits too; with `lock_timeout` the ALTER fails with SQLSTATE 55P03 and the SELECT goes on.

## References
- PostgreSQL documentation, `lock_timeout`; Explicit Locking
- ecto_sql, `Ecto.Migration.after_begin/0`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import (
    AlterColumnType,
    CallsCode,
    CreateIndex,
    DropColumn,
    DropTable,
    OpaqueSQL,
    RenameColumn,
    RenameTable,
    SetParameter,
)
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..exclusive_locks import exclusively_locked
from .multi_table_exclusive import MultiTableExclusive

# What others fail at, or wait long for.
_GRAVE = (AlterColumnType, CreateIndex, DropColumn, DropTable, RenameColumn, RenameTable)
_ADD = """
alter table(:posts) do
  «add :status, :string»
end
"""
_PLAIN = _ADD.replace("«", "").replace("»", "")
_AFTER_BEGIN = """
def after_begin do
  repo().query!("SET LOCAL lock_timeout = '5s'")
end

def change do
  alter table(:posts) do
    add :status, :string
  end
end
"""


class MissingLockTimeout(Rule):
    id = "missing-lock-timeout"
    level = Level.INFO
    tags = ("locks", "lock_timeout", "blocking")

    fires = (
        Case(about="A column", text=_ADD),
        Case(
            about="Once for each migration",
            text=_ADD + 'execute "ALTER TABLE posts ADD COLUMN body text", ""\n',
        ),
        Case(
            about="A timeout of 0 is none",
            text="""
            def up do
              execute "SET LOCAL lock_timeout TO 0"
              alter table(:posts) do
                «add :status, :string»
              end
            end

            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(about="In after_begin", text=_AFTER_BEGIN),
        Case(
            about="In the migration",
            text="""
            def up do
              execute "SET LOCAL lock_timeout = '5s'"
              execute "ALTER TABLE posts ADD COLUMN status text"
            end

            def down, do: :ok
            """,
        ),
        Case(about="By the repo", config='parameters: [lock_timeout: "5s"]', text=_PLAIN),
        Case(
            about="Perhaps by the repo",
            config='after_connect: {Postgrex, :query!, ["SELECT 1", []]}',
            text=_PLAIN,
        ),
        Case(
            about="Perhaps by a macro of the project",
            text=f"defmodule M do\n  use MyApp.Migration\n\n  def change do\n{_PLAIN}\n  end\nend\n",
        ),
        Case(
            about="Perhaps by code of the project",
            text="def up do\n  MyApp.Migrations.prepare()\n" + _PLAIN + "end\n\ndef down, do: :ok",
        ),
        Case(about="A new table", text="create table(:posts)\n" + _PLAIN),
        Case(about="Reads go on", text="create index(:posts, [:status])"),
        Case(about="A rename", text="rename table(:posts), :title, to: :headline"),
        Case(about="Two tables", text=_PLAIN + _PLAIN.replace(":posts", ":comments")),
        Case(
            about="The graver finding speaks",
            before=("create table(:posts) do\n  add :views, :integer\nend",),
            text="""
            alter table(:posts) do
              modify :views, :bigint, from: :integer
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        repo = context.analysis.project.repo
        if repo.after_connect or repo.parameters.get("lock_timeout") is not None:
            return
        if not repo.parameters.complete or not _plain_use(context):
            return
        if any(_is_grave(context, step) for step in context.steps):
            return
        if next(MultiTableExclusive().check(context), None) is not None:
            return
        for step in context.steps:
            for operation in step.statement.operations:
                if isinstance(operation, CallsCode | OpaqueSQL):
                    return
                if isinstance(operation, SetParameter) and operation.name.lower() == "lock_timeout":
                    if operation.value is None or operation.value.strip() not in ("0", "0s", "0ms"):
                        return
            locked = exclusively_locked(context, step)
            if not locked:
                continue
            table, span = locked[0]
            yield self.finding(
                span,
                f"No lock_timeout: while this waits for a long query on `{table}`, all queries on it wait behind it.",
                level=self.level,
                label="ACCESS EXCLUSIVE, whenever it gets it",
                reason="PostgreSQL grants locks in the order in which they were asked for.",
                advice="Set `SET LOCAL lock_timeout = '5s'` in `after_begin`: then the migration gives up, and can be"
                " tried again.",
                subject=subject(table, step.statement),
            )
            return


def _plain_use(context: MigrationContext) -> bool:
    """Whether the module says `use Ecto.Migration` itself."""
    span = context.migration.migration.use_span
    return b"Ecto.Migration" in context.analysis.source.data[span.start : span.end]


def _is_grave(context: MigrationContext, step: Step) -> bool:
    """Whether a statement makes others wait for long, or fail: another finding says so."""
    if step.effect.scans or step.effect.rewrites or step.effect.rebuilds or step.effect.failures:
        return True
    return any(
        isinstance(operation, _GRAVE) and not context.is_new(operation.relation, step)
        for operation in step.statement.operations
    )
