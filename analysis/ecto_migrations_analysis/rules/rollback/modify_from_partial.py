"""`from:` that brings back the type but not what else was changed.

## What happens
Ecto reverses `modify :title, :citext, null: false, from: :text` by putting `:text` in the place of `:citext` and keeping
the rest: the rollback runs `modify :title, :text, null: false`. The column stays NOT NULL; a `default:` stays too. The
rollback passes, and the old release that runs then fails with `not_null_violation`.

## When it is silent
- `from:` says it all: `from: {:text, null: true}`.
- The column had the same before.
- The migration has a `down` of its own.

Where it is not known what the column was before, it is only said.

## Instead

    modify :title, :citext, null: false, from: {:text, null: true}

## Measured
ecto_sql 3.10 to 3.14: `from:` without options keeps those of the new type (tests/facts/runner.jsonl).

## References
- ecto_sql, `Ecto.Migration.Runner.table_reverse/2`; elixir-ecto/ecto_sql#383
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import DropNotNull, Relation, SetDefault, SetNotNull
from ...program.commands import AlterTable, Modify
from ...program.terms import TupleTerm, Unknown, is_nil
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POSTS = """
create table(:posts) do
  add :title, :text
  add :state, :string, null: false, default: "draft"
end
"""


class ModifyFromPartial(Rule):
    id = "modify-from-partial"
    level = Level.RISK
    tags = ("rollback",)

    fires = (
        Case(
            about="NOT NULL stays",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :title, :string, null: false, «from: :text»
            end
            """,
        ),
        Case(
            about="The default stays, and NOT NULL does not come back",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :state, :text, null: true, default: "new", «from: :string»
            end
            """,
        ),
        Case(
            about="Not known what it was",
            text="""
            alter table(:posts) do
              modify :title, :string, null: false, «from: :text»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="All of it",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :title, :string, null: false, from: {:text, null: true}
            end
            """,
        ),
        Case(
            about="Only the type changes",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :title, :string, from: :text
              modify :state, :text, null: false, from: :string
            end
            """,
        ),
        Case(
            about="A down of its own",
            before=(_POSTS,),
            text="""
            def up do
              alter table(:posts) do
                modify :title, :string, null: false, from: :text
              end
            end

            def down do
              alter table(:posts) do
                modify :title, :text, null: true
              end
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.down
        if program is None or program.callback != "change":
            return
        for step in context.steps:
            command = step.statement.command
            if not isinstance(command, AlterTable):
                continue
            for change in command.changes:
                if not isinstance(change, Modify) or not isinstance(change.column, str):
                    continue
                given = change.options.option("from")
                if given is None or is_nil(given.value) or isinstance(given.value, TupleTerm | Unknown):
                    continue
                kept, known, relation = _kept(step, change)
                if not kept or relation is None or context.is_new(relation, step):
                    continue
                yield self.finding(
                    given.span,
                    f"Rollback leaves `{relation}.{change.column}` {' and '.join(kept)}: `from:` names the type only.",
                    level=context.level(self.level if known else Level.INFO, relation, step),
                    label="only the type comes back",
                    reason="Ecto puts the type of `from:` in the place of the new one and keeps the options.",
                    advice="Say what it was: `from: {:type, null: …, default: …}`.",
                    subject=subject(relation, step.statement, column=change.column),
                    forward=False,
                )


def _kept(step: Step, change: Modify) -> tuple[list[str], bool, Relation | None]:
    """What stays after a rollback though it was otherwise; whether that is known; the table."""
    kept: list[str] = []
    known = False
    relation: Relation | None = None
    for item in step.statement.operations:
        if not isinstance(item, SetNotNull | DropNotNull | SetDefault) or item.column != change.column:
            continue
        relation = item.relation
        table = step.before.table(relation)
        column = table.columns.get(change.column) if isinstance(change.column, str) and table else None
        known = column is not None and table is not None and not column.uncertain and not table.uncertain
        if isinstance(item, SetNotNull):
            if column is None or not column.not_null:
                kept.append("NOT NULL")
        elif isinstance(item, DropNotNull):
            if column is None or column.not_null:
                kept.append("nullable")
        elif column is None or column.default is None or column.default.sql != item.default.sql:
            kept.append("with its new default")
    return kept, known, relation
