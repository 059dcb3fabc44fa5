"""Index or constraint dropped that the table does not have.

## What happens
`drop` fails: `index "posts_slug_index" does not exist`, `constraint "…" of relation "posts" does not exist` (42704). Mostly
the name is another one than Ecto makes of the columns: it was given with `name:`, the table was renamed since, or the
column is called differently.

`drop_if_exists` passes and does nothing: the index or constraint that was meant stays.

## When it is silent
- The table is not known entirely: it was made elsewhere, or something that cannot be followed may have changed it.
- The name is there.
- `drop_if_exists` before it is created in the same migration: so that it can run again.
- `drop_if_exists` without any index or constraint like it is only said.

## Instead
The name that it has: `drop index(:posts, [:slug], name: :posts_slug_unique)`.

## Measured
PostgreSQL 18: SQLSTATE 42704; with IF EXISTS a notice (`does not exist, skipping`) that Ecto logs and nobody reads.

## References
- PostgreSQL documentation, DROP INDEX; ecto_sql, `Ecto.Migration.index/3`, `:name`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import AddConstraint, CreateIndex, DropConstraint, DropIndex
from ...schema.state import Schema, Table
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spelling import meant, nearest

# What PostgreSQL keeps of a name, in bytes (NAMEDATALEN - 1).
_KEPT = 63
_POSTS = """
create table(:posts) do
  add :slug, :string
end

create unique_index(:posts, [:slug], name: :posts_slug_unique)
create constraint(:posts, :posts_slug_check, check: "slug <> ''")
"""


class DropUnknownObject(Rule):
    id = "drop-unknown-object"
    level = Level.DANGER
    tags = ("fails", "history")

    fires = (
        Case(
            about="Its name was given",
            before=(_POSTS,),
            text="«drop unique_index(:posts, [:slug])»",
        ),
        Case(
            about="A constraint of another name",
            before=(_POSTS,),
            text="«drop constraint(:posts, :posts_slug_chek)»",
        ),
        Case(
            about="It passes and does nothing",
            before=(_POSTS,),
            text="«drop_if_exists index(:posts, [:slug])»",
        ),
    )
    silent = (
        Case(
            about="The name it has",
            before=(_POSTS,),
            text="""
            drop unique_index(:posts, [:slug], name: :posts_slug_unique)
            drop constraint(:posts, :posts_slug_check)
            """,
        ),
        Case(about="The table is not known", text="drop index(:posts, [:slug])"),
        Case(
            about="Code that cannot be followed",
            before=(_POSTS, "MyApp.Migration.create_indexes(:posts)"),
            text="drop index(:posts, [:slug])",
        ),
        Case(
            about="So that it can run again",
            before=(_POSTS,),
            text="""
            drop_if_exists index(:posts, [:id, :slug])
            create index(:posts, [:id, :slug])
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        made = _made(context)
        for step in context.steps:
            if step.before.uncertain or not step.before.complete:
                return
            for operation in step.statement.operations:
                found = _absent(step, operation)
                if found is None or not isinstance(operation, DropIndex | DropConstraint):
                    continue
                kind, name, table, names = found
                relation = table.relation
                if Schema.key(relation) in step.before.former_names:
                    continue
                if operation.if_exists and (name in made or context.is_new(relation, step)):
                    continue
                near = _like(name, names, table, operation)
                level = self.level
                if operation.if_exists:
                    level = Level.RISK if near is not None else Level.INFO
                yield self.finding(
                    step.statement.span if step.statement.command is not None else operation.span,
                    f"`{relation}` has no {kind} `{name}`{meant(near)}: "
                    + ("nothing is dropped." if operation.if_exists else "fails with undefined_object."),
                    level=context.level(level, relation, step),
                    label=f"is it {near}?" if near is not None else f"no such {kind}",
                    reason="Every migration that touches the table is known, and none of them leaves it.",
                    advice=f"Drop `{near}` (`name:`)."
                    if near is not None
                    else "Drop it under the name that it has.",
                    subject=subject(relation, step.statement, near=near),
                )


def _absent(step: Step, operation: object) -> tuple[str, str, Table, list[str]] | None:
    """Kind, name and table of what is to be dropped and not there, and the names that are."""
    if isinstance(operation, DropIndex):
        relation, name, kind = operation.relation, operation.name.name, "index"
    elif isinstance(operation, DropConstraint):
        relation, name, kind = operation.relation, operation.name, "constraint"
    else:
        return None
    table = step.before.table(relation) if relation is not None else None
    if table is None or name is None or not table.complete or table.uncertain:
        return None
    names = list(table.indexes if kind == "index" else table.constraints)
    cut = name.encode()[:_KEPT]
    others = [item for other in step.before.tables.values() if kind == "index" for item in other.indexes]
    if any(item.encode()[:_KEPT] == cut for item in (*names, *others)):
        # Ecto drops by name, whatever table is stated.
        return None
    return kind, name, table, names


def _like(name: str, names: list[str], table: Table, operation: DropIndex | DropConstraint) -> str | None:
    """What was probably meant: an index on the same columns, or a name that is nearly the same."""
    stated = operation.stated if isinstance(operation, DropIndex) else None
    if stated is not None and stated.elements:
        columns = [element.column for element in stated.elements]
        for index in table.indexes.values():
            if index.constraint is None and [item.column for item in index.definition.elements] == columns:
                return index.name
    return nearest(name, names)


def _made(context: MigrationContext) -> set[str]:
    made: set[str] = set()
    for step in context.steps:
        for item in step.statement.operations:
            if isinstance(item, CreateIndex) and item.name:
                made.add(item.name)
            elif isinstance(item, AddConstraint) and item.constraint.name:
                made.add(item.constraint.name)
    return made
