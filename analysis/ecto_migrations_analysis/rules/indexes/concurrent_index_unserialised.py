"""Concurrent index build that several starting nodes run at once.

## What happens
With `@disable_migration_lock true` nothing keeps two nodes from running the same migration. Where the application
migrates when it starts, they do, at every deploy: one of them fails with `deadlock detected` and does not start, or
both report success while the index is INVALID and never used.

## When it is silent
- The application is not seen to migrate when it starts (`Ecto.Migrator` among the children of an `Application`, or
  a call of `Release.migrate`): then one command migrates.
- The repo has `migration_lock: :pg_advisory_lock`: it serialises, and needs no `@disable_migration_lock`.

## Instead
    config :my_app, MyApp.Repo, migration_lock: :pg_advisory_lock

and without `@disable_migration_lock true`; or migrate from one place, before the nodes start.

## Measured
PostgreSQL 15, two nodes at once: one `deadlock detected`, the other `ok` with an INVALID index.

## References
- ecto_sql, `Ecto.Adapters.Postgres`, `:migration_lock`
- ecto_sql, `Ecto.Migrator`, "Running migrations" (as a child of the supervisor)
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import CreateIndex
from ..base import Case, Rule, subject
from ..context import MigrationContext

_APPLICATION = """
defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    children = [MyApp.Repo, {Ecto.Migrator, repos: [MyApp.Repo]}]
    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
"""
_TEXT = """
@disable_ddl_transaction true
«@disable_migration_lock true»

def change do
  create index(:posts, [:author_id], concurrently: true)
end
"""
_PLAIN = _TEXT.replace("«", "").replace("»", "")


class ConcurrentIndexUnserialised(Rule):
    id = "concurrent-index-unserialised"
    level = Level.RISK
    tags = ("indexes", "deploy")

    fires = (
        Case(about="The application migrates when it starts", lib=(_APPLICATION,), text=_TEXT),
        Case(
            about="Although the repo has a lock that a build does not wait for",
            lib=(_APPLICATION,),
            config="migration_lock: :pg_advisory_lock",
            text=_TEXT,
        ),
    )
    silent = (
        Case(
            about="It does not",
            lib=(_APPLICATION.replace(", {Ecto.Migrator, repos: [MyApp.Repo]}", ""),),
            text=_PLAIN,
        ),
        Case(
            about="With the lock",
            lib=(_APPLICATION,),
            config="migration_lock: :pg_advisory_lock",
            text=_PLAIN.replace("@disable_migration_lock true\n", ""),
        ),
        Case(
            about="Nothing is built concurrently",
            lib=(_APPLICATION,),
            text=_PLAIN.replace(
                "create index(:posts, [:author_id], concurrently: true)", 'execute "SELECT 1", ""'
            ),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        attribute = context.migration.migration.disable_migration_lock
        if attribute.value is not True or attribute.span is None or project.migrates_on_boot is None:
            return
        for step, operation in context.forward(CreateIndex):
            if not operation.concurrently or step.in_transaction:
                continue
            boot = project.migrates_on_boot()
            if boot is None:
                return
            yield self.finding(
                attribute.span,
                f"Nothing keeps two starting nodes from building `{operation.name or '…'}` at once: one fails, or the"
                " index stays INVALID.",
                label="no lock between nodes that migrate when they start",
                reason="The application migrates when it starts, and without a migration lock every node of a deploy"
                " runs this migration.",
                advice="Set `migration_lock: :pg_advisory_lock` in the repo's configuration and leave this attribute"
                " out.",
                related=(Related("the application migrates here when it starts", boot),),
                subject=subject(operation.relation, step.statement, index=operation.name),
            )
            return
