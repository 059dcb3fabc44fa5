"""Rollback that destroys data from before the migration.

## What happens
A rollback drops what the migration has made; with it go the rows written since. Here it drops or empties more: a table
or a column that was there before the migration, so that its old rows are lost too. `create_if_not_exists table(:posts)`
in `change` does it without a word: on rollback Ecto drops `posts`, whoever has created it.

## When it is silent
- What is dropped was made by this migration.
- It is not known whether it was there before.

## Instead
Drop in `down` only what `up` has made. For a table that may be there already, write `up` and a `down` that leaves it.

## Measured
ecto_sql 3.13: `create_if_not_exists table` is reversed to `drop_if_exists table` (tests/facts/runner.jsonl).

## References
- ecto_sql, `Ecto.Migration.Runner.reverse/1`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level, Related
from ...operations import (
    AddColumn,
    CreateTable,
    Delete,
    DropColumn,
    DropTable,
    Relation,
    RenameColumn,
    RenameTable,
    Truncate,
)
from ...schema.state import Origin, Schema
from ...syntax.span import Span
from ..base import Case, Rule
from ..context import MigrationContext

_POSTS = "create table(:posts) do\n  add :title, :text\nend"


class DownLosesData(Rule):
    id = "down-loses-data"
    level = Level.DANGER
    tags = ("rollback", "data loss", "history")
    silences = ("down-not-inverse",)

    fires = (
        Case(
            about="A table that was there before",
            before=(_POSTS,),
            text="""
            def up do
              alter table(:posts) do
                add :slug, :string
              end
            end

            def down, do: «drop(table(:posts))»
            """,
        ),
        Case(
            about="If it is not there yet",
            before=(_POSTS,),
            text="«create_if_not_exists table(:posts) do\n  add :title, :text\nend»",
        ),
        Case(
            about="A column from before, and every row",
            before=(_POSTS,),
            text="""
            def up, do: create(index(:posts, [:title]))

            def down do
              drop index(:posts, [:title])
              execute "«DELETE FROM posts»"

              alter table(:posts) do
                «remove :title»
              end
            end
            """,
        ),
    )
    silent = (
        Case(
            about="What the migration has made",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              add :slug, :string
            end

            create table(:drafts)
            """,
        ),
        Case(about="Not known before", text="create_if_not_exists table(:posts)"),
        Case(
            about="Renamed there and back",
            before=(_POSTS,),
            text="""
            def up do
              rename table(:posts), to: table(:old_posts)
              create table(:posts)
            end

            def down do
              drop table(:posts)
              rename table(:old_posts), to: table(:posts)
            end
            """,
        ),
        Case(
            about="Rows that it has inserted",
            before=(_POSTS,),
            text="""
            def up, do: execute("INSERT INTO posts (title) VALUES ('first')")
            def down, do: execute("DELETE FROM posts WHERE title = 'first'")
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        run = context.migration.down
        if run is None or context.migration.up is None:
            return
        before = context.migration.schema
        replaced = _replaced(context)
        for step in run.steps:
            for relation, column, what, span in _lost(step):
                key = Schema.key(relation)
                table = before.tables.get(key)
                if table is None or table.uncertain or (key, None) in replaced or (key, column) in replaced:
                    continue
                if column is not None and column not in table.columns:
                    continue
                origin: Origin = table.origin if column is None else table.columns[column].origin
                certain = step.statement.command is None or step.statement.command.always
                yield self.finding(
                    span,
                    f"Rollback {what}: data from before this migration is lost.",
                    level=self.level if certain else Level.RISK,
                    label="was there before",
                    reason="The history has it before this migration, which does not create it.",
                    advice="Drop on rollback only what the migration has made.",
                    related=(Related("it was created here", origin.place),) if origin.place else (),
                    forward=False,
                )


def _lost(step: Step) -> Iterator[tuple[Relation, str | None, str, Span]]:
    for item in step.statement.operations:
        span = item.span if item.span.end > item.span.start else step.statement.span
        match item:
            case DropTable(relation=relation):
                yield relation, None, f"drops `{relation}`", step.statement.span
            case DropColumn(relation=relation, column=str(column)):
                yield relation, column, f"drops `{relation}.{column}`", span
            case Delete(relation=relation, restricted=False, bounded=False):
                yield relation, None, f"deletes every row of `{relation}`", span
            case Truncate(relations=relations):
                for relation in relations:
                    yield relation, None, f"empties `{relation}`", span


def _replaced(context: MigrationContext) -> set[tuple[Relation, str | None]]:
    """Tables and columns under whose names the migration puts something else."""
    found: set[tuple[Relation, str | None]] = set()
    for step in context.steps:
        for item in step.statement.operations:
            match item:
                case CreateTable(relation=relation, if_not_exists=False) | DropTable(relation=relation):
                    found.add((Schema.key(relation), None))
                case RenameTable(relation=relation, to=to):
                    found |= {(Schema.key(relation), None), (Schema.key(Relation(to, relation.schema)), None)}
                case AddColumn(relation=relation, column=column, if_not_exists=False):
                    found.add((Schema.key(relation), column.name))
                case RenameColumn(relation=relation, column=old, to=new):
                    found |= {(Schema.key(relation), old), (Schema.key(relation), new)}
                case DropColumn(relation=relation, column=gone):
                    found.add((Schema.key(relation), gone))
    return {item for item in found if item[1] is not None or item[0].name is not None}
