"""Type change that rewrites the table or rebuilds its indexes.

## What happens
`ALTER COLUMN … TYPE` holds ACCESS EXCLUSIVE. Where the new type stores values in another way, PostgreSQL writes
the whole table again and rebuilds every index: nobody reads or writes it until that is done. Where only the
order of values may change (a collation, `citext`), the indexes on the column are rebuilt under the same lock. An
index on the column that has an expression or a condition is rebuilt every time, even where the type stays.

Between `timestamp` and `timestamptz` only a session whose TimeZone is UTC rewrites nothing; the zone is not known
from the text, so that this is a risk.

## When it is silent
- The migration creates the table itself.
- The old type is not known (neither `from:` nor the history tells it).
- The change is one that PostgreSQL makes in the catalog alone: `varchar(n)` to a longer one or to `text`,
  `numeric` to a greater precision of the same scale, `timestamp(0)` to `timestamp`, `cidr` to `inet`.

## Instead
A new column, kept in step by a trigger, filled in batches; then switch the code over and drop the old column.

## Measured
PostgreSQL 18, each pair of types against the server: a new relfilenode where this rule says rewrite, and
`building index` where it says rebuild.

## References
- PostgreSQL documentation, ALTER TABLE, Notes, on changing the type of an existing column
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AlterColumnType, DataType
from ...schema.state import Column
from ..base import Case, Rule, subject
from ..context import MigrationContext


def type_before(operation: AlterColumnType, column: Column | None) -> DataType | None:
    """The column's present type: from the history, else from `from:`; None where neither knows it."""
    known = column.type if column is not None and column.type.name is not None else None
    return known or operation.stated_from


class ModifyTypeRewrite(Rule):
    id = "modify-type-rewrite"
    level = Level.DANGER
    tags = ("columns", "rewrite", "blocking")

    fires = (
        Case(
            about="integer to bigint",
            before=("create table(:posts) do\n  add :views, :integer\nend",),
            text="""
            alter table(:posts) do
              modify :views, «:bigint», from: :integer
            end
            """,
        ),
        Case(
            about="text to Ecto's :string, which is varchar(255)",
            text="""
            alter table(:posts) do
              modify :title, «:string», from: :text
            end
            """,
        ),
        Case(
            about="In SQL",
            before=("create table(:posts) do\n  add :views, :integer\nend",),
            text="""
            execute \"""
            -- more than two billion by now
            alter table only posts alter column views «type bigint»;
            \""", ""
            """,
        ),
        Case(
            about="Of several columns the one whose values change",
            before=("create table(:posts) do\n  add :title, :string\n  add :slug, :text\nend",),
            text="""
            alter table(:posts) do
              modify :title, :string, null: false
              modify :slug, «:string», null: false
            end
            """,
        ),
        Case(
            about="The same type, and an index with a condition",
            before=(
                "create table(:posts) do\n  add :title, :string\n  add :author_id, :uuid\nend",
                'create index(:posts, [:author_id], where: "title IS NOT NULL")',
            ),
            text="""
            alter table(:posts) do
              modify :author_id, «:uuid», null: false
            end
            """,
        ),
        Case(
            about="The TimeZone of the session decides",
            text="""
            alter table(:posts) do
              modify :published_at, «:timestamptz», from: :naive_datetime
            end
            """,
        ),
    )
    silent = (
        Case(
            about="varchar to text: catalog only",
            text="""
            alter table(:posts) do
              modify :title, :text, from: :string
            end
            """,
        ),
        Case(
            about="Another column of the same `alter` makes PostgreSQL write the table again",
            before=("create table(:posts) do\n  add :title, :string\nend",),
            text="""
            alter table(:posts) do
              add :token, :uuid, default: fragment("gen_random_uuid()")
              modify :title, :string, null: false
            end
            """,
        ),
        Case(
            about="Only the options change",
            text="""
            alter table(:posts) do
              modify :title, :string, default: "untitled", from: {:string, default: nil}
            end
            """,
        ),
        Case(
            about="A table of the same migration",
            text="""
            create table(:posts) do
              add :views, :integer
            end

            alter table(:posts) do
              modify :views, :bigint, from: :integer
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AlterColumnType):
            table = operation.relation
            if context.has_no_rows(table, step):
                continue
            known = step.before.table(table)
            old = type_before(operation, known.columns.get(operation.column or "") if known else None)
            if old is None or operation.type.name is None:
                continue
            cost = next(
                (item for item in step.effect.type_changes if item.span == operation.span),
                None,
            )
            if cost is None:
                continue
            name = f"`{table}.{operation.column or '…'}`"
            change = (
                f"Restating the type {old} of {name}"
                if old == operation.type
                else f"Changing {name} from {old} to {operation.type}"
            )
            about = subject(table, step.statement, column=operation.column)
            if cost.rewrites:
                does = "rewrites" if cost.certain else "has to be taken for a rewrite of"
                yield self.finding(
                    operation.span,
                    f"{change} {does} `{table}` and all its indexes under ACCESS EXCLUSIVE: reads and writes wait.",
                    level=context.level(self.level if cost.certain else Level.RISK, table, step),
                    label="every row is written again",
                    reason=f"{cost.reason[:1].upper()}{cost.reason[1:]}.",
                    advice="Add a column of the new type, keep it in step by a trigger, backfill in batches,"
                    " switch the code over, then drop the old column.",
                    subject=about,
                )
            else:
                yield self.finding(
                    operation.span,
                    f"{change} rebuilds {_names(cost.rebuilds)} under ACCESS EXCLUSIVE: reads and writes wait.",
                    level=context.level(Level.RISK, table, step),
                    label="its indexes are built again",
                    reason="PostgreSQL keeps an index only where the type's order stays and the index has neither"
                    " an expression nor a condition.",
                    advice="Send only what changes by `execute`, without the type."
                    if old == operation.type
                    else "Drop the index concurrently before, and build it concurrently after.",
                    subject=about,
                )


def _names(indexes: tuple[str, ...]) -> str:
    return ", ".join(f"`{index}`" for index in indexes)
