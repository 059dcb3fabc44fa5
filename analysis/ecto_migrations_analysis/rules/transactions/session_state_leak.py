"""Setting of the session that outlives the migration.

## What happens
`SET` without LOCAL lasts as long as the connection, also after the transaction. The connection goes back to the pool:
the next migrations run with the setting, and where the application migrates when it starts, so do its own queries. A
`search_path` that stays makes them read other tables. An advisory lock that `pg_advisory_lock` takes is held until the
connection is closed.

## When it is silent
- `SET LOCAL`, or `RESET` (`SET … TO DEFAULT`) later in the migration.
- `pg_advisory_xact_lock`, or `pg_advisory_unlock` later in the migration.
- Without a transaction: `lock-timeout-ineffective` speaks of settings there.

## Instead

    execute "SET LOCAL search_path TO billing", ""

## Measured
PostgreSQL 18: after COMMIT, `SHOW lock_timeout` has the value of SET, not that of SET LOCAL; a lock of
`pg_advisory_lock` is still held, one of `pg_advisory_xact_lock` is not.

## References
- PostgreSQL documentation, SET; Explicit Locking, Advisory Locks
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Operation, Select, SessionCommand, SetParameter
from ..base import Case, Rule
from ..context import MigrationContext

# What only limits how long something may take: it does no harm to migrations that follow.
_LIMITS = frozenset({"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"})
_LOCKS = frozenset(
    {"pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared"}
)
_BOOT = """
defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    children = [MyApp.Repo, {Ecto.Migrator, repos: [MyApp.Repo]}]
    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
"""
_TIMEOUT = """
def after_begin do
  repo().query!("«SET lock_timeout = '5s'»")
end

def change do
  execute "ALTER TABLE posts DROP COLUMN body", ""
end
"""


class SessionStateLeak(Rule):
    id = "session-state-leak"
    level = Level.RISK
    tags = ("transactions", "session")

    fires = (
        Case(about="A search_path", text='execute "«SET search_path TO billing»", ""'),
        Case(about="A timeout", text=_TIMEOUT),
        Case(about="A timeout, where the application migrates when it starts", lib=(_BOOT,), text=_TIMEOUT),
        Case(about="An advisory lock", text='execute "«SELECT pg_advisory_lock(1)»", ""'),
    )
    silent = (
        Case(about="For the transaction", text='execute "SET LOCAL search_path TO billing", ""'),
        Case(
            about="Reset",
            text="""
            execute "SET search_path TO billing", ""
            execute "CREATE TABLE invoices (id bigint)", "DROP TABLE invoices"
            execute "RESET search_path", ""
            """,
        ),
        Case(about="A lock of the transaction", text='execute "SELECT pg_advisory_xact_lock(1)", ""'),
        Case(
            about="A lock that is given back",
            text="""
            execute "SELECT pg_advisory_lock(1)", ""
            execute "SELECT pg_advisory_unlock(1)", ""
            """,
        ),
        Case(
            about="Without a transaction",
            text='@disable_ddl_transaction true\n\ndef up do\n  execute "SET search_path TO billing"\nend\n\n'
            "def down, do: :ok",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        operations = [(step, item) for step in context.steps for item in step.statement.operations]
        for number, (step, operation) in enumerate(operations):
            if not step.in_transaction:
                continue
            later = [item for _, item in operations[number + 1 :]]
            if isinstance(operation, SetParameter) and not operation.local:
                if (operation.value is None and operation.known) or _is_reset(operation.name, later):
                    continue
                boot = context.analysis.project.migrates_on_boot
                harmless = operation.name.lower() in _LIMITS and (boot is None or boot() is None)
                yield self.finding(
                    operation.span,
                    f"SET {operation.name} stays on the connection after the migration, for whatever runs there next.",
                    level=Level.INFO if harmless else self.level,
                    label="not LOCAL",
                    reason="Only SET LOCAL ends with the transaction; the connection goes back to the pool.",
                    advice="Use SET LOCAL.",
                    subject={"parameter": operation.name},
                )
            elif isinstance(operation, Select) and _LOCKS.intersection(operation.functions):
                if any(isinstance(item, Select) and _unlocks(item) for item in later):
                    continue
                yield self.finding(
                    operation.span,
                    "The advisory lock is held after the migration, until the connection is closed.",
                    level=self.level,
                    label="a lock of the session",
                    reason="pg_advisory_lock belongs to the session, not to the transaction.",
                    advice="Use pg_advisory_xact_lock, or give it back by pg_advisory_unlock.",
                    subject={"function": "pg_advisory_lock"},
                )


def _is_reset(name: str, later: list[Operation]) -> bool:
    return any(
        (isinstance(item, SetParameter) and item.name.lower() in (name.lower(), "all") and item.value is None)
        or (isinstance(item, SessionCommand) and item.command == "discard all")
        for item in later
    )


def _unlocks(select: Select) -> bool:
    return any(name.startswith("pg_advisory_unlock") for name in select.functions)
