"""DROP … CASCADE, which drops more than it names.

## What happens
CASCADE drops everything that depends on what is dropped: foreign keys of other tables, views and the views upon
them, columns of a dropped type, triggers of a dropped function. PostgreSQL says so in a NOTICE that nobody reads,
and only after it is done. Foreign keys leave orphaned rows behind from then on; code that reads a dropped view fails
with `undefined_table`. The tables that lose something are locked ACCESS EXCLUSIVE too.

Without CASCADE PostgreSQL refuses and lists what depends: a list that somebody can read.

## When it is silent
- Everything is known, and nothing depends on it.
- What depends on it is dropped by the same migration as well, or was created by it.
- It stands in `down`.

It is a danger where something is known to go with it, and for a whole schema; where the history does not tell, a
risk; for a function without known triggers, for your information.

## Instead
Drop what depends on it by name first, in statements of their own: the migration then says what it does, and fails
where something else depends that nobody thought of.

## Measured
PostgreSQL 18: `DROP TABLE posts CASCADE` drops `comments_post_id_fkey` and two views ("drop cascades to 3 other
objects") and takes ACCESS EXCLUSIVE on `comments` too. Without CASCADE: SQLSTATE 2BP01, with the list in DETAIL.

## References
- PostgreSQL documentation, Dependency Tracking; DROP TABLE
- ecto_sql, `Ecto.Migration.drop/2`, `:mode`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import (
    CreateObject,
    CreateView,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropObject,
    DropTable,
    DropView,
    Relation,
)
from ...schema.state import Schema, Table
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spans import word_span
from ..spelling import listed

_BEFORE = """
create table(:posts) do
  add :slug, :string
end

create table(:comments) do
  add :post_id, references(:posts)
end
"""
_VIEW = 'execute "CREATE VIEW slugs AS SELECT slug FROM posts", "DROP VIEW slugs"'
_WORD = re.compile(rb"mode: *:cascade|\bcascade\b", re.I)
# Objects that others can depend on, and what goes with them.
_GOES = {
    "schema": "every table, view, type and function in it",
    "extension": "columns, indexes and functions that use it",
    "type": "columns of that type, with their data",
    "domain": "columns of that domain, with their data",
    "function": "triggers, defaults, views and indexes that call it",
    "procedure": "what calls it",
    "sequence": "the defaults that draw from it",
}


class DropCascade(Rule):
    id = "drop-cascade"
    level = Level.DANGER
    tags = ("data loss", "constraints")

    fires = (
        Case(
            about="The foreign key of another table goes too",
            before=(_BEFORE,),
            text="drop table(:posts), «mode: :cascade»",
        ),
        Case(
            about="A view goes with a column",
            before=(_BEFORE, _VIEW),
            text='execute "ALTER TABLE posts DROP COLUMN slug «CASCADE»", ""',
        ),
        Case(
            about="What depends on it is not known",
            text="drop constraint(:posts, :posts_pkey), «mode: :cascade»",
        ),
        Case(
            about="A function that a trigger calls",
            before=(
                _BEFORE,
                """
                execute "CREATE TRIGGER touch BEFORE UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION touch()",
                        "DROP TRIGGER touch ON posts"
                """,
            ),
            text='execute "DROP FUNCTION touch «CASCADE»", ""',
        ),
        Case(about="A type", text='execute "DROP TYPE post_state «CASCADE»", ""'),
    )
    silent = (
        Case(
            about="Nothing depends on it",
            before=(_BEFORE,),
            text="drop table(:comments), mode: :cascade",
        ),
        Case(
            about="What depends on it goes as well",
            before=(_BEFORE,),
            text="""
            drop table(:posts), mode: :cascade
            drop table(:comments)
            """,
        ),
        Case(
            about="A table of the same migration",
            text="""
            create table(:scratch)
            drop table(:scratch), mode: :cascade
            """,
        ),
        Case(
            about="In down",
            text="""
            def up, do: create(table(:posts))
            def down, do: drop(table(:posts), mode: :cascade)
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        made = _made_here(context)
        for step in context.steps:
            for operation in step.statement.operations:
                if getattr(operation, "cascade", False) and isinstance(operation, _DROPS):
                    yield from self._drop(context, step, operation, made)

    def _drop(
        self, context: MigrationContext, step: Step, operation: _Drop, made: frozenset[Relation]
    ) -> Iterator[Finding]:
        relation = _named(operation)
        what = _goes(operation)
        if what is None or Schema.key(relation) in made or context.is_new(relation, step):
            return
        lost = _lost(context, step, operation)
        known = _is_known(step.before, operation)
        if not lost and known:
            return
        name = _shown(operation)
        if lost:
            message = f"Drops {listed(lost)} along with {name}."
        else:
            message = f"Drops along with {name} whatever depends on it: {what}."
        yield self.finding(
            word_span(context.analysis.source, _WORD, operation, step.statement),
            message,
            level=context.level(_level(step.before, operation, bool(lost)), relation, step),
            label="drops more than it names",
            reason="PostgreSQL refuses to drop what something depends on, and lists that; with CASCADE it drops all of"
            " it and says so in a NOTICE.",
            advice="Leave CASCADE out, and drop by name what is to go with it.",
            subject=subject(relation, step.statement, known="yes" if lost else None),
        )


_DROPS = (DropTable, DropColumn, DropConstraint, DropIndex, DropView, DropObject)
_Drop = DropTable | DropColumn | DropConstraint | DropIndex | DropView | DropObject


def _named(operation: _Drop) -> Relation:
    """The table, or the view or object itself."""
    if isinstance(operation, DropTable | DropColumn | DropConstraint):
        return operation.relation
    if isinstance(operation, DropIndex):
        return operation.relation or operation.name
    return operation.name


def _shown(operation: _Drop) -> str:
    match operation:
        case DropColumn():
            return f"`{operation.relation}.{operation.column or '…'}`"
        case DropConstraint():
            return f"the constraint `{operation.name or '…'}` of `{operation.relation}`"
        case DropIndex():
            return f"the index `{operation.name}`"
        case DropView():
            return f"the view `{operation.name}`"
        case DropObject():
            return f"the {operation.kind} `{operation.name}`"
    return f"`{operation.relation}`"


def _goes(operation: _Drop) -> str | None:
    """What may depend on it, where that is not known; None for what nothing depends on."""
    match operation:
        case DropObject():
            return _GOES.get(operation.kind)
        case DropConstraint() | DropIndex():
            return "foreign keys of other tables"
        case DropColumn():
            return "views, foreign keys of other tables, generated columns"
        case DropView():
            return "views upon it"
    return "foreign keys of other tables, views"


def _level(schema: Schema, operation: _Drop, lost: bool) -> Level:
    if lost or (isinstance(operation, DropObject) and operation.kind == "schema"):
        return Level.DANGER
    if isinstance(operation, DropObject) and operation.kind == "function" and schema.complete:
        # Its triggers would be known; views and defaults that call it are rare.
        return Level.INFO
    return Level.RISK


def _is_known(schema: Schema, operation: _Drop) -> bool:
    """Whether all that depends on it would be known."""
    if isinstance(operation, DropObject):
        return False
    if isinstance(operation, DropConstraint | DropIndex):
        # Nothing but a foreign key relies on a constraint, and only on a key.
        table = schema.table(_named(operation))
        name = operation.name if isinstance(operation, DropConstraint) else operation.name.name
        found = table.constraints.get(name or "") if table is not None else None
        if found is not None and found.definition.kind in ("foreign key", "check", "exclusion", "not null"):
            return True
    return schema.complete and not schema.uncertain


def _lost(context: MigrationContext, step: Step, operation: _Drop) -> list[str]:
    """What the statement drops beside what it names, as far as it is known and would stay otherwise."""
    before, after, end = step.before, step.after, context.steps[-1].after
    named = {Schema.key(item.name) for item in step.statement.operations if isinstance(item, DropView)}
    named |= {Schema.key(item.name) for _, item in context.forward(DropView)}
    lost = [
        f"the view `{name}`"
        for name in before.views
        if name not in after.views and Schema.key(name) not in named and name not in end.views
    ]
    if isinstance(operation, DropObject) and operation.kind == "function":
        lost += _triggers(before, operation)
    own = Schema.key(_named(operation))
    for key, table in before.tables.items():
        now = after.tables.get(key)
        if now is None or key not in end.tables:
            if isinstance(operation, DropObject) and now is None and key in end.tables:
                lost.append(f"the table `{table.relation}`")
            continue
        if key != own:
            lost += _lost_of(table, now)
    return lost


def _triggers(schema: Schema, function: DropObject) -> list[str]:
    """The known triggers that call the function."""
    return [
        f"the trigger `{name}` of `{table.relation}`"
        for table in schema.tables.values()
        for name, trigger in table.triggers.items()
        if trigger.function is not None and Schema.key(trigger.function) == Schema.key(function.name)
    ]


def _lost_of(table: Table, now: Table) -> list[str]:
    gone = [
        f"the foreign key `{name}` of `{table.relation}`"
        for name, constraint in table.constraints.items()
        if name not in now.constraints and constraint.definition.kind == "foreign key"
    ]
    return gone + [
        f"the column `{table.relation}.{name}`" for name in table.columns if name not in now.columns
    ]


def _made_here(context: MigrationContext) -> frozenset[Relation]:
    """Views and objects that the migration itself creates."""
    views = [operation.name for _, operation in context.forward(CreateView)]
    objects = [operation.name for _, operation in context.forward(CreateObject)]
    return frozenset(Schema.key(name) for name in (*views, *objects))
