"""`down` in the wrong order.

## What happens
What depends on something has to go first: `drop table(:authors)` fails while `posts` refers to it (`cannot drop table
authors because other objects depend on it`, 2BP01). And what goes with something cannot be dropped after it: an index of a
dropped table is gone already (`index "…" does not exist`, 42704).

## When it is silent
- Each statement of `down` passes.
- It fails whatever the order (`down-fails`).
- The migration is a `change`: Ecto reverses the order itself.

## Instead
Undo last things first, as Ecto reverses `change`.

## Measured
PostgreSQL 18: SQLSTATE 2BP01 and 42704.

## References
- PostgreSQL documentation, Dependency Tracking
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level, Related
from ...syntax.span import Place
from ..base import Case, Rule
from ..context import MigrationContext
from ..rolling_back import failures


class DownOrder(Rule):
    id = "down-order"
    level = Level.RISK
    tags = ("rollback", "fails")
    silences = ("down-fails",)

    fires = (
        Case(
            about="The parent before the child",
            text="""
            def up do
              create table(:authors)

              create table(:posts) do
                add :author_id, references(:authors)
              end
            end

            def down do
              «drop table(:authors)»
              drop table(:posts)
            end
            """,
        ),
        Case(
            about="The index after its table",
            before=("create table(:authors)",),
            text="""
            def up do
              create table(:posts) do
                add :title, :string
              end

              create index(:posts, [:title])
            end

            def down do
              drop table(:posts)
              «drop index(:posts, [:title])»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="Last things first",
            text="""
            def up do
              create table(:authors)

              create table(:posts) do
                add :author_id, references(:authors)
              end
            end

            def down do
              drop table(:posts)
              drop table(:authors)
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.down
        if program is None or program.callback != "down":
            return
        path = context.analysis.source.path
        for found in failures(context):
            if found.order is None or not found.failure.certain:
                continue
            first = found.failure.cause == "dependents"
            place = Place(path, found.order.statement.span) if path else None
            yield self.finding(
                found.step.statement.span,
                f"Rollback fails: {found.failure.reason}; {'what depends on it is dropped later' if first else 'it went with what is dropped before'}.",
                label="in the wrong order",
                reason="PostgreSQL drops nothing that other objects depend on, and what belongs to a table goes with it.",
                advice="Undo last things first: the order of `up`, backwards.",
                related=(Related("the other statement", place),) if place else (),
                forward=False,
            )
