"""Concurrent index build under a short lock_timeout.

## What happens
`CREATE INDEX CONCURRENTLY` waits, two or three times, for every transaction in the database that is older than that
point: a long report or a dump of any other table counts. Each of these waits is a wait for a lock, so that
`lock_timeout` limits it. With one of a few seconds the build is cancelled as soon as one transaction takes longer,
and leaves an INVALID index: it answers no query, is written at every insert where it got far enough, and makes the
next run fail with `relation already exists`.

A short `lock_timeout` is right for ordinary DDL, which makes others wait while it waits. A concurrent build makes
nobody wait.

## When it is silent
- No `lock_timeout` is set before it in the migration, nor in the repo's `parameters:`; or it is 0, or a minute and
  longer.
- It is set with `SET LOCAL` outside of a transaction, which does nothing.

## Instead
No `lock_timeout` for the build, and a migration that can be run again:

    def up do
      execute "SET lock_timeout TO 0"
      drop_if_exists index(:posts, [:author_id], concurrently: true)
      create index(:posts, [:author_id], concurrently: true)
    end

## Measured
PostgreSQL 18, `lock_timeout` 300 ms, one open REPEATABLE READ transaction that had read another table: after 0.3 s
`canceling statement due to lock timeout` (SQLSTATE 55P03), and `pg_index.indisvalid` is false.

## References
- PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently"; `lock_timeout`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateIndex, Reindex
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..lock_timeouts import lock_timeout_at
from .concurrent_index_in_transaction import concurrently_span

# Shorter than any report: what is a minute or more was meant for the build.
SHORT = 60.0


class ConcurrentIndexShortLockTimeout(Rule):
    id = "concurrent-index-short-lock-timeout"
    level = Level.RISK
    tags = ("indexes", "lock_timeout")

    fires = (
        Case(
            about="Set in the migration",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              execute "SET lock_timeout TO '5s'", ""
              create index(:posts, [:author_id], «concurrently: true»)
            end
            """,
        ),
        Case(
            about="Set for every connection of the repo",
            config='migration_lock: :pg_advisory_lock, parameters: [lock_timeout: "2000"]',
            text="""
            @disable_ddl_transaction true

            def change do
              create index(:posts, [:author_id], «concurrently: true»)
            end
            """,
        ),
    )
    silent = (
        Case(
            about="A long one",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              execute "SET lock_timeout TO '30min'", ""
              create index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(
            about="Taken back for the build",
            config='migration_lock: :pg_advisory_lock, parameters: [lock_timeout: "5s"]',
            text="""
            @disable_ddl_transaction true

            def change do
              execute "SET lock_timeout TO 0", ""
              create index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(
            about="SET LOCAL does nothing here",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              execute "SET LOCAL lock_timeout TO '5s'", ""
              create index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(
            about="Not concurrently",
            text="""
            def change do
              execute "SET LOCAL lock_timeout TO '5s'", ""
              create index(:posts, [:author_id])
            end
            """,
        ),
        Case(
            about="SET LOCAL in a transaction that is over",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              execute(fn ->
                repo().transaction(fn ->
                  repo().query!("SET LOCAL lock_timeout = '5s'")
                  repo().query!("ALTER TABLE posts ADD COLUMN slug text")
                end)
              end)

              create index(:posts, [:slug], concurrently: true)
            end

            def down, do: :ok
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            for operation in step.statement.operations:
                if not isinstance(operation, CreateIndex | Reindex) or not operation.concurrently:
                    continue
                if step.in_transaction:
                    continue
                timeout = lock_timeout_at(context, step)
                if timeout is None or timeout.seconds >= SHORT:
                    continue
                relation = operation.relation if isinstance(operation, CreateIndex) else operation.name
                where = "here" if timeout.span is not None else "in the repo's `parameters:`"
                yield self.finding(
                    concurrently_span(context.analysis.source, operation),
                    f"`lock_timeout` is {timeout.value} ({where}): an older transaction that lasts longer cancels this"
                    f" build on `{relation}` and leaves an INVALID index.",
                    level=context.level(self.level, relation, step),
                    label="waits for every older transaction",
                    reason="A concurrent build waits until all transactions that began before it are over, those on"
                    " other tables too, and `lock_timeout` limits each of these waits.",
                    advice='`execute "SET lock_timeout TO 0"` before it: the build makes nobody wait. Drop a leftover'
                    " first, with `drop_if_exists` and `concurrently: true`.",
                    subject=subject(
                        relation,
                        step.statement,
                        index=operation.name if isinstance(operation, CreateIndex) else operation.name.name,
                    ),
                )
