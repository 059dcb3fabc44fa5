"""Comment that silences a rule and does not say why.

## What happens
The rule is silenced. Whoever reads the migration next does not learn why that was safe, and cannot tell whether it
still is.

## When it is silent
- A reason follows after ` -- `.
- The comment is one of excellent_migrations, which knows no reasons.
- It silences nothing, because its names are unknown: `unknown-suppression` says it.

## Instead
Write what makes it safe: how many rows the table has, who reads it, when the migration runs.

## Measured
Follows from the text of the comment, which the cases below show.

## References
- docs/configuration.md, "Comments"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import EVERY_DATABASE, Case, Rule
from ..catalogue import ENTRIES
from ..context import MigrationContext
from ..suppression import NO_REASON, comments


class SuppressionWithoutReason(Rule):
    id = "suppression-without-reason"
    level = Level.INFO
    databases = EVERY_DATABASE
    tags = ("comments",)

    fires = (
        Case(
            about="No reason",
            text="""
            «# ecto-migrations:disable-for-next-line index-not-concurrent»
            create index(:posts, [:title])
            """,
        ),
        Case(
            about="The word that the editor writes for the reason",
            text="""
            «# ecto-migrations:disable-for-this-file index-not-concurrent -- reason»
            create index(:posts, [:title])
            """,
        ),
        Case(
            about="A reason that nothing separates from the names",
            text="""
            «# ecto-migrations:disable-for-next-line index-not-concurrent the table is small»
            create index(:posts, [:title])
            """,
        ),
    )
    silent = (
        Case(
            about="A reason",
            text="""
            # ecto-migrations:disable-for-next-line index-not-concurrent -- the table has 40 rows
            create index(:posts, [:title])
            """,
        ),
        Case(
            about="A comment of another tool",
            text="""
            # excellent_migrations:safety-assured-for-next-line index_not_concurrently
            create index(:posts, [:title])
            """,
        ),
        Case(
            about="It silences nothing",
            text="""
            # ecto-migrations:disable-for-next-line no-such-rule
            create index(:posts, [:title])
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        if not context.is_first:
            return
        for comment in comments(context.analysis.source):
            silenced = [name.name for name in comment.names if name.name in ENTRIES]
            if not comment.ours or not comment.is_known or not silenced:
                continue
            if comment.reason and comment.reason != NO_REASON:
                continue
            yield self.finding(
                comment.span,
                f"Nothing says why `{silenced[0]}` is silenced here.",
                label="why?",
                reason="Whoever reads it next cannot tell whether it still holds.",
                advice="Write the reason after the names: ` -- the table has 40 rows`.",
            )
