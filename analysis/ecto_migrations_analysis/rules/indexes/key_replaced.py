"""Unique key replaced by one on other columns.

## What happens
`ON CONFLICT (email)` works only while a unique index on exactly these columns is there. Once it is replaced by one on
`(org_id, email)`, or by a partial one, every upsert of the running release fails: `there is no unique or exclusion
constraint matching the ON CONFLICT specification` (42P10). In Ecto that is `insert(…, conflict_target: [:email])` and
`insert_all` with it. `unique_constraint/3` of its changesets also waits for the old name.

## When it is silent
- The table is new in this migration.
- The new key has the same columns, in any order, and the same `where:`.
- No key is made in the place of the one that is dropped.
- The old key stays.

## Instead
Three deploys: create the new key beside the old one; deploy code that names the new columns; then drop the old key.

## Measured
PostgreSQL 18: SQLSTATE 42P10 with more columns, with fewer, and with a WHERE that the old index did not have.

## References
- PostgreSQL documentation, INSERT, `ON CONFLICT`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level, Related
from ...operations import AddConstraint, CreateIndex, DropConstraint, DropIndex, Relation
from ...records import dataclass
from ...schema.state import Schema, Table
from ...syntax.span import Place, Span
from ..base import Case, Rule, subject
from ..context import MigrationContext

_USERS = """
create table(:users) do
  add :org_id, :bigint
  add :email, :string
end

create unique_index(:users, [:email])
"""


class KeyReplaced(Rule):
    id = "key-replaced"
    level = Level.RISK
    tags = ("indexes", "application", "history")
    silences = ("drop-constraint",)

    fires = (
        Case(
            about="One column more",
            before=(_USERS,),
            text="""
            «drop unique_index(:users, [:email])»
            create unique_index(:users, [:org_id, :email])
            """,
        ),
        Case(
            about="Partial from now on, the new one first",
            before=(_USERS,),
            text="""
            create unique_index(:users, [:email], name: :users_live_email, where: "org_id IS NOT NULL")
            «drop index(:users, [:email])»
            """,
        ),
        Case(
            about="A primary key, in SQL",
            before=(_USERS,),
            text="""
            execute "ALTER TABLE users «DROP CONSTRAINT users_pkey»", ""
            execute "ALTER TABLE users ADD PRIMARY KEY (org_id, id)", ""
            """,
        ),
    )
    silent = (
        Case(
            about="The same columns",
            before=(_USERS,),
            text="""
            drop unique_index(:users, [:email])
            create unique_index(:users, [:email], name: :users_email_key)
            """,
        ),
        Case(
            about="The old one stays",
            before=(_USERS,),
            text="create unique_index(:users, [:org_id, :email])",
        ),
        Case(
            about="Other columns altogether",
            before=(_USERS,),
            text="""
            drop unique_index(:users, [:email])
            create unique_index(:users, [:org_id])
            """,
        ),
        Case(
            about="A plain index",
            before=(_USERS, "create index(:users, [:org_id])"),
            text="""
            drop index(:users, [:org_id])
            create unique_index(:users, [:org_id, :email])
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        made = list(_made(context))
        path = context.analysis.source.path
        for step in context.steps:
            for operation in step.statement.operations:
                old = _dropped(step, operation)
                if old is None or context.is_new(old.relation, step):
                    continue
                last = context.steps[-1].after.table(old.relation)
                if last is not None and any(same == (old.columns, old.where) for same in _keys(last)):
                    continue
                new = next(
                    (
                        key
                        for key in made
                        if Schema.key(key.relation) == Schema.key(old.relation)
                        and (key.columns & old.columns or (key.primary and old.primary))
                    ),
                    None,
                )
                if new is None:
                    continue
                place = Place(path, new.span) if path else None
                yield self.finding(
                    operation.span,
                    f"Replaces the key ({old.listed}) of `{old.relation}` by ({new.listed}): `ON CONFLICT ({old.listed})`"
                    " of running code fails.",
                    level=context.level(self.level, old.relation, step),
                    label=f"upserts on ({old.listed}) fail",
                    reason="ON CONFLICT needs a unique index on exactly the columns it names, with no WHERE that the"
                    " statement does not repeat.",
                    advice="Create the new key, deploy code that names it, and drop the old key in a later deploy.",
                    related=(Related("the new key", place),) if place else (),
                    subject=subject(old.relation, step.statement),
                )


@dataclass(frozen=True)
class _Key:
    relation: Relation
    names: tuple[str, ...]
    where: str | None
    primary: bool
    span: Span

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.names)

    @property
    def listed(self) -> str:
        return ", ".join(self.names) + (f" WHERE {self.where}" if self.where else "")


def _index_key(relation: Relation, index: CreateIndex, span: Span) -> _Key | None:
    names = tuple(element.column for element in index.elements if element.column is not None)
    if not index.unique or not names or len(names) != len(index.elements) or not index.complete:
        return None
    where = (index.where.sql or "…") if index.where is not None else None
    return _Key(relation, names, where, False, span)


def _keys(table: Table) -> Iterator[tuple[frozenset[str], str | None]]:
    for index in table.indexes.values():
        key = _index_key(table.relation, index.definition, index.definition.span)
        if key is not None:
            yield key.columns, key.where
    for constraint in table.constraints.values():
        if constraint.definition.kind in ("unique", "primary key"):
            yield frozenset(constraint.definition.columns), None


def _made(context: MigrationContext) -> Iterator[_Key]:
    for step in context.steps:
        for item in step.statement.operations:
            if isinstance(item, CreateIndex):
                key = _index_key(item.relation, item, item.span)
                if key is not None:
                    yield key
            elif isinstance(item, AddConstraint) and item.constraint.kind in ("unique", "primary key"):
                definition = item.constraint
                if definition.columns and definition.complete:
                    yield _Key(
                        item.relation, definition.columns, None, definition.kind == "primary key", item.span
                    )


def _dropped(step: Step, operation: object) -> _Key | None:
    """The unique key that goes with the operation, where the history knows it."""
    if isinstance(operation, DropIndex):
        name = operation.name.name
        candidates = [operation.relation] if operation.relation is not None else list(step.before.tables)
        for relation in candidates:
            table = step.before.table(relation)
            index = table.indexes.get(name or "") if table is not None else None
            if index is not None and table is not None and not table.uncertain:
                return _index_key(table.relation, index.definition, operation.span)
    elif isinstance(operation, DropConstraint):
        table = step.before.table(operation.relation)
        state = table.constraints.get(operation.name or "") if table is not None else None
        if state is not None and table is not None and state.definition.kind in ("unique", "primary key"):
            definition = state.definition
            return _Key(
                table.relation, definition.columns, None, definition.kind == "primary key", operation.span
            )
    return None
