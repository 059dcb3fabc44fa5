"""Rows that a migration puts somewhere else before it drops where they were."""

from __future__ import annotations

import re

from ..analysis import Step
from ..operations import CreateTable, Insert, Relation, RenameColumn, RenameTable, Select, Update
from ..schema.state import Schema
from .context import MigrationContext


def is_read_before(
    context: MigrationContext, step: Step, relation: Relation, column: str | None = None
) -> bool:
    """Whether a statement before `step` reads the rows of the table (or this column of them).

    Whether it copies all of them is not known: what is said of the rest has to be true either way.
    """
    key = Schema.key(relation)
    for earlier in reversed(context.steps[: context.steps.index(step)]):
        for operation in reversed(earlier.statement.operations):
            match operation:
                case RenameTable(relation=before, to=str(to)) if (
                    Schema.key(Relation(to, before.schema)) == key
                ):
                    key = Schema.key(before)
                case RenameColumn(relation=owner, column=str(before), to=str(to)) if (
                    Schema.key(owner) == key and to == column
                ):
                    column = before
                case (
                    Insert(reads=reads) | Update(reads=reads) | Select(reads=reads) | CreateTable(reads=reads)
                ):
                    own = [operation.relation] if isinstance(operation, Update) and column else []
                    named = any(Schema.key(item) == key for item in (*reads, *own))
                    if named and (column is None or _mentions(earlier.statement.sql, column)):
                        return True
    return False


def is_renamed_here(context: MigrationContext, step: Step, relation: Relation) -> bool:
    """Whether the table has its name from a statement of this migration: no running code uses it by that name."""
    return any(
        isinstance(operation, RenameTable)
        and operation.to is not None
        and Schema.key(Relation(operation.to, operation.relation.schema)) == Schema.key(relation)
        for earlier in context.steps[: context.steps.index(step)]
        for operation in earlier.statement.operations
    )


def _mentions(sql: str | None, column: str) -> bool:
    return sql is not None and re.search(rf"\b{re.escape(column)}\b", sql) is not None
