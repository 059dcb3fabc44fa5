"""TRUNCATE of a table that has rows.

## What happens
Every row of the table is gone, with `CASCADE` those of every table that references it too, and of those that
reference these. ACCESS EXCLUSIVE is held on each of them until the migration commits: reads and writes wait. After
the commit nothing brings the rows back; `down` cannot either.

Without `CASCADE` PostgreSQL refuses where another table references it, also where that one is empty.

## When it is silent
- The migration creates the table itself, or drops it afterwards (`drop-table` says what is lost).
- It stands in `down`.

## Instead
Copy the rows to keep to another table first. To empty a large table while the application runs, delete in batches
from a migration of its own without a transaction.

## Measured
PostgreSQL 18: `TRUNCATE posts` fails with SQLSTATE 0A000, "cannot truncate a table referenced in a foreign key
constraint"; `TRUNCATE posts CASCADE` takes ACCESS EXCLUSIVE on `posts` and `comments` and empties both.

## References
- PostgreSQL documentation, TRUNCATE
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import DropTable, Relation
from ...operations import Truncate as TruncateOperation
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spelling import listed

_BEFORE = """
create table(:posts)

create table(:comments) do
  add :post_id, references(:posts)
end

create table(:likes) do
  add :comment_id, references(:comments)
end
"""


class Truncate(Rule):
    id = "truncate"
    level = Level.DANGER
    tags = ("data", "data loss", "blocking")

    fires = (
        Case(about="The plain form", text='execute "«TRUNCATE posts»", ""'),
        Case(
            about="Through the repo", text='def up, do: repo().query!("«TRUNCATE posts»")\ndef down, do: :ok'
        ),
        Case(
            about="Other tables lose their rows too",
            before=(_BEFORE,),
            text='execute "«TRUNCATE TABLE posts CASCADE»", ""',
        ),
    )
    silent = (
        Case(
            about="A table of the same migration",
            text="""
            create table(:posts)
            execute "TRUNCATE posts", ""
            """,
        ),
        Case(
            about="Dropped afterwards",
            text="""
            execute "TRUNCATE posts", ""
            drop table(:posts)
            """,
        ),
        Case(
            about="In down",
            text="""
            def up, do: execute("INSERT INTO posts (title) VALUES ('a')")
            def down, do: execute("TRUNCATE posts")
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        dropped = {Schema.key(operation.relation) for _, operation in context.forward(DropTable)}
        for step, operation in context.forward(TruncateOperation):
            named = [
                relation
                for relation in operation.relations
                if not context.is_new(relation, step) and Schema.key(relation) not in dropped
            ]
            if not named:
                continue
            tables = " and ".join(f"`{relation}`" for relation in named[:3])
            tables += f" and {len(named) - 3} more" if len(named) > 3 else ""
            more = reached(step.before, named) if operation.cascade else []
            them = "it" if len(named) == 1 else "them"
            also = f", and of {listed(more)} which reference {them}," if more else ""
            if operation.cascade and not more and not step.before.complete:
                also = f", and of every table that references {them},"
            yield self.finding(
                operation.span,
                f"Deletes every row of {tables}{also} under ACCESS EXCLUSIVE: reads and writes wait, and nothing"
                " brings the rows back.",
                level=context.level(self.level, named[0], step),
                label="every row is lost",
                reason="TRUNCATE looks at no row and calls no DELETE trigger. CASCADE follows foreign keys to whole"
                " tables, whatever their `on_delete` says.",
                advice="Keep a copy of the rows that are wanted; without CASCADE PostgreSQL refuses to empty more"
                " than what is named.",
                subject=subject(named[0], step.statement),
            )


def reached(schema: Schema, relations: list[Relation]) -> list[str]:
    """The tables that CASCADE empties besides, as far as their foreign keys are known."""
    seen = {Schema.key(relation) for relation in relations}
    found: list[str] = []
    waiting = list(seen)
    for relation in waiting:
        for table, _ in schema.referencing(relation):
            key = Schema.key(table.relation)
            if key not in seen:
                seen.add(key)
                waiting.append(key)
                found.append(f"`{table.relation}`")
    return found
