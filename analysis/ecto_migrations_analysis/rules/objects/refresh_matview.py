"""Materialized view refreshed while nobody can read it.

## What happens
`REFRESH MATERIALIZED VIEW` runs the view's query and writes all of its rows anew under ACCESS EXCLUSIVE: every query
that reads the view waits until the commit.

## When it is silent
- `REFRESH MATERIALIZED VIEW CONCURRENTLY`: reads go on.
- The migration creates the view itself.
- `WITH NO DATA`: nothing is computed.

## Instead
`CONCURRENTLY`, which needs a unique index on columns of the view, without a condition. Or leave the refresh to the job
that does it every day.

## Measured
PostgreSQL 18: ACCESS EXCLUSIVE; with CONCURRENTLY EXCLUSIVE, and an error (55000) where no such index exists.

## References
- PostgreSQL documentation, REFRESH MATERIALIZED VIEW
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import RefreshMaterializedView
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..views import is_new_view

_VIEW = """
create table(:posts)
execute "CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM posts", "DROP MATERIALIZED VIEW totals"
"""


class RefreshMatview(Rule):
    id = "refresh-matview"
    level = Level.RISK
    tags = ("views", "rewrite", "blocking")

    fires = (
        Case(
            about="The plain form", before=(_VIEW,), text='execute "«REFRESH MATERIALIZED VIEW totals»", ""'
        ),
        Case(
            about="Of a view with a key",
            before=(_VIEW + 'execute "CREATE UNIQUE INDEX totals_count ON totals (count)"',),
            text='execute "«REFRESH MATERIALIZED VIEW totals»", ""',
        ),
    )
    silent = (
        Case(
            about="Concurrently",
            before=(_VIEW,),
            text='execute "REFRESH MATERIALIZED VIEW CONCURRENTLY totals", ""',
        ),
        Case(about="A new view", text=_VIEW + 'execute "REFRESH MATERIALIZED VIEW totals", ""'),
        Case(
            about="Without data",
            before=(_VIEW,),
            text='execute "REFRESH MATERIALIZED VIEW totals WITH NO DATA", ""',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(RefreshMaterializedView):
            view = operation.name
            if operation.concurrently or not operation.with_data or is_new_view(context, step, view):
                continue
            yield self.finding(
                operation.span,
                f"Computes `{view}` anew under ACCESS EXCLUSIVE: queries that read it wait until the commit.",
                level=context.level(self.level, view, step),
                label="nobody can read it meanwhile",
                reason="Without CONCURRENTLY the view gets a new file, which nobody may read before it is complete.",
                advice="Use REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on the view.",
                subject=subject(view, step.statement),
            )
