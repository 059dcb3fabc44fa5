"""`down` that does not bring back what was there before.

## What happens
Migrating and rolling back leaves another schema than before: a table or an index stays, a column comes back with
another type or without its NOT NULL. The next `mix ecto.migrate` fails at what is there already, or later migrations meet
tables that no environment without a rollback has.

## When it is silent
- The schema is the same, as far as it is known.
- Something in `up` or `down` cannot be followed, or stands under a condition.
- `down` does nothing at all (`empty-down`), raises, or fails (`down-fails`).
- The migration is a `change` without `execute/2`, or one that also removes or modifies: what its reversal loses, other
  rules say.

Only what was there before is compared: indexes and constraints that go with a dropped column count too.

## Instead
Let `down`, or the second text of `execute`, undo what the first does, last thing first.

## Measured
Compared by replaying both directions on the schema that the history leaves.

## References
- ecto_sql, `Ecto.Migration`, "Mix tasks"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from ...findings import Finding, Level
from ...program.commands import Add, AlterTable, Execute
from ...program.terms import Piece, Text
from ...syntax.span import Span
from ..base import Case, Rule
from ..context import MigrationContext
from ..rolling_back import differences, is_sound
from .empty_down import does_nothing

_POSTS = """
create table(:posts) do
  add :title, :text, null: false
  add :state, :string, default: "draft"
end

create unique_index(:posts, [:title])
"""


class DownNotInverse(Rule):
    id = "down-not-inverse"
    level = Level.RISK
    tags = ("rollback", "history")

    fires = (
        Case(
            about="An index stays",
            before=(_POSTS,),
            text="""
            def up do
              alter table(:posts) do
                add :slug, :string
              end

              create index(:posts, [:state])
            end

            def «down» do
              alter table(:posts) do
                remove :slug
              end
            end
            """,
        ),
        Case(
            about="A column comes back as another one",
            before=(_POSTS,),
            text="""
            def up do
              drop index(:posts, [:title])

              alter table(:posts) do
                remove :title
              end
            end

            def «down» do
              alter table(:posts) do
                add :title, :string
              end

              create unique_index(:posts, [:title])
            end
            """,
        ),
        Case(
            about="A table of another name is dropped, without a history",
            text="""
            def up do
              create table(:posts)
              create table(:drafts)
            end

            def «down» do
              drop table(:posts)
            end
            """,
        ),
        Case(
            about="The second text gives another name than there was",
            before=(_POSTS, 'execute "ALTER TABLE posts ADD CONSTRAINT state_set CHECK (state <> \'\')", ""'),
            text="""
            execute(
              "ALTER TABLE posts RENAME CONSTRAINT state_set TO posts_state_set",
              «"ALTER TABLE posts RENAME CONSTRAINT posts_state_set TO state_is_set"»
            )
            """,
        ),
    )
    silent = (
        Case(
            about="A text that does nothing on purpose",
            before=(_POSTS,),
            text='execute "CREATE INDEX posts_state ON posts (state)", ""\ncreate index(:posts, [:state])',
        ),
        Case(
            about="The second text is the inverse",
            before=(_POSTS,),
            text="""
            execute "ALTER TABLE posts ADD CHECK (state <> \'\')", "ALTER TABLE posts DROP CONSTRAINT posts_state_check"
            """,
        ),
        Case(
            about="As before",
            before=(_POSTS,),
            text="""
            def up do
              alter table(:posts) do
                add :slug, :string
                modify :title, :string
              end
            end

            def down do
              alter table(:posts) do
                modify :title, :text
                remove :slug
              end
            end
            """,
        ),
        Case(
            about="Renamed there and back",
            before=(_POSTS,),
            text="""
            def up, do: rename(table(:posts), :title, to: :name)
            def down, do: rename(table(:posts), :name, to: :title)
            """,
        ),
        Case(
            about="The table is not known",
            text="""
            def up do
              alter table(:posts) do
                remove :title
              end
            end

            def down do
              alter table(:posts) do
                add :title, :string
              end
            end
            """,
        ),
        Case(
            about="Code that cannot be followed",
            before=(_POSTS,),
            text="""
            def up, do: create(index(:posts, [:state]))
            def down, do: MyApp.Migration.drop_indexes(:posts)
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        place = _down(context)
        if place is None or does_nothing(context):
            return
        if not is_sound(context.migration.up) or not is_sound(context.migration.down):
            return
        found = differences(context)
        if not found:
            return
        name, span = place
        more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
        yield self.finding(
            span,
            f"After a rollback {', '.join(found[:3])}{more}: {name} is not the inverse of"
            f" {'`up`' if name == '`down`' else 'the first'}.",
            label="not the inverse of up" if name == "`down`" else "not the inverse",
            reason="Both directions were replayed on the schema that the history leaves; afterwards it is another one.",
            advice="Undo in `down` what `up` does, last thing first."
            if name == "`down`"
            else "Let the second text undo what the first does.",
            forward=False,
        )


def _down(context: MigrationContext) -> tuple[str, Span] | None:
    """What is written for the way back: its name for the message, and its place."""
    migration = context.migration.migration
    if migration.down is None:
        return None
    if migration.down.callback == "down":
        down = migration.callbacks.get("down")
        return ("`down`", down.name_span) if down is not None else None
    written = []
    for step in context.steps:
        command = step.statement.command
        if isinstance(command, AlterTable) and any(not isinstance(item, Add) for item in command.changes):
            return None
        if isinstance(command, Execute) and _is_text(command.down) and command.down.span not in written:
            written.append(command.down.span)
    return ("the second text of `execute`", written[-1]) if written else None


def _is_text(term: object) -> TypeGuard[Text]:
    """Not where `""` says that nothing is to be undone."""
    return isinstance(term, Text) and any(
        not isinstance(piece, Piece) or (piece.text or "").strip() for piece in term.pieces
    )
