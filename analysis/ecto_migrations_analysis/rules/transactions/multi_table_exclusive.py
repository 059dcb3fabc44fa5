"""Several tables locked for reads in one transaction.

## What happens
The first table stays locked (ACCESS EXCLUSIVE) while the migration waits for the second one. A transaction of the
application that has used the second table and now wants the first waits for the migration, the migration waits for it:
PostgreSQL ends one of the two with `deadlock detected`. While it lasts, queries on both tables queue.

## When it is silent
- All but one of the tables are created by the migration.
- One statement locks them together, such as `DROP TABLE` with the table its foreign key points to.
- It drops the tables, or they are views. What a drop locks besides is said by `drop-table-locks-parent`.
- Each statement commits by itself.
- The lock is held for long anyway: `long-op-under-exclusive-lock` says it.

## Instead
One table in each migration.

## Measured
PostgreSQL 18: with a transaction that has read `comments` and then reads `posts`, a migration that alters `posts` and
then `comments` ends in SQLSTATE 40P01, deadlock_detected, of one of them.

## References
- PostgreSQL documentation, Explicit Locking, Deadlocks
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import DropTable
from ...syntax.span import Place
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..exclusive_locks import exclusive_before, exclusively_locked
from .long_op_under_exclusive_lock import LongOpUnderExclusiveLock

_TWO = """
alter table(:posts) do
  add :slug, :string
end

alter table(:comments) do
  «add :slug, :string»
end
"""
_PLAIN = _TWO.replace("«", "").replace("»", "")


class MultiTableExclusive(Rule):
    id = "multi-table-exclusive"
    level = Level.RISK
    tags = ("locks", "transactions", "blocking")

    fires = (Case(about="Two tables", text=_TWO),)
    silent = (
        Case(about="One of them is new", text="create table(:comments)\n" + _PLAIN),
        Case(
            about="Each statement commits by itself",
            text="@disable_ddl_transaction true\n\ndef change do\n" + _PLAIN + "end\n",
        ),
        Case(about="It drops them", text="drop table(:posts)\ndrop table(:comments)"),
        Case(
            about="The parent of a table that it drops",
            before=(
                "create table(:users)",
                "create table(:comments) do\n  add :user_id, references(:users)\nend",
            ),
            text="""
            rename table(:comments), to: table(:old_comments)
            drop table(:old_comments)
            """,
        ),
        Case(about="The lock is held for long anyway", text=_PLAIN + "create index(:posts, [:slug])\n"),
        Case(about="One table twice", text=_PLAIN.replace(":comments", ":posts")),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        if next(LongOpUnderExclusiveLock().check(context), None) is not None:
            return
        for step, held in exclusive_before(context):
            if not held or any(isinstance(item, DropTable) for item in step.statement.operations):
                continue
            for table, span in exclusively_locked(context, step):
                if table in held:
                    continue
                first = next(iter(held))
                path = context.analysis.source.path
                yield self.finding(
                    span,
                    f"Waits for `{table}` while `{first}` is locked: a transaction that uses both the other way round"
                    " ends in a deadlock.",
                    level=context.level(self.level, table, step),
                    label="a second table in one transaction",
                    reason="ACCESS EXCLUSIVE on the first table is held until the commit, and queries on it queue.",
                    advice="Change one table in each migration.",
                    related=(Related(f"{first} is locked here", Place(path, held[first][1])),)
                    if path
                    else (),
                    subject=subject(table, step.statement, locked=str(first)),
                )
                return
