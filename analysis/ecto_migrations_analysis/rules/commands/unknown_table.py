"""Table that no migration has made.

## What happens
The statement fails with `undefined_table` (42P01): `relation "post" does not exist`. Mostly the name is misspelt.

## When it is silent
- The table may come from elsewhere: the history does not make the whole schema, or does something that cannot be
  followed.
- It is a view.
- `IF EXISTS`.
- A prefix is given.
- No table has nearly that name: then somebody else will have made it (a library's own migrations, another
  application, a hand).

## Instead
Correct the name.

## Measured
PostgreSQL 18: `ERROR: relation "post" does not exist`.

## References
- PostgreSQL documentation, ALTER TABLE
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateIndex, CreateTable, DropTable, Operation, Relation
from ...operations.tables import AddConstraint, TableOperation
from ...schema.state import Schema
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spelling import nearest

_POSTS = "create table(:posts)"


class UnknownTable(Rule):
    id = "unknown-table"
    level = Level.DANGER
    tags = ("fails", "history")

    fires = (
        Case(
            about="Misspelt",
            before=(_POSTS,),
            text="""
            alter table(«:post») do
              add :title, :string
            end
            """,
        ),
        Case(
            about="In an index",
            before=(_POSTS,),
            text="create index(«:postss», [:id])",
        ),
        Case(
            about="Referenced",
            before=(_POSTS,),
            text="""
            create table(:comments) do
              add :post_id, «references(:post)»
            end
            """,
        ),
    )
    silent = (
        Case(about="It is there", before=(_POSTS,), text="create index(:posts, [:id])"),
        Case(
            about="Made above",
            before=(_POSTS,),
            text="""
            create table(:post)
            create index(:post, [:id])
            """,
        ),
        Case(about="The history is not known", text="create index(:post, [:id])"),
        Case(
            about="Code of a library may have made it",
            before=(_POSTS, "Oban.Migration.up(version: 12)"),
            text="create index(:oban_jobs, [:id])",
        ),
        Case(about="Nothing is called like it", before=(_POSTS,), text="create index(:environments, [:id])"),
        Case(about="If it exists", before=(_POSTS,), text="drop_if_exists table(:post)"),
        Case(
            about="Another prefix",
            before=(_POSTS,),
            text="create index(:posts, [:id], prefix: :tenant)",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        said: set[Relation] = set()
        for step in context.steps:
            known = step.before
            if not known.complete or known.uncertain:
                return
            own = [operation for operation in step.statement.operations if isinstance(operation, CreateTable)]
            new = {Schema.key(operation.relation) for operation in own}
            for operation in step.statement.operations:
                for relation, span in named(operation):
                    key = Schema.key(relation)
                    if key.name is None or key.schema is not None or key in new or key in said:
                        continue
                    if known.table(key) is not None or key in known.views:
                        continue
                    said.add(key)
                    near = nearest(
                        key.name, [item.name or "" for item in known.tables if item.schema is None]
                    )
                    if near is None:
                        continue
                    yield self.finding(
                        span,
                        f"No migration has made `{key}` (`{near}`?): fails with undefined_table.",
                        level=context.level(self.level, relation, step),
                        label=f"is it {near}?",
                        reason="The migrations before this one are all known, and none makes it.",
                        advice=f"Write `{near}`.",
                        subject=subject(relation, step.statement, near=near),
                    )


def named(operation: Operation) -> Iterator[tuple[Relation, Span]]:
    """The tables that must be there, and where they are named."""
    if isinstance(operation, CreateIndex):
        yield operation.relation, operation.relation_span
    elif isinstance(operation, CreateTable):
        for constraint in operation.constraints:
            if constraint.references is not None:
                yield constraint.references, constraint.span
    elif isinstance(operation, TableOperation) and not operation.table_if_exists:
        if not (isinstance(operation, DropTable) and operation.if_exists):
            yield operation.relation, operation.relation_span
        if isinstance(operation, AddConstraint) and operation.constraint.references is not None:
            yield operation.constraint.references, operation.constraint.span
