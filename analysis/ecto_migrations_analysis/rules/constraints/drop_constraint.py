"""Constraint dropped that others wait for, or that queries use.

## What happens
A foreign key has triggers on both tables: dropping it takes ACCESS EXCLUSIVE on the referenced table too. The drop is
instant, but waits for every running query on both tables, and everything after it waits behind it.

A unique constraint or primary key is an index as well. It goes along: queries that used it read the whole table, and
`INSERT … ON CONFLICT (…)` of running code fails with SQLSTATE 42P10.

## When it is silent
- The constraint is a CHECK or NOT NULL.
- What it is cannot be told: no earlier migration is known to make it, and its name does not end in `_fkey`.
- A `lock_timeout` is in force, for a foreign key.
- A validated foreign key on the same column takes its place in the same transaction: then both tables stay locked
  for long, which `modify-foreign-key`, `foreign-key-validated` and `long-op-under-exclusive-lock` say.
- The table, the column, or for a foreign key the referenced table is new, or dropped by this migration.
- For a key: another unique index on the same columns is left.

## Instead
A foreign key in a migration of its own with a `lock_timeout`:

    def after_begin, do: execute("SET LOCAL lock_timeout TO '5s'", "SET LOCAL lock_timeout TO '5s'")

    def change, do: drop(constraint(:comments, :comments_post_id_fkey))

A unique constraint once another index on its columns is built, and no `on_conflict` needs it.

## Measured
PostgreSQL 18, `pg_locks` after `ALTER TABLE posts DROP CONSTRAINT posts_author_id_fkey`: ACCESS EXCLUSIVE on `posts`
and on `users`.

## References
- PostgreSQL documentation, ALTER TABLE, `DROP CONSTRAINT`; INSERT, `ON CONFLICT`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import AddConstraint, DropColumn, DropTable, Relation
from ...operations import DropConstraint as DropConstraintOperation
from ...schema.state import ConstraintState, Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..lock_timeouts import lock_timeout_at

_COMMENTS = """
create table(:posts)

create table(:comments) do
  add :post_id, references(:posts)
  add :slug, :string
end

create constraint(:comments, :slug_not_empty, check: "slug <> ''")
execute "ALTER TABLE comments ADD CONSTRAINT one_slug UNIQUE (slug)", ""
"""


class DropConstraint(Rule):
    id = "drop-constraint"
    level = Level.RISK
    tags = ("constraints", "lock queue", "blocking")

    fires = (
        Case(
            about="A foreign key",
            before=(_COMMENTS,),
            text="«drop constraint(:comments, :comments_post_id_fkey)»",
        ),
        Case(
            about="A foreign key by its name",
            text="«drop_if_exists constraint(:comments, :comments_post_id_fkey)»",
        ),
        Case(
            about="A unique constraint, with its index",
            before=(_COMMENTS,),
            text='execute "ALTER TABLE comments «DROP CONSTRAINT one_slug»", ""',
        ),
    )
    silent = (
        Case(about="A CHECK", before=(_COMMENTS,), text="drop constraint(:comments, :slug_not_empty)"),
        Case(about="What it is is not known", text="drop constraint(:comments, :no_idea)"),
        Case(
            about="With a lock_timeout",
            before=(_COMMENTS,),
            text="""
            execute "SET LOCAL lock_timeout TO '5s'", ""
            drop constraint(:comments, :comments_post_id_fkey)
            """,
        ),
        Case(
            about="Another takes its place, and is validated",
            before=(_COMMENTS,),
            text="""
            drop constraint(:comments, :comments_post_id_fkey)

            alter table(:comments) do
              modify :post_id, references(:posts, on_delete: :delete_all)
            end
            """,
        ),
        Case(
            about="Replaced in one statement",
            before=(_COMMENTS,),
            text="""
            alter table(:comments) do
              modify :post_id, references(:posts, on_delete: :delete_all), from: references(:posts)
            end
            """,
        ),
        Case(
            about="The table goes",
            before=(_COMMENTS,),
            text="""
            drop constraint(:comments, :comments_post_id_fkey)
            drop table(:comments)
            """,
        ),
        Case(
            about="Another unique index takes its place",
            before=(_COMMENTS,),
            text="""
            create unique_index(:comments, [:slug])
            execute "ALTER TABLE comments DROP CONSTRAINT one_slug", ""
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        dropped = {Schema.key(operation.relation) for _, operation in context.forward(DropTable)}
        for step, operation in context.forward(DropConstraintOperation):
            table, name = operation.relation, operation.name
            if name is None or context.is_new(table, step) or Schema.key(table) in dropped:
                continue
            known = step.before.table(table)
            state = known.constraints.get(name) if known is not None else None
            words = None
            if state is None:
                certain = known is not None and known.complete and not known.uncertain
                if name.endswith("_fkey") and not certain:
                    words = self._foreign_key(context, step, table, name, None)
            elif not _columns_go(context, table, state.definition.columns):
                if state.definition.kind == "foreign key":
                    parent = state.definition.references
                    replaced = _is_replaced(context, step, table, state)
                    if not replaced and (parent is None or Schema.key(parent) not in dropped):
                        words = self._foreign_key(context, step, table, name, parent)
                elif state.definition.kind in ("unique", "primary key"):
                    words = self._key(context, table, state)
            if words is not None:
                message, label, reason, advice = words
                yield self.finding(
                    operation.span,
                    message,
                    level=context.level(self.level, table, step),
                    label=label,
                    reason=reason,
                    advice=advice,
                    subject=subject(table, step.statement, constraint=name),
                )

    @staticmethod
    def _foreign_key(
        context: MigrationContext, step: Step, table: Relation, name: str, parent: Relation | None
    ) -> tuple[str, str, str, str] | None:
        if lock_timeout_at(context, step) is not None:
            return None
        if parent is not None and (context.is_new(parent, step) or parent == table):
            return None
        other = f"`{parent}`" if parent is not None else "the referenced table"
        return (
            f"Dropping foreign key `{name}` takes ACCESS EXCLUSIVE on `{table}` and on {other}: waits for running"
            " queries on both, and everything after it waits too.",
            "locks both tables",
            "Its triggers stand on both tables. The drop itself is instant; the wait for the locks is not.",
            "In a migration of its own, with a short lock_timeout.",
        )

    @staticmethod
    def _key(
        context: MigrationContext, table: Relation, state: ConstraintState
    ) -> tuple[str, str, str, str] | None:
        columns = state.definition.columns
        left = context.steps[-1].after.table(table)
        found = False
        for index in left.indexes.values() if left is not None else ():
            own = tuple(element.column for element in index.definition.elements)
            if index.definition.where is not None or set(own[: len(columns)]) != set(columns):
                continue
            if index.definition.unique and len(own) == len(columns):
                return None
            found = True
        loses = "" if found else " queries that used its index read the whole table, and"
        return (
            f"Without `{state.name}`, rows of `{table}` can have the same ({', '.join(columns)});{loses} ON CONFLICT on"
            " these columns fails.",
            "its unique index goes too",
            "A unique constraint or primary key is an index as well, and goes with it.",
            "Build another unique index on these columns first, or see that no `on_conflict` names them.",
        )


def _is_replaced(context: MigrationContext, step: Step, table: Relation, dropped: ConstraintState) -> bool:
    """Whether a validated foreign key on the same column comes in the same transaction."""
    return any(
        later.transaction == step.transaction
        and operation.constraint.kind == "foreign key"
        and operation.constraint.validated
        and operation.constraint.columns[:1] == dropped.definition.columns[:1]
        and Schema.key(operation.relation) == Schema.key(table)
        for later, operation in context.forward(AddConstraint)
    )


def _columns_go(context: MigrationContext, table: Relation, columns: tuple[str, ...]) -> bool:
    """Whether the migration drops one of the columns as well."""
    return any(
        operation.column in columns and Schema.key(operation.relation) == Schema.key(table)
        for _, operation in context.forward(DropColumn)
    )
