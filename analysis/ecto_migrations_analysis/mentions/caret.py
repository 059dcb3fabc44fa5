"""The table or column at a caret, and the schema in which it stands there."""

from __future__ import annotations

from typing import Literal

from ..analysis import Analysis, MigrationAnalysis, Run, Step
from ..operations import CreateTable, Relation, RenameTable, SetTableSchema
from ..records import dataclass
from ..schema.state import Column, Schema, Table
from ..syntax.span import Span
from .model import Mention, word_at
from .statements import mentions

# Relative to the migration: before it runs, at this place in it, as this statement leaves it; before the
# statement of `down` that names it.
Moment = Literal["before", "here", "made", "rollback"]

_MAKES = (CreateTable, RenameTable, SetTableSchema)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What the caret is on. `span` is the name in the text; `schema` the one that `moment` says."""

    mention: Mention
    span: Span
    schema: Schema
    moment: Moment
    migration: MigrationAnalysis

    @property
    def relation(self) -> Relation:
        return self.mention.relation

    @property
    def table(self) -> Table | None:
        return self.schema.table(self.mention.relation)

    @property
    def column(self) -> Column | None:
        """The column, where a column is meant and it is known."""
        table = self.table
        if table is None or self.mention.column is None:
            return None
        return table.columns.get(self.mention.column)


def subject_at(analysis: Analysis, offset: int) -> Subject | None:
    """The table or column whose name the caret touches; None where it touches none."""
    word = word_at(analysis.source, offset)
    if word is None:
        return None
    text = analysis.source.text(word)
    found: list[tuple[int, Mention, MigrationAnalysis, Run, Step]] = []
    for migration in analysis.migrations:
        for run in (migration.up, migration.down):
            if run is None:
                continue
            for step in run.steps:
                # Not by the statement's own span: the names of a helper function lie outside of its call.
                found += [
                    (mention.span.end - mention.span.start, mention, migration, run, step)
                    for mention in mentions(step.statement)
                    if mention.span.contains(offset) and mention.name == text
                ]
    if not found:
        return None
    # The smallest place is the most exact one; of equals the first: `up` before `down`.
    _, mention, migration, run, step = min(found, key=lambda item: item[0])
    schema, moment = _moment(mention, migration, run, step)
    return Subject(mention=mention, span=word, schema=schema, moment=moment, migration=migration)


def _moment(mention: Mention, migration: MigrationAnalysis, run: Run, step: Step) -> tuple[Schema, Moment]:
    before = step.before.table(mention.relation)
    if before is None and any(isinstance(item, _MAKES) for item in step.statement.operations):
        return step.after, "made"
    if before is not None and mention.column is not None and mention.column not in before.columns:
        return step.after, "made"
    if run is not migration.up:
        return step.before, "rollback"
    unchanged = before == migration.schema.table(mention.relation)
    return step.before, "before" if unchanged else "here"
