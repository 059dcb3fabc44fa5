"""Timestamp without a time zone.

## What happens
Ecto writes UTC into `timestamp` columns, and reads them as UTC; the column itself does not know that. Whatever
else writes there (`now()` in a default or a trigger, another application, psql) writes the local time of its
session, and whatever converts it takes it for local time. `timestamptz` stores a moment, whoever writes it.

## When it is silent
- The type is `timestamptz`, or no timestamp.

## Instead

    add :published_at, :timestamptz
    timestamps(type: :timestamptz)

and, for the whole repo, `migration_timestamps: [type: :timestamptz]`. The field stays `:utc_datetime_usec`.

## Measured
PostgreSQL 18: in a session at UTC+9, `now()` in a `timestamp` is nine hours off what a session at UTC reads from it;
in a `timestamptz` it is the same moment.

## References
- PostgreSQL documentation, Date/Time Types, Time Stamps
- ecto_sql, `Ecto.Adapters.Postgres`: `:timestamptz`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..made_columns import made_columns


class PreferTimestamptz(Rule):
    id = "prefer-timestamptz"
    level = Level.INFO
    tags = ("columns", "timestamps")

    fires = (
        Case(
            about="A column, and those of timestamps()",
            text="""
            create table(:posts) do
              add :published_at, «:utc_datetime»
              «timestamps()»
            end
            """,
        ),
        Case(
            about="In SQL",
            text='execute "ALTER TABLE posts ADD COLUMN seen_at «timestamp»", "ALTER TABLE posts DROP COLUMN seen_at"',
        ),
    )
    silent = (
        Case(
            about="With a time zone",
            text="""
            create table(:posts) do
              add :published_at, :timestamptz
              timestamps(type: :timestamptz)
            end
            """,
        ),
        Case(
            about="The repo's configuration says so",
            text="""
            create table(:posts) do
              timestamps()
            end
            """,
            config="migration_timestamps: [type: :timestamptz]",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        said: set[Span] = set()
        for step, table, column in made_columns(context):
            if column.type.name != "timestamp without time zone" or column.type_span in said:
                continue
            said.add(column.type_span)
            yield self.finding(
                column.type_span,
                f"`{table}.{column.name or '…'}` is a timestamp without time zone.",
                level=self.level,
                label="does not know that it is UTC",
                reason="Ecto writes UTC into it; now() and every other client write the local time of their"
                " session.",
                advice="Use `:timestamptz`; for `timestamps()`, `migration_timestamps: [type: :timestamptz]` in the"
                " repo's configuration.",
                subject=subject(table, step.statement, column=column.name),
            )
