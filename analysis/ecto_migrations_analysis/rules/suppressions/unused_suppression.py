"""Comment that silences a rule which finds nothing there.

## What happens
Nothing now. The comment was written for a finding that is gone: the migration has changed, another comment says the
same, or the rule has become more precise. It would silence the next finding of the rule at this place, which nobody
has judged.

## When it is silent
- The rule finds something in the line or the file that the comment is about.
- Settings switch the rule off here, or it is a convention that nobody has selected: it might find something.
- What the rule says depends on the application's code or on what has been deployed, which go on changing.
- It is not known whether the rule would find something: a part of the file does not parse, the history before the
  migration has gaps, or the text does not tell what the statement does.
- The comment is one of excellent_migrations, which finds other things than these rules.

## Instead
Remove the comment, or the name of the rule in it; there is a fix for both.

## Measured
Follows from the rules' own findings on the same text, which the cases below show.

## References
- docs/configuration.md, "Comments"
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import UnknownCode
from ...syntax.span import Span
from ..base import EVERY_DATABASE, Case, Rule
from ..catalogue import ENTRIES, rule
from ..context import MigrationContext
from ..selection import Selection
from ..suppression import Comment, Name, comments, silences

_POSTS = ("create table(:posts) do\n  add :title, :string\nend",)
# What their rules say depends on code outside of the migrations.
_CHANGING = frozenset({"application", "deploy"})


class UnusedSuppression(Rule):
    id = "unused-suppression"
    level = Level.INFO
    databases = EVERY_DATABASE
    tags = ("comments",)

    fires = (
        Case(
            about="The index is built concurrently now",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              # ecto-migrations:disable-for-next-line «index-not-concurrent» -- the table is small
              create index(:posts, [:title], concurrently: true)
            end
            """,
            before=_POSTS,
        ),
        Case(
            about="One of several rules",
            text="""
            # ecto-migrations:disable-for-next-line index-not-concurrent, «drop-index-not-concurrent» -- small
            create index(:posts, [:title])
            """,
            before=_POSTS,
        ),
        Case(
            about="For the whole file",
            text="""
            # ecto-migrations:disable-for-this-file «set-not-null-scan» -- the table is small
            create index(:posts, [:title])
            """,
            before=_POSTS,
        ),
        Case(
            about="The finding is in another line",
            text="""
            # ecto-migrations:disable-for-this-line «index-not-concurrent» -- the table is small
            create index(:posts, [:title])
            """,
            before=_POSTS,
        ),
    )
    silent = (
        Case(
            about="It silences a finding",
            text="""
            # ecto-migrations:disable-for-next-line index-not-concurrent -- the table is small
            create index(:posts, [:title])
            """,
            before=_POSTS,
        ),
        Case(
            about="Inside of SQL of several lines",
            text="""
            # ecto-migrations:disable-for-next-line index-not-concurrent -- the table is small
            execute \"\"\"
            CREATE INDEX posts_title
              ON posts (title)
            \"\"\", "DROP INDEX posts_title"
            """,
            before=_POSTS,
        ),
        Case(
            about="The history is not known",
            text="""
            # ecto-migrations:disable-for-next-line set-not-null-scan -- the table is small
            execute "ALTER TABLE posts ADD COLUMN a text", ""
            """,
        ),
        Case(
            about="What runs there is not known",
            text="""
            # ecto-migrations:disable-for-next-line index-not-concurrent -- the table is small
            MyApp.Indexes.create(:posts)
            """,
            before=_POSTS,
        ),
        Case(
            about="A rule that looks at code; a comment of another tool",
            text="""
            # ecto-migrations:disable-for-next-line rename-column -- nobody reads it
            # excellent_migrations:safety-assured-for-next-line table_dropped
            create index(:posts, [:title], comment: "a")
            """,
            before=_POSTS,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        if context.found is None or not context.is_first or not _is_known(context):
            return
        analysis = context.analysis
        selection = Selection(analysis.project.settings, analysis.source.path)
        for comment in comments(analysis.source):
            if not comment.ours or not comment.is_known or _is_unclear(comment, context):
                continue
            for name in comment.names:
                if not _may_be_unused(name, context, selection):
                    continue
                if not any(silences(comment, name, finding, analysis) for finding in context.found):
                    yield self._unused(comment, name)

    def _unused(self, comment: Comment, name: Name) -> Finding:
        where = "in this file" if comment.line is None else f"in line {comment.line + 1}"
        return self.finding(
            name.span,
            f"`{name.name}` finds nothing {where}: this comment silences nothing.",
            label="silences nothing",
            reason="It would silence the next finding of the rule here, which nobody has judged.",
            advice="Remove it from the comment.",
            subject={"rule": name.name},
        )


def _is_known(context: MigrationContext) -> bool:
    """Whether every rule could say what it has to say."""
    analysis = context.analysis
    schema = analysis.project.schema
    if analysis.broken or not schema.complete or schema.uncertain:
        return False
    runs = [run for migration in analysis.migrations for run in (migration.up, migration.down)]
    return all(run.complete for run in runs if run is not None)


def _may_be_unused(name: Name, context: MigrationContext, selection: Selection) -> bool:
    entry = ENTRIES.get(name.name)
    if entry is None or entry.late or not selection.includes(entry):
        return False
    known = rule(entry.id)
    return context.analysis.project.database in known.databases and _CHANGING.isdisjoint(known.tags)


def _is_unclear(comment: Comment, context: MigrationContext) -> bool:
    """Whether the text does not tell what runs where the comment counts."""
    line_of = context.analysis.source.lines.line_of
    return any(
        comment.line is None or line_of(span.start) <= comment.line <= line_of(span.end)
        for span in _unclear(context)
    )


def _unclear(context: MigrationContext) -> Iterator[Span]:
    for migration in context.analysis.migrations:
        for program in (migration.migration.up, migration.migration.down):
            for command in program.commands if program else ():
                if isinstance(command, UnknownCode) or not command.always:
                    yield command.span
        for run in (migration.up, migration.down):
            for step in run.steps if run else ():
                if not step.statement.certain:
                    yield step.statement.span
