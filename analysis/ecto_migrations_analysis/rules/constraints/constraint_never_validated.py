"""Constraint added NOT VALID that no migration validates.

## What happens
The constraint holds for what is inserted and updated from now on. Rows from before were never looked at: they may
break it, and then every UPDATE of such a row fails, whatever it sets. PostgreSQL does not rely on it either:
`SET NOT NULL` is not spared its scan, and the planner draws nothing from the CHECK.

## When it is silent
- A later migration validates the constraint, or drops it.
- What later migrations do to the table is not known entirely.
- The migration creates the table itself: there are no rows from before.

Where this migration is the newest of the folder, it is a reminder only: the next step is still to be written.

## Instead
In a migration of its own, later:

    execute "ALTER TABLE posts VALIDATE CONSTRAINT posts_author_id_fkey", ""

## Measured
PostgreSQL 13 to 18: VALIDATE CONSTRAINT reads the table under SHARE UPDATE EXCLUSIVE; reads and writes go on.

## References
- PostgreSQL documentation, ALTER TABLE, `ADD table_constraint [ NOT VALID ]`, `VALIDATE CONSTRAINT`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import AddConstraint
from ..base import Case, Rule, subject
from ..context import MigrationContext

_BEFORE = (
    "create table(:users)",
    """
    create table(:posts) do
      add :author_id, :bigint
    end
    """,
)
_CHECK = 'create «constraint(:posts, :has_author, check: "author_id IS NOT NULL", validate: false)»'


class ConstraintNeverValidated(Rule):
    id = "constraint-never-validated"
    level = Level.RISK
    tags = ("constraints", "history")

    fires = (
        Case(about="The newest migration", before=_BEFORE, text=_CHECK),
        Case(
            about="Later migrations forgot it",
            before=_BEFORE,
            text="""
            alter table(:posts) do
              modify :author_id, «references(:users, validate: false)»
            end
            """,
            after=("create table(:tags)",),
        ),
    )
    silent = (
        Case(
            about="A later migration validates it",
            before=_BEFORE,
            text=_CHECK.replace("«", "").replace("»", ""),
            after=('execute "ALTER TABLE posts VALIDATE CONSTRAINT has_author", ""',),
        ),
        Case(
            about="A later migration drops it",
            before=_BEFORE,
            text=_CHECK.replace("«", "").replace("»", ""),
            after=("drop constraint(:posts, :has_author)",),
        ),
        Case(
            about="What happened later is not known",
            before=_BEFORE,
            text=_CHECK.replace("«", "").replace("»", ""),
            after=('execute "DO $$ BEGIN PERFORM fix(); END $$"',),
        ),
        Case(
            about="A new table",
            text="create table(:posts)\n\n" + _CHECK.replace("«", "").replace("»", ""),
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        project = context.analysis.project
        for step, operation in context.forward(AddConstraint):
            definition, relation = operation.constraint, operation.relation
            if definition.validated or definition.name is None or not definition.enforced:
                continue
            if context.is_new(relation, step) or project.latest is None:
                continue
            latest = project.latest()
            table = latest.table(relation)
            if latest.uncertain or table is None or table.uncertain:
                continue
            state = table.constraints.get(definition.name)
            if state is None or state.definition.validated:
                continue
            newer = project.siblings is not None and project.siblings.newer
            level = context.level(self.level if newer else Level.INFO, relation, step)
            which = "foreign key" if definition.kind == "foreign key" else "constraint"
            yield self.finding(
                definition.span,
                f"No migration validates the {which} `{definition.name}` on `{relation}`"
                f"{'' if newer else ' yet'}: rows from before it may break it.",
                level=level,
                label="never validated" if newer else "to be validated by a later migration",
                reason="NOT VALID leaves the old rows unread. An UPDATE of one that breaks the constraint fails, and"
                " PostgreSQL does not rely on the constraint.",
                advice=f'`execute "ALTER TABLE {relation} VALIDATE CONSTRAINT {definition.name}", ""`'
                " in a later migration.",
                subject=subject(relation, step.statement, constraint=definition.name),
            )
