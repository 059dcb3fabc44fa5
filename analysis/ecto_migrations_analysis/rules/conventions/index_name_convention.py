"""Index whose name is not the one Ecto would give it.

## What happens
Ecto finds things by the name that it would give them: `unique_constraint(:slug)` expects `posts_slug_index`, and
`drop index(:posts, [:slug])` drops that. An index of another name has to be named in both, and a violation that no
changeset names raises.

## When it is silent
- The name begins with the table's name and ends in `_index`, as Ecto's do.
- The name is not known.

## Instead
Leave `name:` out, or where two indexes have the same columns, say what tells them apart in the middle:

    create index(:posts, [:slug], where: "live", name: :posts_slug_live_index)

## Measured
PostgreSQL 18: `CREATE UNIQUE INDEX ON posts (slug)` makes `posts_slug_idx`, and a violation reports that name.

## References
- ecto_sql, `Ecto.Migration.index/3`, `:name`
- ecto, `Ecto.Changeset.unique_constraint/3`, `:name`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateIndex
from ...program.commands import CreateIndex as CreateIndexCommand
from ...program.commands import Index
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext


class IndexNameConvention(Rule):
    id = "index-name-convention"
    level = Level.INFO
    tags = ("indexes",)

    fires = (
        Case(
            about="A name of its own",
            text="create unique_index(:posts, [:slug], «name: :unique_slugs»)",
        ),
        Case(
            about="PostgreSQL's own name",
            text='execute "«CREATE INDEX ON posts (slug)»", "DROP INDEX posts_slug_idx"',
        ),
    )
    silent = (
        Case(about="Ecto's name", text="create index(:posts, [:author_id, :slug])"),
        Case(
            about="A name of the same form",
            text='create index(:posts, [:slug], where: "live", name: :posts_slug_live_index)',
        ),
        Case(
            about="In SQL",
            text='execute "CREATE INDEX posts_slug_index ON posts (slug)", "DROP INDEX posts_slug_index"',
        ),
        Case(
            about="A table in a schema",
            text='create index(:posts, [:slug], prefix: "app")',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateIndex):
            table, name = operation.relation, operation.name
            if name is None or table.name is None:
                continue
            index = (
                step.statement.command.index
                if isinstance(step.statement.command, CreateIndexCommand)
                else None
            )
            if index is not None and not index.options_given.has("name"):
                continue
            if name.startswith(f"{table.name}_") and name.endswith("_index"):
                continue
            yield self.finding(
                operation.span if index is None else _name_span(index, operation),
                f"Index `{name}` on `{table}` is not named as Ecto would: `{table.name}_…_index`.",
                level=self.level,
                label="not Ecto's name",
                reason="Changesets and `drop index` look for the name that Ecto makes of the table and the columns.",
                advice=f"Leave `name:` out, or begin it with `{table.name}_` and end it in `_index`.",
                subject=subject(table, step.statement, index=name),
            )


def _name_span(index: Index, operation: CreateIndex) -> Span:
    option = index.options_given.option("name")
    return option.span if option is not None else operation.span
