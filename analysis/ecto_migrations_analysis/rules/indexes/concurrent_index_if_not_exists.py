"""Concurrent index with IF NOT EXISTS.

## What happens
A concurrent build that fails or is cancelled leaves its index behind, INVALID. `IF NOT EXISTS` looks at the name
alone: run again, it finds that index, says `relation "…" already exists, skipping`, and the migration is recorded as
done. From then on the index is there for every tool that lists indexes, and no query uses it. A unique one does not
keep duplicates out.

## When it is silent
- The migration drops the index first.
- SQL that cannot be read, or application code, runs before it: it may look for what is left over.

## Instead
Drop what may be left over, then create it. Both can be run again:

    def up do
      drop_if_exists index(:posts, [:author_id], concurrently: true)
      create index(:posts, [:author_id], concurrently: true)
    end

    def down do
      drop_if_exists index(:posts, [:author_id], concurrently: true)
    end

## Measured
PostgreSQL 18: a unique index on a column with duplicates fails and leaves `indisvalid` and `indisready` false; a
duplicate is accepted; `CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS` then succeeds with a NOTICE and changes nothing.

## References
- PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently" and `IF NOT EXISTS`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CallsCode, CreateIndex, DropIndex, OpaqueSQL
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spans import word_span

_WORDS = re.compile(rb"create_if_not_exists|\bif\s+not\s+exists\b", re.I)


class ConcurrentIndexIfNotExists(Rule):
    id = "concurrent-index-if-not-exists"
    level = Level.RISK
    tags = ("indexes",)

    fires = (
        Case(
            about="The plain form",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              «create_if_not_exists» index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(
            about="In SQL",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up, do: execute("CREATE INDEX CONCURRENTLY «IF NOT EXISTS» posts_title ON posts (title)")
            def down, do: execute("DROP INDEX CONCURRENTLY posts_title")
            """,
        ),
    )
    silent = (
        Case(
            about="What is left over is dropped first",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              execute "DROP INDEX CONCURRENTLY IF EXISTS posts_author_id_index"
              create_if_not_exists index(:posts, [:author_id], concurrently: true)
            end

            def down, do: drop_if_exists(index(:posts, [:author_id], concurrently: true))
            """,
        ),
        Case(
            about="Something else may have dropped it",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up do
              MyApp.Release.drop_invalid_indexes()
              create_if_not_exists index(:posts, [:author_id], concurrently: true)
            end

            def down, do: drop_if_exists(index(:posts, [:author_id], concurrently: true))
            """,
        ),
        Case(about="Not concurrently", text="create_if_not_exists index(:posts, [:author_id])"),
        Case(
            about="Without IF NOT EXISTS",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        dropped: set[str | None] = set()
        for step in context.steps:
            for operation in step.statement.operations:
                if isinstance(operation, DropIndex):
                    dropped.add(operation.name.name)
                elif isinstance(operation, CallsCode | OpaqueSQL):
                    return
                elif isinstance(operation, CreateIndex) and operation.name not in dropped:
                    if not operation.concurrently or not operation.if_not_exists or step.in_transaction:
                        continue
                    table = operation.relation
                    if context.is_new(table, step):
                        continue
                    name = operation.name or "…"
                    yield self.finding(
                        word_span(context.analysis.source, _WORDS, operation, step.statement),
                        f"Run again after a failed build, it takes the INVALID `{name}` on `{table}` for the finished"
                        " index and is recorded as done.",
                        level=context.level(self.level, table, step),
                        label="an INVALID index exists too",
                        reason="A concurrent build that fails leaves its index behind, INVALID; IF NOT EXISTS looks at"
                        " the name alone.",
                        advice="`drop_if_exists` the index with `concurrently: true`, then `create` it: both can be run"
                        " again.",
                        subject=subject(table, step.statement, index=operation.name),
                    )
