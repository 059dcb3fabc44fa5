"""New table whose foreign keys lock the tables they point to for long.

## What happens
A foreign key puts triggers on the referenced table, for which PostgreSQL takes SHARE ROW EXCLUSIVE on it: inserts,
updates and deletes there wait until the migration commits, reads go on. For a new, empty table that is an instant.
Where something that takes long follows in the same transaction, the writes wait for that too: an update of many rows,
an index of a table that has rows, a new column with a foreign key that is validated.

## When it is silent
- Nothing that takes long follows: the lock is held for an instant. (It still queues behind every transaction that has
  written to the referenced table; a `lock_timeout` limits that.)
- The referenced tables are new as well.
- Each statement commits by itself.

It is said once for each migration.

## Instead
The new table in a migration of its own, and what takes long in another one.

## Measured
PostgreSQL 18, `pg_locks` after `CREATE TABLE likes (post_id bigint REFERENCES posts, user_id bigint REFERENCES users)`:
SHARE ROW EXCLUSIVE on `posts` and on `users`.

## References
- PostgreSQL documentation, CREATE TABLE, `REFERENCES`; Explicit Locking
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import CallsCode, ConstraintDefinition, CreateTable, OpaqueSQL, Relation, Truncate
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spelling import listed

_LIKES = """
create table(:likes) do
  add :post_id, «references(:posts)»
  add :user_id, references(:users)
end
"""
_PLAIN = _LIKES.replace("«", "").replace("»", "")
_UPDATE = '\nexecute "UPDATE accounts SET state = \'a\'", ""\n'


class ForeignKeyInCreateTable(Rule):
    id = "foreign-key-in-create-table"
    level = Level.RISK
    tags = ("constraints", "locks", "blocking")

    fires = (
        Case(about="An update of another table follows", text=_LIKES + _UPDATE),
        Case(
            about="An old table gets a foreign key to the new one",
            text=_LIKES + "\nalter table(:users) do\n  add :like_id, references(:likes)\nend",
        ),
    )
    silent = (
        Case(about="Nothing follows", text=_PLAIN + "\ncreate index(:likes, [:post_id])"),
        Case(
            about="What follows is instant",
            text=_PLAIN + "\nalter table(:users) do\n  add :likes, :integer\nend",
        ),
        Case(
            about="A table is emptied",
            text=_PLAIN
            + '\nexecute "TRUNCATE accounts", ""\nexecute "ALTER TABLE accounts ADD u uuid DEFAULT x()", ""',
        ),
        Case(
            about="All are new",
            text="create table(:posts)\ncreate table(:users)\n" + _PLAIN + _UPDATE,
        ),
        Case(
            about="Each statement commits by itself",
            text="@disable_ddl_transaction true\n\ndef change do\n" + _PLAIN + _UPDATE + "end\n",
        ),
        Case(
            about="It references itself",
            text="create table(:posts) do\n  add :parent_id, references(:posts)\nend" + _UPDATE,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        found: list[tuple[Step, ConstraintDefinition, Relation]] = []
        for step, operation in context.forward(CreateTable):
            if not step.in_transaction or not context.is_new(operation.relation, step):
                continue
            for constraint in operation.constraints:
                parent = constraint.references
                if constraint.kind != "foreign key" or parent is None or parent.name is None:
                    continue
                if not context.is_new(parent, step):
                    found.append((step, constraint, operation.relation))
        if not found:
            return
        step, first, table = found[0]
        parents = list(dict.fromkeys(f"`{constraint.references}`" for _, constraint, _ in found))
        long = _long_after(context, step)
        if long is None:
            return
        yield self.finding(
            first.span,
            f"Writes to {listed(parents)} wait from here until the migration commits, {long} included.",
            level=context.level(self.level, table, step),
            label="SHARE ROW EXCLUSIVE on the referenced table",
            reason="A foreign key puts triggers on the referenced table; the lock for that is held until the commit.",
            advice="Put what takes long into a migration of its own.",
            subject=subject(table, step.statement, constraint=first.name),
        )


def _long_after(context: MigrationContext, after: Step) -> str | None:
    """What takes long behind a statement in its transaction, in words."""
    behind = False
    for step in context.steps:
        if step is after:
            behind = True
        elif behind and step.in_transaction and step.transaction == after.transaction:
            if any(isinstance(operation, Truncate) for operation in step.statement.operations):
                continue  # a new, empty file: an instant
            for relation in (*step.effect.rewrites, *step.effect.scans):
                if not context.has_no_rows(relation, step) and relation.name is not None:
                    does = "rewriting" if relation in step.effect.rewrites else "reading all of"
                    return f"{does} `{Schema.key(relation)}`"
            for operation in step.statement.operations:
                if isinstance(operation, CallsCode):
                    return operation.call
                if isinstance(operation, OpaqueSQL) and operation.keywords == "DO":
                    return "the DO block"
    return None
