"""Foreign key validated while the table is locked.

## What happens
Adding a foreign key checks every row of the table against the other one at once. For `add … references(…)` that
happens under ACCESS EXCLUSIVE on the table and SHARE ROW EXCLUSIVE on the referenced one: reads and writes of the
first wait, writes to the second wait. `ADD CONSTRAINT … FOREIGN KEY` on an existing column holds SHARE ROW
EXCLUSIVE on both: writes to both wait.

## When it is silent
- The migration creates the table itself.
- `validate: false`, or `NOT VALID`.

## Instead
Two migrations. The first adds the constraint for new rows, which is instant:

    add :editor_id, references(:authors, validate: false)

the second checks the old rows under SHARE UPDATE EXCLUSIVE, while reads and writes go on:

    execute "ALTER TABLE posts VALIDATE CONSTRAINT posts_editor_id_fkey", ""

The name Ecto gives is `<table>_<column>_fkey`.

## Measured
PostgreSQL 13 to 18: the locks above, and `validating foreign key constraint`; with NOT VALID the same locks for an
instant and no scan.

## References
- PostgreSQL documentation, ALTER TABLE, `ADD table_constraint [ NOT VALID ]` and `VALIDATE CONSTRAINT`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddConstraint
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext


class ForeignKeyValidated(Rule):
    id = "foreign-key-validated"
    level = Level.DANGER
    tags = ("constraints", "scan")

    fires = (
        Case(
            about="A new column",
            text="""
            alter table(:posts) do
              add :editor_id, «references(:authors, on_delete: :nilify_all)»
            end
            """,
        ),
        Case(
            about="add_if_not_exists",
            text="""
            alter table(:posts) do
              add_if_not_exists :editor_id, «references("authors")»
            end
            """,
        ),
        Case(
            about="In SQL",
            text="""
            execute "ALTER TABLE posts «ADD CONSTRAINT posts_author_fk FOREIGN KEY (author_id) REFERENCES authors (id)»",
                    "ALTER TABLE posts DROP CONSTRAINT posts_author_fk"
            """,
        ),
    )
    silent = (
        Case(
            about="Not validated yet",
            text="""
            alter table(:posts) do
              add :editor_id, references(:authors, validate: false)
            end
            """,
        ),
        Case(
            about="A new table",
            text="""
            create table(:comments) do
              add :post_id, references(:posts)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddConstraint):
            constraint, table = operation.constraint, operation.relation
            if constraint.kind != "foreign key" or not constraint.validated or not constraint.enforced:
                continue
            if context.has_no_rows(table, step):
                continue
            known = step.before.table(table)
            if known is not None and known.partition_by is not None and not step.effect.scans:
                # Its partitions have it.
                continue
            parent = constraint.references
            exclusive = any(
                lock.relation == Schema.key(table) and lock.mode == "ACCESS EXCLUSIVE"
                for lock in step.effect.locks
            )
            waits = f"{'reads and writes of' if exclusive else 'writes to'} `{table}` wait"
            if parent is not None and parent != table and not context.is_new(parent, step):
                also = f"writes to `{parent}`" if exclusive else f"`{parent}`"
                waits = f"{waits.removesuffix(' wait')} and {also} wait"
            name = constraint.name or "…"
            yield self.finding(
                operation.span,
                f"Validates foreign key `{name}` by scanning `{table}` under"
                f" {'ACCESS EXCLUSIVE' if exclusive else 'SHARE ROW EXCLUSIVE'}: {waits}.",
                level=context.level(self.level, table, step),
                label="checks every row at once",
                reason="Every existing row is looked up in the referenced table before the lock is released.",
                advice="Add it with `validate: false`, and in the next migration"
                f" `ALTER TABLE {table} VALIDATE CONSTRAINT {name}`, during which reads and writes go on.",
                subject=subject(table, step.statement, constraint=constraint.name),
            )
