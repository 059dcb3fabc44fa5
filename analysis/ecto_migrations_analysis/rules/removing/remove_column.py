"""Column dropped while running code still selects it.

## What happens
`DROP COLUMN` is instant, but Ecto lists every field of a schema in its queries: nodes of the running release that
still have the field fail with `undefined_column` (42703) at every SELECT, INSERT and UPDATE … RETURNING, from the
moment of the drop until they are replaced. The data is gone, and indexes and constraints that use the column go
with it.

## When it is silent
- The migration creates the table, or adds the column, itself.
- It stands in `down` and undoes `up`.

Where the table's schema modules are all known and none has the column, it is for your information only: what is
left to see to is that their release runs everywhere. Where one still has it, `remove-column-still-in-schema` says
so; where the base revision of git still has it, so that field and column go in one deploy, it is dangerous; where it was NOT NULL up to here, `contract-step-not-null-trap`.

## Instead
Two deploys. First the code: delete the `field` from the schema (and, where the column is NOT NULL without a
default, make it nullable first, or the new code's inserts fail). When no node of the old release runs, drop it:

    alter table(:posts) do
      remove :legacy, :text
    end

## Measured
PostgreSQL 13 to 18: ACCESS EXCLUSIVE for an instant; no scan, no rewrite.

## References
- PostgreSQL documentation, ALTER TABLE, `DROP COLUMN`
- ecto, `Ecto.Schema`, `:load_in_query`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddColumn, DropColumn
from ...schema.state import Schema
from ..application import goes_with_this, unused
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..copies import is_read_before


class RemoveColumn(Rule):
    id = "remove-column"
    level = Level.DANGER
    tags = ("columns", "application")

    fires = (
        Case(
            about="remove/1",
            text="""
            alter table(:posts) do
              «remove :legacy»
            end
            """,
        ),
        Case(
            about="remove_if_exists/2 and a list of columns",
            text="""
            alter table(:posts) do
              «remove_if_exists :legacy, :text»
              «remove(:summary, :text, null: true)»
            end
            """,
        ),
        Case(
            about="The same in SQL",
            text="""
            execute "ALTER TABLE posts «DROP COLUMN legacy»", "ALTER TABLE posts ADD COLUMN legacy text"
            """,
        ),
        Case(
            about="No schema module has it any more",
            lib=(
                """
                defmodule MyApp.Post do
                  use Ecto.Schema

                  schema "posts" do
                    field :title, :string
                  end
                end
                """,
            ),
            text="""
            alter table(:posts) do
              «remove :legacy, :string»
            end
            """,
        ),
        Case(
            about="The field goes in the same change",
            lib=('defmodule MyApp.Post do\n  use Ecto.Schema\n\n  schema "posts" do\n  end\nend',),
            released=("20250101000000_create_posts.exs",),
            released_lib=(
                'defmodule MyApp.Post do\n  use Ecto.Schema\n\n  schema "posts" do\n    field :legacy\n  end\nend',
            ),
            text="""
            alter table(:posts) do
              «remove :legacy, :string»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="The down of an add",
            text="""
            def up do
              alter table(:posts) do
                add :legacy, :text
              end
            end

            def down do
              alter table(:posts) do
                remove :legacy
              end
            end
            """,
        ),
        Case(
            about="A table of the same migration",
            text="""
            create table(:posts) do
              add :legacy, :text
            end

            alter table(:posts) do
              remove :legacy, :text
            end
            """,
        ),
        Case(
            about="A call of the same name that is no DDL",
            text="""
            Map.keys(%{a: 1}) |> List.delete(:a)
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        added = {
            (Schema.key(operation.relation), operation.column.name)
            for _, operation in context.forward(AddColumn)
            if not operation.if_not_exists
        }
        for step, operation in context.forward(DropColumn):
            table = operation.relation
            if context.is_new(table, step) or (Schema.key(table), operation.column) in added:
                continue
            name = f"{table}.{operation.column or '…'}"
            copied = operation.column is not None and is_read_before(context, step, table, operation.column)
            lost = "what was not copied of its data is lost" if copied else "its data is lost"
            if unused(context, table, operation.column):
                was = goes_with_this(context, table, operation.column)
                if was is not None:
                    yield self.finding(
                        operation.span,
                        f"Drops `{name}` together with its field: {was.schema.module} of the running release still"
                        " selects it.",
                        level=context.level(self.level, table, step),
                        label="the field goes in this very change",
                        reason="The field is gone from the code that this migration is deployed with, and was there"
                        " in the base revision: the nodes that run it fail with undefined_column.",
                        advice="Deploy code without the field first; drop the column in a later deploy.",
                        subject=subject(table, step.statement, column=operation.column),
                    )
                    continue
                yield self.finding(
                    operation.span,
                    f"Drops `{name}`: {lost}. No schema module has it any more.",
                    level=Level.INFO,
                    label="the data is lost" if not copied else "what was not copied is lost",
                    reason="Nodes of a release that still has the field fail with undefined_column.",
                    advice="Run it when the release without the field runs on every node.",
                    subject=subject(table, step.statement, column=operation.column),
                )
                continue
            yield self.finding(
                operation.span,
                f"Drops `{name}`: code of the running release that selects it fails with undefined_column.",
                level=context.level(self.level, table, step),
                label="running code still selects it",
                reason="Ecto lists every field of a schema in its queries, so nodes that still have the field"
                f" fail until they are replaced. And {lost}.",
                advice="Deploy code without the field first; drop the column in a later deploy.",
                subject=subject(table, step.statement, column=operation.column),
            )
