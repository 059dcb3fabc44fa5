"""New table whose foreign keys lock the tables they point to.

## What happens
A foreign key puts triggers on the referenced table, for which PostgreSQL takes SHARE ROW EXCLUSIVE on it: inserts,
updates and deletes there wait until the migration commits, reads go on. For a new, empty table that is an instant,
if nothing else stands in the migration. But the lock waits for every transaction that has written to the referenced
table, and all writes after it wait behind it.

Where something that takes long follows in the same transaction, it is a risk: the writes wait for that too.

## When it is silent
- A `lock_timeout` is set before it: in the migration, or by `parameters:` or `after_connect:` of the repo; or the
  migration uses a macro of the project, which may set it.
- The referenced tables are new as well.
- Each statement commits by itself.

It is said once for each migration.

## Instead
    def after_begin do
      repo().query!("SET LOCAL lock_timeout = '5s'")
    end

and what takes long in a migration of its own.

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
from ...operations import CallsCode, ConstraintDefinition, CreateTable, OpaqueSQL, Relation
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..lock_timeouts import lock_timeout_at
from ..spelling import listed

_LIKES = """
create table(:likes) do
  add :post_id, «references(:posts)»
  add :user_id, references(:users)
end
"""
_PLAIN = _LIKES.replace("«", "").replace("»", "")


class ForeignKeyInCreateTable(Rule):
    id = "foreign-key-in-create-table"
    level = Level.RISK
    tags = ("constraints", "locks", "blocking")

    fires = (
        Case(about="Two tables that exist", text=_LIKES),
        Case(
            about="An update of another table follows",
            text=_LIKES + '\nexecute "UPDATE accounts SET state = \'a\'", ""',
        ),
    )
    silent = (
        Case(about="With a lock_timeout", text='execute "SET LOCAL lock_timeout TO \'5s\'", ""\n' + _PLAIN),
        Case(about="All are new", text="create table(:posts)\ncreate table(:users)\n" + _PLAIN),
        Case(
            about="Each statement commits by itself",
            text="@disable_ddl_transaction true\n\ndef change do\n" + _PLAIN + "end\n",
        ),
        Case(
            about="It references itself",
            text="create table(:posts) do\n  add :parent_id, references(:posts)\nend",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        if may_set_lock_timeout(context):
            return
        found: list[tuple[Step, ConstraintDefinition, Relation]] = []
        for step, operation in context.forward(CreateTable):
            if not step.in_transaction or not context.is_new(operation.relation, step):
                continue
            if lock_timeout_at(context, step) is not None:
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
        meanwhile = f", {long} included" if long is not None else ""
        yield self.finding(
            first.span,
            f"Writes to {listed(parents)} wait from here until the migration commits{meanwhile}.",
            level=context.level(Level.RISK if long is not None else Level.INFO, table, step),
            label="SHARE ROW EXCLUSIVE on the referenced table",
            reason="A foreign key puts triggers on the referenced table. The lock waits for every transaction that has"
            " written there, and writes after it wait behind it.",
            advice="Set `SET LOCAL lock_timeout = '5s'` in `after_begin`, and put what takes long into a migration of"
            " its own.",
            subject=subject(table, step.statement, constraint=first.name),
        )


def may_set_lock_timeout(context: MigrationContext) -> bool:
    """Whether a `lock_timeout` may come from what is not to be seen: the repo's connections, a macro."""
    repo = context.analysis.project.repo
    span = context.migration.migration.use_span
    plain = b"Ecto.Migration" in context.analysis.source.data[span.start : span.end]
    return repo.after_connect or not repo.parameters.complete or not plain


def _long_after(context: MigrationContext, after: Step) -> str | None:
    """What takes long behind a statement in its transaction, in words."""
    behind = False
    for step in context.steps:
        if step is after:
            behind = True
        elif behind and step.in_transaction and step.transaction == after.transaction:
            for relation in (*step.effect.rewrites, *step.effect.scans):
                if not context.is_new(relation, step) and relation.name is not None:
                    does = "rewriting" if relation in step.effect.rewrites else "reading all of"
                    return f"{does} `{Schema.key(relation)}`"
            for operation in step.statement.operations:
                if isinstance(operation, CallsCode):
                    return operation.call
                if isinstance(operation, OpaqueSQL) and operation.keywords == "DO":
                    return "the DO block"
    return None
