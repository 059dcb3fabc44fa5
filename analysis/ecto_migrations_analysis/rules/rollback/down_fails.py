"""Rollback that fails.

## What happens
The statement fails on the schema that the migration itself leaves: the column is not there, the table exists already. Or
it fails as soon as the table has a row: `remove :title, :text, null: false` comes back as a NOT NULL column without a
default. Or Ecto refuses what only the way back needs: `modify :n, :string, from: {:integer}`. The rollback stops, and what
comes before it cannot be rolled back either.

## When it is silent
- The migration itself cannot run; that is said there.
- `down` raises by itself.
- What is needed is not known.
- Rows written since the migration would have to break what it has lifted: a NULL, a longer text.
- It fails because of the order of its own statements: `down-order` says which.

## Instead
A default for the way back (`remove :title, :text, null: false, default: ""`), the right name, or a `down` that raises and
says why.

## Measured
PostgreSQL 18: `column "title" of relation "posts" contains null values` (23502) when a NOT NULL column is added to a table
with rows. ecto_sql 3.13: `from: {:integer}` raises ArgumentError on rollback, and only there.

## References
- ecto_sql, `Ecto.Migration.Runner.reverse/1`
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...databases.effects import Failure
from ...findings import Finding, Level
from ..base import Case, Rule
from ..context import MigrationContext
from ..raising import refusal
from ..rolling_back import RollbackFailure, failures

_SAID_ELSEWHERE = ("transaction", "version", "adapter", "unsupported")
_POSTS = """
create table(:posts) do
  add :title, :text, null: false
  add :state, :string
end
"""


class DownFails(Rule):
    id = "down-fails"
    level = Level.RISK
    tags = ("rollback", "fails", "history")

    fires = (
        Case(
            about="A NOT NULL column comes back without values",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              remove :title, :text, «null: false»
            end
            """,
        ),
        Case(
            about="What Ecto reads on the way back only",
            before=(_POSTS,),
            text="alter table(:posts) do\n  modify :state, :text, from: «{:string}»\nend",
        ),
        Case(
            about="A name that is not there",
            before=(_POSTS,),
            text="""
            def up do
              alter table(:posts) do
                add :slug, :string
              end
            end

            def down do
              alter table(:posts) do
                «remove :slugs»
              end
            end
            """,
        ),
    )
    silent = (
        Case(
            about="With a default for the way back",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              remove :title, :text, null: false, default: ""
            end
            """,
        ),
        Case(
            about="Nothing fails",
            before=(_POSTS,),
            text="""
            def up do
              alter table(:posts) do
                add :slug, :string
              end
            end

            def down do
              alter table(:posts) do
                remove :slug
              end
            end
            """,
        ),
        Case(
            about="A foreign key that was there before",
            before=(
                _POSTS,
                "create table(:comments) do\n  add :post_id, references(:posts)\nend",
            ),
            text="""
            alter table(:comments) do
              modify :post_id, references(:posts, on_delete: :delete_all), from: references(:posts)
            end
            """,
        ),
        Case(
            about="NULLs that came in meanwhile",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :title, :text, null: true, from: {:text, null: false}
            end
            """,
        ),
        Case(
            about="It raises by itself",
            before=(_POSTS,),
            text='def up, do: drop(table(:posts))\ndef down, do: raise("no way back")',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        reversed_change = context.migration.migration.down
        is_change = reversed_change is not None and reversed_change.callback == "change"
        for found in _worst(failures(context)):
            failure, step = found.failure, found.step
            span = failure.span if failure.span.end > failure.span.start else step.statement.span
            yield self.finding(
                span,
                f"Rollback fails{'' if failure.certain else ' if the table has rows'}: {failure.reason}.",
                label="fails on rollback",
                reason=f"{'The reversed `change`' if is_change else '`down`'} meets the schema that the migration"
                " leaves.",
                advice="Give what the way back needs (a default, the right name), or let `down` raise and say why.",
                forward=False,
            )
        refused_forward = {step.statement.span for step in context.steps if step.statement.error is not None}
        for step in context.migration.down.steps if context.migration.down is not None else ():
            error = refusal(step.statement)
            if error is None or step.statement.span in refused_forward:
                continue
            yield self.finding(
                step.statement.span,
                f"Rollback raises {error}.",
                label="raises on rollback",
                reason="Ecto reads this on the way back only, and refuses it before it sends anything.",
                advice="Write it as the documentation of Ecto.Migration shows.",
                forward=False,
            )


def _worst(found: Iterable[RollbackFailure]) -> list[RollbackFailure]:
    """Of each statement the surest failure."""
    worst: dict[int, RollbackFailure] = {}
    for item in found:
        # What cannot run in a transaction fails forward too, and is said there.
        if item.order is not None or item.failure.cause in _SAID_ELSEWHERE:
            continue
        # Rows written since would have to break what the migration has lifted: nobody can know.
        if item.failure.cause == "existing rows":
            continue
        known = worst.get(id(item.step))
        if known is None or _rank(item.failure) < _rank(known.failure):
            worst[id(item.step)] = item
    return list(worst.values())


def _rank(failure: Failure) -> int:
    return 0 if failure.certain else 1
