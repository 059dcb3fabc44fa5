"""The locks that keep even reads out, and how long a migration holds them."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis import Step
from ..operations import (
    CreateView,
    DropTable,
    DropView,
    Operation,
    RefreshMaterializedView,
    Relation,
    RenameTable,
)
from ..schema.state import Schema
from ..syntax.span import Span
from .context import MigrationContext

EXCLUSIVE = "ACCESS EXCLUSIVE"


def exclusively_locked(context: MigrationContext, step: Step) -> list[tuple[Relation, Span]]:
    """The tables that were there before and that the statement locks for reads, and the clause that does.

    Views are left out, and tables that it drops: code that still uses them fails anyway.
    """
    found: dict[Relation, Span] = {}
    beside = {
        Schema.key(operation.relation if isinstance(operation, DropTable) else operation.name)
        for operation in step.statement.operations
        if isinstance(operation, CreateView | DropTable | DropView | RefreshMaterializedView)
    }
    for lock in step.effect.locks:
        key = Schema.key(lock.relation)
        if lock.mode != EXCLUSIVE or key in beside or key in step.before.views or context.is_new(key, step):
            continue
        span = lock.span if lock.span.end > lock.span.start else step.statement.span
        found.setdefault(key, span)
    return list(found.items())


def exclusive_before(
    context: MigrationContext,
) -> Iterator[tuple[Step, dict[Relation, tuple[Step, Span]]]]:
    """Each statement with the tables that earlier ones of its transaction keep locked for reads.

    They go by the names they have then; with each the statement and the clause that locked it first.
    """
    held: dict[Relation, tuple[Step, Span]] = {}
    number = 0
    for step in context.steps:
        if not step.in_transaction or step.transaction != number:
            held = {}
            number = step.transaction
        if not step.in_transaction:
            continue
        yield step, held
        held = dict(held)
        for relation, span in exclusively_locked(context, step):
            held.setdefault(relation, (step, span))
        for operation in step.statement.operations:
            _rename(operation, held)


def _rename(operation: Operation, held: dict[Relation, tuple[Step, Span]]) -> None:
    if isinstance(operation, RenameTable) and operation.to is not None:
        moved = held.pop(Schema.key(operation.relation), None)
        if moved is not None:
            held[Schema.key(Relation(operation.to, operation.relation.schema))] = moved
