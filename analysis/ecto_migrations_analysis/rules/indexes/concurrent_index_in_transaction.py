"""Statement that PostgreSQL refuses inside the migration's transaction.

## What happens
`CREATE INDEX CONCURRENTLY`, `DROP INDEX CONCURRENTLY`, `REINDEX CONCURRENTLY` and their like commit in the middle
of their work, so PostgreSQL refuses them in a transaction block: `CREATE INDEX CONCURRENTLY cannot run inside a
transaction block`. `VACUUM`, `CREATE DATABASE`, `DROP DATABASE`, `ALTER SYSTEM` and what makes tablespaces are refused there too.
Ecto runs each migration in one, unless told not to. (Ecto itself warns of this for `create index` only, and only when
the migration runs.)

## When it is silent
- `@disable_ddl_transaction true`.

## Instead

    use Ecto.Migration

    @disable_ddl_transaction true
    @disable_migration_lock true

The second attribute is not needed with `migration_lock: :pg_advisory_lock` in the repo's configuration.

## Measured
PostgreSQL 13 to 18: SQLSTATE 25001, active_sql_transaction.

## References
- PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently"
- ecto_sql, `Ecto.Migrator.run_maybe_in_transaction/5`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import CreateIndex, DetachPartition, DropIndex, Operation, Reindex, Relation
from ...syntax.source import Source
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext

_REFUSED = "cannot run inside a transaction block"
_CONCURRENTLY = re.compile(rb"\bconcurrently(: *true\b)?", re.IGNORECASE)


def concurrent_form(operation: Operation) -> str | None:
    """The SQL keywords of an operation on an index that runs concurrently; None for every other."""
    match operation:
        case CreateIndex(concurrently=True):
            return "CREATE INDEX CONCURRENTLY"
        case DropIndex(concurrently=True):
            return "DROP INDEX CONCURRENTLY"
        case Reindex(concurrently=True):
            return "REINDEX CONCURRENTLY"
        case DetachPartition(concurrently=True):
            return "ALTER TABLE … DETACH PARTITION CONCURRENTLY"
    return None


def concurrently_span(source: Source, operation: Operation) -> Span:
    """The word or option that asks for it: `concurrently: true` or CONCURRENTLY; else the whole operation."""
    text = source.data[operation.span.start : operation.span.end]
    found = _CONCURRENTLY.search(text)
    if found is None:
        return operation.span
    return Span(operation.span.start + found.start(), operation.span.start + found.end())


class ConcurrentIndexInTransaction(Rule):
    id = "concurrent-index-in-transaction"
    level = Level.DANGER
    tags = ("indexes", "fails")

    fires = (
        Case(about="create", text="create index(:posts, [:author_id], «concurrently: true»)"),
        Case(
            about="drop, of which Ecto never warns", text="drop index(:posts, [:slug], «concurrently: true»)"
        ),
        Case(
            about="In SQL",
            text='execute "CREATE INDEX «CONCURRENTLY» posts_title ON posts (title)", "DROP INDEX posts_title"',
        ),
        Case(about="VACUUM", text='execute "«VACUUM ANALYZE posts»", ""'),
    )
    silent = (
        Case(
            about="Without a transaction",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:author_id], concurrently: true)
            end
            """,
        ),
        Case(about="Not concurrently", text="create table(:posts)\ncreate index(:posts, [:id])"),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            yield from self._others(context, step)
            for operation in step.statement.operations:
                keywords = concurrent_form(operation)
                if keywords is None or not step.in_transaction:
                    continue
                table = _table(operation)
                place = f" on `{table}`" if table.name is not None else ""
                yield self.finding(
                    concurrently_span(context.analysis.source, operation),
                    f"Fails: {keywords}{place} cannot run inside a transaction block, and this migration runs in"
                    " one.",
                    label="needs @disable_ddl_transaction true",
                    reason="It commits in the middle of its work, so PostgreSQL refuses it in a transaction.",
                    advice="Set `@disable_ddl_transaction true` after `use Ecto.Migration`, and leave nothing else"
                    " in the migration.",
                    subject=subject(table, step.statement),
                )

    def _others(self, context: MigrationContext, step: Step) -> Iterator[Finding]:
        """What else is refused, in PostgreSQL's words."""
        indexes = [item.span for item in step.statement.operations if concurrent_form(item) is not None]
        for failure in step.effect.failures:
            if not failure.certain or _REFUSED not in failure.reason or failure.span in indexes:
                continue
            yield self.finding(
                failure.span,
                f"Fails: {failure.reason}, and this migration runs in one.",
                label="needs @disable_ddl_transaction true",
                reason="Ecto runs a migration in a transaction, unless told not to.",
                advice="Set `@disable_ddl_transaction true` after `use Ecto.Migration`, and leave nothing else in the"
                " migration.",
                subject=subject(Relation(None), step.statement),
            )


def _table(operation: Operation) -> Relation:
    match operation:
        case CreateIndex(relation=relation) | DetachPartition(relation=relation):
            return relation
        case DropIndex(relation=relation, name=name):
            return relation or name
        case Reindex(name=name):
            return name
    return Relation(None)
