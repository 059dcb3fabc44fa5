"""Dropped table whose foreign keys lock the tables they point to.

## What happens
A foreign key has triggers on both tables. Dropping the child removes them from the parent, for which PostgreSQL
takes ACCESS EXCLUSIVE on the parent too: reads and writes of it wait until the migration commits. The drop itself
waits for every transaction that has read a parent, and all that come after wait behind it.

## When it is silent
- The table has no known foreign key, or only to itself.
- The parent is new in this migration, or dropped by it as well.

## Instead
Drop the foreign keys first, each in a migration of its own with a short `lock_timeout`; then the table takes no lock
but its own.

## Measured
PostgreSQL 13 to 18, `pg_locks` after `DROP TABLE comments`: ACCESS EXCLUSIVE on `comments` and on `posts`.

## References
- PostgreSQL documentation, DROP TABLE; Explicit Locking
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import DropTable, Relation
from ...schema.state import Schema
from ...syntax.span import Place
from ..base import Case, Rule, subject
from ..context import MigrationContext

_BEFORE = (
    """
    create table(:posts)
    create table(:users)
    """,
    """
    create table(:comments) do
      add :post_id, references(:posts)
      add :author_id, references(:users)
      add :parent_id, references(:comments)
    end
    """,
)


class DropTableLocksParent(Rule):
    id = "drop-table-locks-parent"
    level = Level.RISK
    tags = ("tables", "locks", "history")

    fires = (Case(about="Two parents", before=_BEFORE, text="«drop table(:comments)»"),)
    silent = (
        Case(
            about="The foreign keys are gone",
            before=(
                *_BEFORE,
                """
                drop constraint(:comments, :comments_post_id_fkey)
                drop constraint(:comments, :comments_author_id_fkey)
                """,
            ),
            text="drop table(:comments)",
        ),
        Case(
            about="The parents go too",
            before=_BEFORE,
            text="""
            drop table(:comments)
            drop table(:posts)
            drop table(:users)
            """,
        ),
        Case(about="A table that is not known", text="drop table(:comments)"),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        dropped = {Schema.key(operation.relation) for _, operation in context.forward(DropTable)}
        for step, operation in context.forward(DropTable):
            table = step.before.table(operation.relation)
            if table is None or context.is_new(operation.relation, step):
                continue
            parents: dict[Relation, Place | None] = {}
            for constraint in table.constraints.values():
                target = constraint.definition.references
                if target is None or target.name is None or Schema.key(target) in dropped:
                    continue
                if context.is_new(target) is not True:
                    parents.setdefault(Schema.key(target), constraint.origin.place)
            locked = {
                Schema.key(lock.relation) for lock in step.effect.locks if lock.mode == "ACCESS EXCLUSIVE"
            }
            found = [parent for parent in parents if parent in locked]
            if not found:
                continue
            names = " and ".join(f"`{parent}`" for parent in found[:3])
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            yield self.finding(
                operation.span,
                f"Dropping `{operation.relation}` takes ACCESS EXCLUSIVE on {names}{more} too:"
                " their reads and writes wait until it commits.",
                level=context.level(self.level, operation.relation, step),
                label=f"locks {', '.join(str(parent) for parent in found)}",
                reason="Its foreign keys have triggers on those tables. The drop waits for every transaction that has"
                " read them, and what comes after waits behind it.",
                advice="Drop the foreign keys first, one by one, with a short lock_timeout.",
                related=tuple(
                    Related(f"the foreign key to `{parent}` was added here", place)
                    for parent in found
                    if (place := parents[parent]) is not None
                ),
                subject=subject(operation.relation, step.statement),
            )
