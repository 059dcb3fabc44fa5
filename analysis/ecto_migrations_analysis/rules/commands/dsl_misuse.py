"""The migration DSL used in a way that Ecto refuses.

## What happens
Ecto or its adapter raises when the migration runs, before anything is sent: `add` outside of `create` or `alter`,
the type `:datetime`, `scale:` without `precision:`, a constraint without `check:` or `exclude:`, an option that
`index` does not have. In a transaction nothing is done; outside of one, what ran before stays.

## When it is silent
- A condition that the text does not decide stands before it.
- The migration raises by itself, with `raise`.

## Instead
What the message says.

## Measured
Against ecto_sql 3.10 to 3.14: the messages are Ecto's own.

## References
- ecto_sql, `Ecto.Migration` and `Ecto.Migration.Runner`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import Case, Rule
from ..context import MigrationContext
from ..raising import refusal


class DslMisuse(Rule):
    id = "dsl-misuse"
    level = Level.DANGER
    tags = ("fails",)

    fires = (
        Case(about="Outside of a block", text="«add :title, :string»"),
        Case(
            about="A type that Ecto does not take",
            text="""
            create table(:posts) do
              «add :published_at, :datetime»
            end
            """,
        ),
        Case(
            about="A constraint, of which there is no IF NOT EXISTS",
            text='«create_if_not_exists constraint(:posts, :views_known, check: "views >= 0")»',
        ),
        Case(about="An option that does not exist", text="create index(:posts, [:slug], «uniqe: true»)"),
    )
    silent = (
        Case(about="Everything in its place", text="create table(:posts) do\n  add :title, :string\nend"),
        Case(about="It raises by itself", text='def up, do: raise("not yet")\ndef down, do: :ok'),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            error = refusal(step.statement)
            if error is None:
                continue
            yield self.finding(
                step.statement.span,
                f"Raises {error}.",
                label="Ecto refuses this",
                reason="Ecto raises when the migration runs, before it sends anything for this call.",
                advice="Write it as the documentation of Ecto.Migration shows.",
            )
