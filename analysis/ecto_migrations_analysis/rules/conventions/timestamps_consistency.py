"""Timestamp of another kind than those of `timestamps()`.

## What happens
`timestamps()` makes columns of the type that `migration_timestamps` names (`:naive_datetime` where it names none). A
column of another precision beside them cannot be compared with them: a value that is rounded to seconds may lie
before or after the same moment with microseconds. A column with a time zone beside one without is converted with
the TimeZone of the session in each comparison.

## When it is silent
- The column has the type of the repo's `timestamps()`.
- The column is no timestamp, or the configuration is not known.

## Instead
One kind for the whole repo:

    config :my_app, MyApp.Repo, migration_timestamps: [type: :utc_datetime_usec]

## Measured
PostgreSQL 18: `'00:00:00.6'::timestamp(0)` is later than `'00:00:00.6'::timestamp`: it is rounded up.

## References
- ecto_sql, `Ecto.Migration`, "Repo configuration", `:migration_timestamps`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...databases.postgres.column_operations import data_type
from ...findings import Finding, Level
from ...program.terms import Atom, Options
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..made_columns import made_columns

_USEC = "migration_timestamps: [type: :utc_datetime_usec]"


class TimestampsConsistency(Rule):
    id = "timestamps-consistency"
    level = Level.INFO
    tags = ("columns", "timestamps")

    fires = (
        Case(
            about="Seconds beside microseconds",
            text="""
            create table(:posts) do
              add :published_at, «:utc_datetime»
              timestamps()
            end
            """,
            config=_USEC,
        ),
        Case(
            about="timestamps() of a type of its own",
            text="""
            create table(:posts) do
              timestamps(type: «:utc_datetime_usec»)
            end
            """,
        ),
        Case(
            about="With a time zone, in SQL",
            text='execute "ALTER TABLE posts ADD COLUMN seen_at «timestamptz»", "ALTER TABLE posts DROP COLUMN seen_at"',
            config=_USEC,
        ),
    )
    silent = (
        Case(
            about="The same type under another name",
            text="""
            create table(:posts) do
              add :published_at, :naive_datetime_usec
              timestamps()
            end
            """,
            config=_USEC,
        ),
        Case(
            about="The default type",
            text="""
            create table(:posts) do
              add :published_at, :utc_datetime
              add :day, :date
              timestamps()
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        configured = context.analysis.project.repo.migration_timestamps
        if not configured.complete:
            return
        given = configured.get("type")
        wanted = data_type(Atom("naive_datetime") if given is None else given, Options())
        if wanted.name is None:
            return
        said: set[Span] = set()
        for step, table, column in made_columns(context):
            name = column.type.name or ""
            if not name.startswith("timestamp") or column.type == wanted or column.type.dimensions:
                continue
            if column.type_span in said:
                continue
            said.add(column.type_span)
            yield self.finding(
                column.type_span,
                f"`{table}.{column.name or '…'}` is {column.type}, while `timestamps()` makes {wanted}.",
                level=self.level,
                label=f"timestamps() makes {wanted}",
                reason="Moments of different precision, or with and without a zone, are not comparable as they are.",
                advice="Give every timestamp the type of `migration_timestamps`.",
                subject=subject(table, step.statement, column=column.name),
            )
