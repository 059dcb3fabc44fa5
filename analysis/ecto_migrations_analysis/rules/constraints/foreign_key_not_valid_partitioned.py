"""Foreign key with `validate: false` on a partitioned table.

## What happens
Before PostgreSQL 18 a foreign key of a partitioned table cannot be NOT VALID: the statement fails, `cannot add NOT
VALID foreign key on partitioned table "…" referencing relation "…"`. A validated one reads every partition, while
writes to all of them and to the referenced table wait.

## When it is silent
- PostgreSQL 18 and later.
- The table is not known to be partitioned.

## Instead
The foreign key on each partition, NOT VALID, then validated; then on the parent, which takes over those that its
partitions have:

    execute "ALTER TABLE events_2026 ADD CONSTRAINT events_user_id_fkey FOREIGN KEY (user_id) REFERENCES users NOT VALID"
    execute "ALTER TABLE events_2026 VALIDATE CONSTRAINT events_user_id_fkey"

## Measured
PostgreSQL 15 and 17: the error above, SQLSTATE 42809; a key that the partition has, of the same columns, becomes the
partition's part of the parent's key. PostgreSQL 18: SHARE ROW EXCLUSIVE on both tables.

## References
- PostgreSQL documentation, ALTER TABLE, `ADD table_constraint [ NOT VALID ]`; release notes of PostgreSQL 18
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...operations import AddConstraint
from ..base import Case, Rule, subject
from ..context import MigrationContext

_EVENTS = """
create table(:users)

create table(:events, primary_key: false, options: "PARTITION BY RANGE (at)") do
  add :at, :date
end
"""


class ForeignKeyNotValidPartitioned(Rule):
    id = "foreign-key-not-valid-partitioned"
    level = Level.DANGER
    tags = ("constraints", "fails", "history")
    silences = ("statement-fails",)

    fires = (
        Case(
            about="A new column",
            before=(_EVENTS,),
            version=17,
            text="""
            alter table(:events) do
              add :user_id, «references(:users, validate: false)»
            end
            """,
        ),
        Case(
            about="Its partitions are known",
            before=(
                _EVENTS,
                """
                execute "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
                        "DROP TABLE events_2026"
                """,
            ),
            version=17,
            text="""
            alter table(:events) do
              add :user_id, «references(:users, validate: false)»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="PostgreSQL 18",
            before=(_EVENTS,),
            version=18,
            text="""
            alter table(:events) do
              add :user_id, references(:users, validate: false)
            end
            """,
        ),
        Case(
            about="Not partitioned",
            before=(_EVENTS,),
            version=17,
            text="""
            alter table(:users) do
              add :inviter_id, references(:users, validate: false)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        version = context.analysis.project.version
        for step, operation in context.forward(AddConstraint):
            constraint, relation = operation.constraint, operation.relation
            table = step.before.table(relation)
            if constraint.kind != "foreign key" or constraint.validated or version.major >= 18:
                continue
            if table is None or table.partition_by is None:
                continue
            place = table.origin.place
            yield self.finding(
                operation.span,
                f"Fails on PostgreSQL {version.major}: `{relation}` is partitioned, and its foreign keys cannot be NOT"
                " VALID.",
                level=context.level(self.level, relation, step),
                label="NOT VALID needs PostgreSQL 18 here",
                reason=f"The version is {version.major} ({version.source}); 18 is the first that takes it.",
                advice="Add the key to each partition with NOT VALID and validate it there, then to the parent.",
                related=(Related(f"`{relation}` was created here", place),) if place else (),
                subject=subject(relation, step.statement, constraint=constraint.name),
            )
