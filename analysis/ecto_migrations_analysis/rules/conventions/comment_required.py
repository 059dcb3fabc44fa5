"""Table or columns without a comment.

## What happens
A comment stands in the catalog, where every tool that looks at the database shows it. What has none is explained
in the code of one application, if at all.

## When it is silent
- The table and the column have a comment at the end of the migration: `comment:`, or `COMMENT ON`.
- The columns are the primary key that Ecto implies or those of `timestamps()`.

It speaks once for each table that is created, and once for each `alter` that adds columns.

## Instead

    create table(:posts, comment: "What authors publish") do
      add :title, :string, comment: "As shown in lists"
    end

## Measured
PostgreSQL 18: `obj_description` gives the comment of the table back.

## References
- PostgreSQL documentation, COMMENT
- ecto_sql, `Ecto.Migration.table/2` and `add/3`, `:comment`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddColumn, ColumnDefinition, CreateTable, Relation
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spelling import listed


class CommentRequired(Rule):
    id = "comment-required"
    level = Level.INFO
    tags = ("tables", "columns")

    fires = (
        Case(
            about="A table",
            text="""
            create table(«:posts») do
              add :title, :string
              timestamps()
            end
            """,
        ),
        Case(
            about="A column",
            text="""
            alter table(«:posts») do
              add :title, :string, comment: "As shown in lists"
              add :body, :text
            end
            """,
        ),
    )
    silent = (
        Case(
            about="Everything has one",
            text="""
            create table(:posts, comment: "What authors publish") do
              add :title, :string, comment: "As shown in lists"
              timestamps()
            end
            """,
        ),
        Case(
            about="By statements of their own",
            text="""
            create table(:posts) do
              add :title, :string
            end

            execute "COMMENT ON TABLE posts IS 'What authors publish'", ""
            execute "COMMENT ON COLUMN posts.title IS 'As shown in lists'", ""
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            made = [item for item in step.statement.operations if isinstance(item, CreateTable | AddColumn)]
            if not made:
                continue
            relation, span = made[0].relation, made[0].relation_span
            columns = [
                column
                for item in made
                for column in (item.columns if isinstance(item, CreateTable) else (item.column,))
            ]
            silent = _silent(context, relation, columns, isinstance(made[0], CreateTable))
            if silent:
                yield self._said(relation, span, silent, subject(relation, step.statement))

    def _said(self, relation: Relation, span: Span, silent: list[str], about: dict[str, str]) -> Finding:
        return self.finding(
            span,
            f"{listed(silent)} {'has' if len(silent) == 1 else 'have'} no comment.",
            level=self.level,
            label="no comment",
            reason=f"Who looks at `{relation}` in the database sees names and types only.",
            advice="Give `comment:` with the table and with each column.",
            subject=about,
        )


def _silent(
    context: MigrationContext, relation: Relation, columns: list[ColumnDefinition], new: bool
) -> list[str]:
    """What has no comment at the end of the migration, as it is named in a sentence."""
    table = context.steps[-1].after.table(relation)
    if table is None:
        return []
    found = [f"`{relation}`"] if new and table.comment is None else []
    for column in columns:
        if column.origin in ("table", "timestamps") or column.name is None:
            continue
        left = table.columns.get(column.name)
        if left is not None and left.comment is None:
            found.append(f"`{relation}.{column.name}`")
    return found
