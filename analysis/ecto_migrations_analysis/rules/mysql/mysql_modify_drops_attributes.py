"""modify that loses NOT NULL, the default or the comment on MySQL.

## What happens
MyXQL sends `MODIFY column type …` with what is written here and nothing else, and MySQL takes that as the whole
definition. What is not restated is gone, without an error: `modify :status, :string, null: false` drops
`DEFAULT 'draft'`, and inserts that leave the column out fail from then on (1364); `modify :status, :text` makes it
nullable again. PostgreSQL keeps them, so that the same migration does something else there.

## When it is silent
- Everything that the column has is restated, or the column has nothing but its type.
- The table is new in this migration.
- Both `null:` and `default:` are given, where the column is not known.

Where the column's attributes are known from earlier migrations, or from `from: {type, options}`, it is a risk, and
dangerous where a NOT NULL column loses its default: inserts fail. Where they are not known, it is for your
information.

## Instead
Restate all of it:

    modify :status, :text, null: false, default: "draft", from: {:string, null: false, default: "draft"}

## Measured
MariaDB 10.11: NOT NULL, DEFAULT, COMMENT, COLLATE, UNSIGNED, AUTO_INCREMENT, ON UPDATE and GENERATED are lost by a
MODIFY that does not state them.

## References
- MySQL documentation, ALTER TABLE, "Renaming, Redefining, and Reordering Columns"
- ecto_sql, `Ecto.Adapters.MyXQL.Connection.column_change/2`, `column_options/1`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import AlterTable, Modify
from ...program.terms import TupleTerm, as_bool
from ...program.values import to_options
from ..base import Case, Rule
from ..context import MigrationContext
from ..refusals import with_nested
from .mysql_columns import Attributes, Columns, apply, attributes, columns_after, table_name

_MYSQL = "Ecto.Adapters.MyXQL"
_POSTS = """
create table(:posts) do
  add :status, :string, null: false, default: "draft"
  add :title, :string
end
"""


class MysqlModifyDropsAttributes(Rule):
    id = "mysql-modify-drops-attributes"
    level = Level.DANGER
    databases = ("mysql",)
    tags = ("columns", "adapters")

    fires = (
        Case(
            about="The default is not restated",
            adapter=_MYSQL,
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              «modify :status, :text, null: false»
            end
            """,
        ),
        Case(
            about="As `from:` says it",
            adapter=_MYSQL,
            text="""
            alter table(:posts) do
              «modify :status, :text, from: {:string, null: false}»
            end
            """,
        ),
        Case(
            about="A column that is not known",
            adapter=_MYSQL,
            text="""
            alter table(:posts) do
              «modify :status, :text»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="Restated",
            adapter=_MYSQL,
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :status, :text, null: false, default: "new"
            end
            """,
        ),
        Case(
            about="Dropping a foreign key in between changes no column",
            adapter=_MYSQL,
            before=(_POSTS, 'execute "ALTER TABLE posts DROP FOREIGN KEY posts_user_id_fkey;", ""'),
            text="""
            alter table(:posts) do
              modify :title, :text
            end
            """,
        ),
        Case(
            about="A column that has nothing to lose",
            adapter=_MYSQL,
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :title, :text
            end
            """,
        ),
        Case(
            about="NOT NULL and the default went before",
            adapter=_MYSQL,
            before=(
                _POSTS,
                "alter table(:posts) do\n  modify :status, :string, null: true, default: nil\nend",
            ),
            text="""
            alter table(:posts) do
              modify :status, :text
            end
            """,
        ),
        Case(
            about="A new table",
            adapter=_MYSQL,
            text=_POSTS + "alter table(:posts) do\n  modify :title, :text\nend",
        ),
        Case(
            about="PostgreSQL keeps them",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :status, :text, null: false, from: {:string, null: false}
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.up
        if program is None:
            return
        columns: Columns | None = None
        for command in with_nested(program.commands):
            if isinstance(command, AlterTable):
                for change in command.changes:
                    if not isinstance(change, Modify) or not isinstance(change.column, str):
                        continue
                    if columns is None:
                        columns = columns_before(context, command)
                    yield from self._modify(command, change, columns)
            if columns is not None:
                apply(columns, command)

    @staticmethod
    def _fails(lost: list[str], change: Modify) -> bool:
        """Whether inserts fail that leave the column out: it loses its default and is NOT NULL."""
        default = any(item.startswith("DEFAULT") for item in lost)
        return default and as_bool(change.options.get("null")) is False and change.always

    def _modify(self, command: AlterTable, change: Modify, columns: Columns) -> Iterator[Finding]:
        table = table_name(command.table)
        if not change.options.complete:
            return
        known = columns.get(table or "", {}).get(str(change.column)) or _stated_from(change)
        name = f"{table or '…'}.{change.column}"
        advice = "Write `null:`, `default:` and `comment:` out, as the column has them."
        reason = "MySQL takes MODIFY as the whole definition of the column; what is not stated is gone."
        where = {"table": table or "", "column": str(change.column)}
        if known is not None:
            lost = known.lost_by(change.options)
            if lost:
                yield self.finding(
                    change.span,
                    f"MODIFY takes {' and '.join(lost)} away from `{name}`.",
                    level=self.level if self._fails(lost, change) and command.always else Level.RISK,
                    label=f"does not restate {' and '.join(lost)}",
                    reason=reason,
                    advice=advice,
                    subject=where,
                )
        elif not (change.options.has("null") and change.options.has("default")):
            yield self.finding(
                change.span,
                f"MODIFY restates all of `{name}`: a NOT NULL, DEFAULT or COMMENT not written here is lost.",
                level=Level.INFO,
                label="what is not restated is lost",
                reason=reason,
                advice=advice,
                subject=where,
            )


def columns_before(context: MigrationContext, command: AlterTable) -> Columns:
    """The columns before a command of the migration."""
    earlier = context.analysis.project.earlier
    columns = columns_after(earlier() if earlier is not None else ())
    program = context.migration.migration.up
    for before in with_nested(program.commands if program is not None else ()):
        if before is command:
            break
        apply(columns, before)
    return columns


def _stated_from(change: Modify) -> Attributes | None:
    """The attributes that `from: {type, options}` names."""
    stated = change.options.get("from")
    if isinstance(stated, TupleTerm) and len(stated.items) == 2:
        return attributes(to_options(stated.items[1]))
    return None
