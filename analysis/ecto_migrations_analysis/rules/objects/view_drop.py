"""View dropped while running code may read it.

## What happens
Queries of the running release that read the view fail with `undefined_table` from the commit on. The drop takes ACCESS
EXCLUSIVE on the view. CASCADE takes along every view that reads it.

## When it is silent
- The migration creates the view itself, or creates it anew in the same transaction.
- `IF EXISTS` of a view that no migration has made.

## Instead
Deploy code that does not read the view first; drop it in a later deploy. A view that only changes is dropped and
created in one transaction, or replaced.

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE on the view, no lock on the tables it reads.

## References
- PostgreSQL documentation, DROP VIEW, DROP MATERIALIZED VIEW
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import DropView
from ...schema.state import Schema
from ..application import schemas_of
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..views import is_new_view, made_again

_TABLE = "create table(:posts)\n"
_VIEW = 'execute "CREATE VIEW recent_posts AS SELECT id FROM posts", "DROP VIEW recent_posts"\n'
_SCHEMA = """
defmodule MyApp.RecentPost do
  use Ecto.Schema

  schema "recent_posts" do
  end
end
"""
_DROP = 'execute "«DROP VIEW recent_posts»", "CREATE VIEW recent_posts AS SELECT id FROM posts"\n'
_PLAIN = _DROP.replace("«", "").replace("»", "")


class ViewDrop(Rule):
    id = "view-drop"
    level = Level.DANGER
    tags = ("views", "application")

    fires = (
        Case(about="The plain form", before=(_TABLE + _VIEW,), text=_DROP),
        Case(about="A schema reads it", before=(_TABLE + _VIEW,), lib=(_SCHEMA,), text=_DROP),
        Case(
            about="Made anew, but not in one transaction",
            before=(_TABLE + _VIEW,),
            text="""
            @disable_ddl_transaction true

            def up do
              execute "«DROP VIEW recent_posts»"
              execute "CREATE VIEW recent_posts AS SELECT id, title FROM posts"
            end

            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(about="A view of the same migration", text=_TABLE + _VIEW + _PLAIN),
        Case(
            about="Made anew in one transaction",
            before=(_TABLE + _VIEW,),
            text=_PLAIN + 'execute "CREATE VIEW recent_posts AS SELECT id FROM posts WHERE id > 9", ""',
        ),
        Case(
            about="There is none",
            before=(_TABLE,),
            text='execute "DROP VIEW IF EXISTS recent_posts", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(DropView):
            view = operation.name
            if is_new_view(context, step, view):
                continue
            if operation.if_exists and step.before.complete and Schema.key(view) not in step.before.views:
                continue
            again = made_again(context, step, view)
            if again is not None and step.in_transaction and again.transaction == step.transaction:
                continue
            read = any(certain for _, certain in schemas_of(context, view) or ())
            if again is not None:
                message = (
                    f"Drops view `{view}`, and creates it in another transaction: queries in between fail."
                )
                advice = "Drop it and create it in one transaction."
            else:
                message = f"Drops view `{view}`: running code that reads it fails with undefined_table."
                advice = "Deploy code that does not read the view first; drop it in a later deploy."
            yield self.finding(
                operation.span,
                message,
                level=context.level(self.level if read else Level.RISK, view, step),
                label="a schema of the application reads it" if read else "running code may read it",
                reason="Code of the running release is still there when the migration runs.",
                advice=advice,
                subject=subject(view, step.statement),
            )
