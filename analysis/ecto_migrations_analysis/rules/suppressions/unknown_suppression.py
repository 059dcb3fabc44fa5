"""Comment that is to silence a rule there is not.

## What happens
It silences nothing: no rule has this name, the comment names none, or what stands behind `ecto-migrations:` is no
directive. The finding it was written for is still reported, or will be when somebody believes it silenced.

## When it is silent
- Every name is that of a rule.
- The comment is one of excellent_migrations: which checks there are is for that tool to say.

## Instead
Write the name as findings show it, or as `ecto-migrations explain` lists them. Names are separated by commas; the
reason follows after ` -- `.

## Measured
Follows from the list of rules, which the cases below show.

## References
- docs/configuration.md, "Comments"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import EVERY_DATABASE, Case, Rule
from ..catalogue import ENTRIES
from ..context import MigrationContext
from ..spelling import meant, nearest
from ..suppression import SCOPES, comments


class UnknownSuppression(Rule):
    id = "unknown-suppression"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("comments",)

    fires = (
        Case(
            about="A slip of the finger",
            text="""
            # ecto-migrations:disable-for-next-line «index-not-concurent» -- the table is small
            create index(:posts, [:title])
            """,
        ),
        Case(
            about="A check of another tool",
            text="""
            create index(:posts, [:title]) # ecto-migrations:disable-for-this-line «index_not_concurrently» -- small
            """,
        ),
        Case(
            about="No rule is named",
            text="""
            # ecto-migrations:«disable-for-next-line» -- the table is small
            create index(:posts, [:title])
            """,
        ),
        Case(
            about="No such directive",
            text="""
            # ecto-migrations:«disable-next-line» index-not-concurrent -- the table is small
            create index(:posts, [:title])
            """,
        ),
    )
    silent = (
        Case(
            about="Rules there are",
            text="""
            # ecto-migrations:disable-for-next-line index-not-concurrent, duplicate-index -- the table is small
            create index(:posts, [:title])
            """,
        ),
        Case(
            about="A comment of another tool",
            text="""
            # excellent_migrations:safety-assured-for-next-line something
            create index(:posts, [:title])
            """,
        ),
        Case(
            about="A comment about this tool",
            text="""
            # see ecto-migrations: disable nothing here
            create index(:posts, [:title])
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        if not context.is_first:
            return
        for comment in comments(context.analysis.source):
            if not comment.ours:
                continue
            if not comment.is_known:
                guess = nearest(comment.scope, SCOPES)
                yield self.finding(
                    comment.directive,
                    f"`{comment.scope}` is no directive{meant(guess)}: this comment silences nothing.",
                    label="no directive",
                    reason=f"There is {', '.join(f'`{scope}`' for scope in SCOPES)}.",
                    advice="Write one of them, then the names of rules.",
                    subject={"replacement": guess} if guess else {},
                )
                continue
            for name in comment.names:
                if name.name not in ENTRIES:
                    guess = nearest(name.name.replace("_", "-"), ENTRIES)
                    yield self.finding(
                        name.span,
                        f"There is no rule `{name.name}`{meant(guess)}: this comment silences nothing.",
                        label="no rule",
                        reason="What it was to silence is reported all the same.",
                        advice="Write the name as the finding shows it.",
                        subject={"replacement": guess} if guess else {},
                    )
            if not comment.names:
                yield self.finding(
                    comment.directive,
                    "This comment names no rule and silences nothing.",
                    label="which rule?",
                    reason="A comment silences the rules that it names, never all of them.",
                    advice="Name the rules, separated by commas.",
                )
