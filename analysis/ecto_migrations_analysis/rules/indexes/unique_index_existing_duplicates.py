"""Uniqueness for columns that have rows already.

## What happens
Until now nothing has kept two rows from being equal there. If two are, the build fails: `could not create unique
index "…"`, with one of the duplicates in DETAIL. A concurrent build leaves an INVALID index behind. Development and
CI have no such rows.

And the running release does not know of it: where its changesets have no `unique_constraint` for the index, a
duplicate raises `Ecto.ConstraintError` from now on.

## When it is silent
- The migration creates the table itself, or adds one of the columns without a default: NULL is no duplicate.
- Another unique index on these columns, or on some of them, was there before, also if this migration has dropped it
  or given another name to the table or a column.
- Its condition is about a column that this migration adds.
- It is an index of a materialized view.
- Something before it in the migration deletes or changes rows of the table, or runs code that may.

## Instead
Look for duplicates on a copy of the production data first:

    SELECT slug, count(*) FROM posts GROUP BY slug HAVING count(*) > 1

remove them in a migration of their own, deploy code that makes no new ones, then build the index concurrently.

## Measured
PostgreSQL 18: SQLSTATE 23505 with and without CONCURRENTLY. With it the index stays, `indisvalid` and `indisready`
false: it keeps nothing out, and the name is taken.

## References
- PostgreSQL documentation, CREATE INDEX, `UNIQUE` and "Building Indexes Concurrently"
- ecto, `Ecto.Changeset.unique_constraint/3`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import (
    AddColumn,
    AddConstraint,
    CallsCode,
    ColumnDefinition,
    CreateIndex,
    Delete,
    DropConstraint,
    DropIndex,
    Insert,
    OpaqueSQL,
    Operation,
    Relation,
    RenameColumn,
    RenameTable,
    Update,
)
from ...schema.identifiers import mentions
from ...schema.state import Schema, Table
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spans import word_span

_WORDS = re.compile(rb"unique_index|unique: *true|\bunique\b", re.I)
_POSTS = "create table(:posts) do\n  add :slug, :string\n  add :author_id, :bigint\nend\n"


class UniqueIndexExistingDuplicates(Rule):
    id = "unique-index-existing-duplicates"
    level = Level.DANGER
    tags = ("indexes", "fails")

    fires = (
        Case(about="The plain form", text="create «unique_index»(:posts, [:slug])"),
        Case(
            about="Concurrently",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              create index(:posts, [:author_id, :slug], «unique: true», concurrently: true)
            end
            """,
        ),
        Case(
            about="A constraint in SQL",
            text="""
            execute "ALTER TABLE posts ADD CONSTRAINT one_slug «UNIQUE» (slug)",
                    "ALTER TABLE posts DROP CONSTRAINT one_slug"
            """,
        ),
        Case(
            about="Every row has the same default",
            text="""
            alter table(:posts) do
              add :position, :integer, default: 0
            end

            create «unique_index»(:posts, [:position])
            """,
        ),
    )
    silent = (
        Case(about="A new table", text=_POSTS + "create unique_index(:posts, [:slug])"),
        Case(
            about="A new column, empty so far",
            text="""
            alter table(:posts) do
              add :token, :string
            end

            create unique_index(:posts, [:author_id, :token])
            """,
        ),
        Case(
            about="Unique already",
            before=(_POSTS + "create unique_index(:posts, [:slug])",),
            text="create unique_index(:posts, [:author_id, :slug])",
        ),
        Case(
            about="Unique before this migration dropped the index",
            before=(_POSTS + "create unique_index(:posts, [:slug])",),
            text="""
            drop unique_index(:posts, [:slug])
            create unique_index(:posts, [:slug], name: :one_slug)
            """,
        ),
        Case(
            about="Unique before, under other names",
            before=(_POSTS + "create unique_index(:posts, [:slug])",),
            text="""
            drop unique_index(:posts, [:slug])
            rename table(:posts), :slug, to: :path
            rename table(:posts), to: table(:articles)
            create unique_index(:articles, [:path])
            """,
        ),
        Case(
            about="No row fulfils the condition yet",
            text="""
            alter table(:posts) do
              add :pinned, :boolean, default: false
            end

            create unique_index(:posts, [:author_id], where: "pinned")
            """,
        ),
        Case(
            about="A materialized view",
            text="""
            execute "CREATE MATERIALIZED VIEW post_search AS SELECT id, slug FROM posts", "DROP MATERIALIZED VIEW post_search"
            create unique_index(:post_search, [:id])
            """,
        ),
        Case(
            about="The duplicates are removed first",
            text="""
            def up do
              execute "DELETE FROM posts a USING posts b WHERE a.slug = b.slug AND a.id > b.id"
              create unique_index(:posts, [:slug])
            end

            def down, do: drop(unique_index(:posts, [:slug]))
            """,
        ),
        Case(about="Not unique", text="create index(:posts, [:slug])"),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            for operation in step.statement.operations:
                key = _key(operation)
                if key is None:
                    continue
                relation, name, columns, nulls_distinct = key
                if context.has_no_rows(relation, step) or Schema.key(relation) in step.before.views:
                    continue
                if _is_cleaned(context, step, relation) or _was_unique(context, step, relation, columns):
                    continue
                if _limits_to_new(context, relation, operation):
                    continue
                added = [_added(context, relation, column) for column in columns if isinstance(column, str)]
                if any(column is not None and _differs(column, nulls_distinct) for column in added):
                    continue
                same = bool(added) and len(added) == len(columns) and all(added)
                yield self.finding(
                    word_span(context.analysis.source, _WORDS, operation, step.statement),
                    _message(relation, columns, operation, same),
                    level=context.level(self.level if same else Level.RISK, relation, step),
                    label="every row has the same value" if same else "existing rows may be equal",
                    reason="Nothing has kept duplicates out so far; and where the running release has no"
                    " `unique_constraint` for it, a duplicate raises from now on.",
                    advice="Look for duplicates in production first, and remove them in a migration before this one.",
                    subject=subject(relation, step.statement, index=name),
                )


def _key(operation: Operation) -> tuple[Relation, str | None, tuple[str | None, ...], bool] | None:
    """Table, name and columns of what wants rows to be different; a column None is an expression."""
    if isinstance(operation, CreateIndex) and operation.unique and operation.complete:
        columns = tuple(element.column for element in operation.elements)
        return operation.relation, operation.name, columns, operation.nulls_distinct
    if isinstance(operation, AddConstraint):
        constraint = operation.constraint
        if constraint.kind == "unique" and constraint.using_index is None and constraint.complete:
            return operation.relation, constraint.name, constraint.columns, constraint.nulls_distinct
    return None


def _message(relation: Relation, columns: tuple[str | None, ...], operation: Operation, same: bool) -> str:
    names = ", ".join(f"`{column}`" if column is not None else "an expression" for column in columns)
    leaves = (
        " and leaves an INVALID index behind"
        if isinstance(operation, CreateIndex) and operation.concurrently
        else ""
    )
    if same:
        return f"Fails if `{relation}` has two rows{leaves}: all of them get the same {names} by its default."
    condition = (
        " where the condition holds"
        if isinstance(operation, CreateIndex) and operation.where is not None
        else ""
    )
    return f"Fails if two rows of `{relation}`{condition} have the same {names}{leaves}."


def _was_unique(
    context: MigrationContext, until: Step, relation: Relation, columns: tuple[str | None, ...]
) -> bool:
    """Whether an index keeps rows from being equal there, or did when the migration began."""
    key = Schema.key(relation)
    known = [*_dropped(context, until), *_unique_keys(until.before.table(relation))]
    return any(of == key and own <= set(columns) for of, own in known)


def _unique_keys(table: Table | None) -> Iterator[tuple[Relation, frozenset[str | None]]]:
    for index in table.indexes.values() if table is not None else ():
        columns = _columns(index.definition)
        if table is not None and columns is not None:
            yield Schema.key(table.relation), columns


def _columns(definition: CreateIndex) -> frozenset[str | None] | None:
    """What a unique index of all rows keeps from being equal; None for another index."""
    columns = frozenset(element.column for element in definition.elements)
    if not definition.unique or definition.where is not None or not definition.complete:
        return None
    return columns if columns and None not in columns else None


def _dropped(context: MigrationContext, until: Step) -> list[tuple[Relation, frozenset[str | None]]]:
    """The unique indexes that the migration has dropped so far, by the present names."""
    found: list[tuple[Relation, frozenset[str | None]]] = []
    for step in context.steps:
        if step is until:
            break
        for operation in step.statement.operations:
            if isinstance(operation, RenameTable):
                was, now = Schema.key(operation.relation), Relation(operation.to, operation.relation.schema)
                found = [(Schema.key(now) if of == was else of, own) for of, own in found]
            elif isinstance(operation, RenameColumn):
                was = Schema.key(operation.relation)
                found = [
                    (of, _renamed(own, operation.column, operation.to) if of == was else own)
                    for of, own in found
                ]
            elif isinstance(operation, DropIndex | DropConstraint):
                gone = _unique_of(step, operation)
                if gone is not None:
                    found.append(gone)
    return found


def _renamed(columns: frozenset[str | None], old: str | None, new: str | None) -> frozenset[str | None]:
    return frozenset(new if column == old else column for column in columns)


def _unique_of(
    step: Step, operation: DropIndex | DropConstraint
) -> tuple[Relation, frozenset[str | None]] | None:
    """Table and columns of the dropped index, by the history or as it is stated."""
    name = operation.name.name if isinstance(operation, DropIndex) else operation.name
    for table in step.before.tables.values():
        if name is not None and name in table.indexes:
            columns = _columns(table.indexes[name].definition)
            return (Schema.key(table.relation), columns) if columns is not None else None
    stated = operation.stated if isinstance(operation, DropIndex) else None
    columns = _columns(stated) if stated is not None else None
    return (Schema.key(stated.relation), columns) if stated is not None and columns is not None else None


def _limits_to_new(context: MigrationContext, relation: Relation, operation: Operation) -> bool:
    """Whether the index has a condition on a column that this migration adds: which rows fulfil it, is open."""
    where = operation.where if isinstance(operation, CreateIndex) else None
    return where is not None and any(
        Schema.key(added.relation) == Schema.key(relation) and mentions(where.sql, added.column.name or "")
        for _, added in context.forward(AddColumn)
    )


def _added(context: MigrationContext, relation: Relation, name: str) -> ColumnDefinition | None:
    """The column, where this migration adds it."""
    for _, operation in context.forward(AddColumn):
        if operation.column.name == name and Schema.key(operation.relation) == Schema.key(relation):
            return operation.column
    return None


def _differs(column: ColumnDefinition, nulls_distinct: bool) -> bool:
    """Whether a new column keeps all rows from being equal: it is NULL, or a value of its own for each row."""
    if column.default is None or (column.default.sql or "").strip().upper() == "NULL":
        # Without a default, and yet NOT NULL: it fails before.
        return nulls_distinct or column.not_null
    return not column.default.literal


def _is_cleaned(context: MigrationContext, until: Step, relation: Relation) -> bool:
    """Whether something before it may have removed duplicates."""
    for step in context.steps:
        if step is until:
            return False
        for operation in step.statement.operations:
            if isinstance(operation, CallsCode | OpaqueSQL):
                return True
            if isinstance(operation, Delete | Update | Insert):
                other = Schema.key(operation.relation)
                if other.name is None or other == Schema.key(relation):
                    return True
    return False
