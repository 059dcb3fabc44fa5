"""Foreign keys to several tables in one transaction.

## What happens
Each foreign key takes SHARE ROW EXCLUSIVE on the table it points to, one after the other, and holds it until the
migration commits: writes to all of these tables wait for the slowest of them. While the migration waits for the
second table it has the first; a transaction of the application that has written to the second and now writes to the
first waits for the migration. PostgreSQL ends one of the two with `deadlock detected`.

## When it is silent
- All but one of the referenced tables are new, or the table that gets the keys is: for that there is
  `foreign-key-in-create-table`.
- Several tables get keys: `multi-table-exclusive` says it then.
- Each statement commits by itself.

## Instead
One foreign key in each migration, with `validate: false`; validated in later ones.

## Measured
PostgreSQL 18, `pg_locks` after two `ADD CONSTRAINT … FOREIGN KEY … NOT VALID`: SHARE ROW EXCLUSIVE on both referenced
tables and on the referencing one.

## References
- PostgreSQL documentation, Explicit Locking, Deadlocks; ALTER TABLE, `ADD table_constraint`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level, Related
from ...operations import AddConstraint, Relation
from ...schema.state import Schema
from ...syntax.span import Place
from ..base import Case, Rule, subject
from ..context import MigrationContext

_TWO = """
alter table(:posts) do
  add :editor_id, references(:users, validate: false)
  add :team_id, «references(:teams, validate: false)»
end
"""
_PLAIN = _TWO.replace("«", "").replace("»", "")


class MultipleForeignKeys(Rule):
    id = "multiple-foreign-keys"
    level = Level.RISK
    tags = ("constraints", "locks", "blocking")

    fires = (
        Case(about="Two tables", text=_TWO),
        Case(
            about="In two statements",
            text="""
            def up do
              execute "ALTER TABLE posts ADD CONSTRAINT a FOREIGN KEY (a_id) REFERENCES users NOT VALID"
              execute "ALTER TABLE posts «ADD CONSTRAINT b FOREIGN KEY (b_id) REFERENCES teams NOT VALID»"
            end

            def down do
              execute "ALTER TABLE posts DROP CONSTRAINT b"
              execute "ALTER TABLE posts DROP CONSTRAINT a"
            end
            """,
        ),
    )
    silent = (
        Case(about="The same table twice", text=_PLAIN.replace(":teams", ":users")),
        Case(about="One of them is new", text="create table(:teams)\n" + _PLAIN),
        Case(about="The table itself is new", text=_PLAIN.replace("alter", "create")),
        Case(
            about="Each statement commits by itself",
            text="@disable_ddl_transaction true\n\ndef change do\n" + _PLAIN + "end\n",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        found: dict[Relation, tuple[Step, AddConstraint]] = {}
        tables: set[Relation] = set()
        for step, operation in context.forward(AddConstraint):
            parent, table = operation.constraint.references, operation.relation
            if operation.constraint.kind != "foreign key" or parent is None or parent.name is None:
                continue
            if not step.in_transaction or context.is_new(table, step) or context.is_new(parent, step):
                continue
            if Schema.key(parent) == Schema.key(table):
                continue
            tables.add(Schema.key(table))
            found.setdefault(Schema.key(parent), (step, operation))
        if len(found) < 2 or len(tables) > 1:
            return
        parents = list(found)
        (_, one), (step, second) = found[parents[0]], found[parents[1]]
        path = context.analysis.source.path
        yield self.finding(
            second.span,
            f"Waits for `{parents[1]}` while writes to `{parents[0]}` are locked out: a transaction that writes to both"
            " the other way round ends in a deadlock.",
            level=context.level(self.level, second.relation, step),
            label=f"foreign keys to {len(parents)} tables in one transaction",
            reason="Each takes SHARE ROW EXCLUSIVE on the table it points to and holds it until the commit.",
            advice="One foreign key in each migration, with `validate: false`.",
            related=(Related(f"`{parents[0]}` is locked here", Place(path, one.span)),) if path else (),
            subject=subject(second.relation, step.statement, constraint=second.constraint.name),
        )
