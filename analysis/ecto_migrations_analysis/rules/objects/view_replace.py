"""View replaced.

## What happens
`CREATE OR REPLACE VIEW` keeps the view and its permissions, and takes ACCESS EXCLUSIVE on it. It can only add columns
at the end: where a column is dropped, renamed, moved or gets another type, it fails.

## When it is silent
- No earlier migration has made the view, or this one has.

## Instead
For other changes drop the view and create it in one transaction; what depends on it has to be made anew as well, and
its permissions are to be granted again.

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE on the view; `cannot drop columns from view` and `cannot change data type of view
column`, SQLSTATE 42P16.

## References
- PostgreSQL documentation, CREATE VIEW, `OR REPLACE`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateView
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..views import is_new_view

_TABLE = "create table(:posts)\n"
_VIEW = 'execute "CREATE VIEW recent_posts AS SELECT id FROM posts", "DROP VIEW recent_posts"\n'
_REPLACE = """
execute "«CREATE OR REPLACE VIEW recent_posts AS SELECT id FROM posts WHERE id > 9»",
        "CREATE OR REPLACE VIEW recent_posts AS SELECT id FROM posts"
"""
_PLAIN = _REPLACE.replace("«", "").replace("»", "")


class ViewReplace(Rule):
    id = "view-replace"
    level = Level.INFO
    tags = ("views", "blocking")

    fires = (Case(about="A view of an earlier migration", before=(_TABLE + _VIEW,), text=_REPLACE),)
    silent = (
        Case(about="A view of the same migration", text=_TABLE + _VIEW + _PLAIN),
        Case(about="A new view", before=(_TABLE,), text=_PLAIN),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateView):
            view = operation.name
            if not operation.replace or Schema.key(view) not in step.before.views:
                continue
            if is_new_view(context, step, view):
                continue
            yield self.finding(
                operation.span,
                f"Replaces view `{view}` under ACCESS EXCLUSIVE, and fails if a column of it is dropped, renamed,"
                " moved or of another type.",
                level=context.level(self.level, view, step),
                label="columns can only be added at the end",
                reason="Other views and prepared queries rely on its columns.",
                advice="Add columns at the end only. For other changes drop the view and create it in one transaction.",
                subject=subject(view, step.statement),
            )
