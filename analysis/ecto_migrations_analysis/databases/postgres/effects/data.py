"""Statements about rows.

What a query reads as a whole depends on its plan. An UPDATE or DELETE is taken to read the table unless it is
limited to some keys or its condition names the first column of an index.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from ....operations import (
    Delete,
    Expression,
    Insert,
    LockTable,
    Relation,
    Select,
    Truncate,
    Update,
)
from ....records import replace
from ....schema.identifiers import mentions
from ....schema.state import Schema, Table
from ..deferred import is_late
from ..locks import ACCESS_EXCLUSIVE, ACCESS_SHARE, ROW_EXCLUSIVE, ROW_SHARE
from .ledger import Ledger
from .pending import refuse_pending
from .situation import Situation
from .views import scan_read


def insert(operation: Insert, situation: Situation, ledger: Ledger) -> None:
    """The parents of the rows' references are locked against being deleted (`SELECT … FOR KEY SHARE`)."""
    operation = _through_view(operation, situation, ledger)
    relation = operation.relation
    if not _meets(relation, operation, situation, ledger):
        return
    ledger.write_rows(relation, operation.span)
    _read(operation.reads, operation, situation, ledger)
    if operation.rows is None:
        for source in operation.reads:
            scan_read(source, situation, ledger)
    table = situation.table(relation)
    if table is None:
        return
    _lock_parents(table, operation.columns, operation, ledger)
    if operation.columns and table.complete and not table.uncertain:
        _refuse_missing(operation, table, ledger)


def _refuse_missing(operation: Insert, table: Table, ledger: Ledger) -> None:
    """Columns that are left out and take no NULL."""
    for name in operation.columns:
        if name not in table.columns:
            ledger.fail(
                f"column `{name}` of relation `{table.relation}` does not exist", "missing", operation.span
            )
    for name, column in table.columns.items():
        if name in operation.columns or not column.not_null or column.uncertain or column.type.serial:
            continue
        if column.default is None and column.identity is None and column.generated is None:
            reason = f"null value in column `{name}` of relation `{table.relation}`"
            if operation.rows is None:
                ledger.fail_on_rows(Relation(None), reason, operation.span, every=True)
            else:
                ledger.fail(reason, "missing", operation.span)


def update(operation: Update, situation: Situation, ledger: Ledger) -> None:
    operation = _through_view(operation, situation, ledger)
    relation = operation.relation
    if not _meets(relation, operation, situation, ledger):
        return
    _write(operation, situation, ledger)
    table = situation.table(relation)
    if table is None:
        return
    _lock_parents(table, operation.columns, operation, ledger)
    for name in operation.nulled:
        column = table.columns.get(name)
        if column is not None and column.not_null and not column.uncertain:
            ledger.fail_on_rows(
                relation,
                f"null value in column `{name}` of relation `{relation}`",
                operation.span,
                every=True,
            )
    if table.complete and not table.uncertain:
        for name in operation.columns:
            if name not in table.columns:
                ledger.fail(
                    f"column `{name}` of relation `{relation}` does not exist", "missing", operation.span
                )
    _look_up_children(operation, table, situation, ledger)


def delete(operation: Delete, situation: Situation, ledger: Ledger) -> None:
    operation = _through_view(operation, situation, ledger)
    if not _meets(operation.relation, operation, situation, ledger):
        return
    _write(operation, situation, ledger)
    table = situation.table(operation.relation)
    if table is not None:
        _look_up_children(operation, table, situation, ledger)


Change = TypeVar("Change", Insert, Update, Delete)


def _through_view(operation: Change, situation: Situation, ledger: Ledger) -> Change:
    """The change of the table behind a simple view; the view is locked like the table."""
    view = situation.view(operation.relation)
    while view is not None and not view.materialized:
        ledger.lock(view.name, ROW_EXCLUSIVE, operation.span)
        if len(view.reads) != 1:
            ledger.unknown(f"what changing rows of the view `{view.name}` does")
            break
        # Columns may be called otherwise in the table.
        operation = replace(operation, relation=view.reads[0])
        view = situation.view(view.reads[0])
    return operation


def _meets(
    relation: Relation, operation: Insert | Update | Delete, situation: Situation, ledger: Ledger
) -> bool:
    if relation.name is None:
        ledger.unknown("the name of the table")
    elif situation.exists(relation) is False and not operation.reads:
        # With a query beside it, the name may be one of its own (WITH).
        ledger.fail(f"relation `{relation}` does not exist", "missing", operation.span)
        return False
    return True


def _read(
    reads: Iterable[Relation], operation: Insert | Update | Delete, situation: Situation, ledger: Ledger
) -> None:
    for source in reads:
        ledger.lock(source, ACCESS_SHARE, operation.span)


def _write(operation: Update | Delete, situation: Situation, ledger: Ledger) -> None:
    """Rows of the table and its partitions; found by reading all unless an index can serve."""
    relation = operation.relation
    _read(operation.reads, operation, situation, ledger)
    for item in situation.family(relation):
        ledger.write_rows(item, operation.span)
    if operation.bounded:
        return
    if not operation.reads and _by_index(operation.where, situation.table(relation)):
        return
    if operation.restricted and operation.where is None and not operation.reads:
        ledger.unknown(f"how many rows of `{relation}` the query reads")
        return
    for item in situation.stored(relation):
        ledger.scan(item)
    for source in operation.reads:
        scan_read(source, situation, ledger)


def _by_index(where: Expression | None, table: Table | None) -> bool:
    """Whether the condition names the first column of an index."""
    if where is None or table is None:
        return False
    return any(
        index.definition.elements
        and index.definition.elements[0].column is not None
        and mentions(where.sql, index.definition.elements[0].column)
        for index in table.indexes.values()
    )


def _lock_parents(table: Table, columns: tuple[str, ...], operation: Insert | Update, ledger: Ledger) -> None:
    for constraint in table.constraints.values():
        definition = constraint.definition
        if definition.references is None or not definition.enforced:
            continue
        if is_late(definition, ledger.situation.transaction.deferred):
            # Looked up at the commit.
            continue
        if set(definition.columns) & set(columns):
            ledger.lock(definition.references, ROW_SHARE, operation.span)


def _look_up_children(operation: Update | Delete, table: Table, situation: Situation, ledger: Ledger) -> None:
    """Rows that refer to the changed ones are looked up, or changed, through the triggers of foreign keys."""
    for child, constraint in situation.schema.referencing(table.relation):
        definition = constraint.definition
        if not definition.enforced:
            continue
        late = is_late(definition, situation.transaction.deferred)
        key = definition.referenced_columns or table.primary_key
        if isinstance(operation, Update):
            if not set(key) & set(operation.columns):
                continue
            action = definition.on_update
        else:
            action = definition.on_delete
        if action is None and late:
            continue
        if action is None or action.upper() in ("NO ACTION", "RESTRICT"):
            ledger.lock(child.relation, ROW_SHARE, operation.span)
            ledger.fail_on_rows(
                table.relation,
                f"rows of `{child.relation}` still refer to rows of `{table.relation}` (`{constraint.name}`)",
                operation.span,
            )
        else:
            ledger.lock(child.relation, ROW_EXCLUSIVE, operation.span)


def truncate(operation: Truncate, situation: Situation, ledger: Ledger) -> None:
    """Tables get new, empty files. With CASCADE also those that refer to them."""
    tables: list[Relation] = []
    for relation in operation.relations:
        if situation.exists(relation) is False:
            ledger.fail(f"relation `{relation}` does not exist", "missing", operation.span)
            return
        tables += situation.family(relation)
    for relation in tables:
        for child, constraint in situation.referencing(relation):
            if Schema.key(child.relation) in tables:
                continue
            if operation.cascade:
                tables += situation.family(child.relation)
            else:
                ledger.fail(
                    f"cannot truncate `{relation}`: `{constraint.name}` of `{child.relation}` refers to it",
                    "dependents",
                    operation.span,
                )
    refuse_pending("TRUNCATE", tables, operation.span, ledger)
    for relation in tables:
        table = situation.table(relation)
        if table is None:
            ledger.unknown(f"which indexes `{relation}` has and which foreign keys refer to it")
        ledger.lock(relation, ACCESS_EXCLUSIVE, operation.span)
        if not situation.is_partitioned(relation):
            ledger.rewrite(relation)
            ledger.rebuild(relation, table.indexes if table is not None else ())


def select(operation: Select, situation: Situation, ledger: Ledger) -> None:
    """What of it is read as a whole is the planner's choice, and not said."""
    for relation in operation.reads:
        ledger.lock(relation, ACCESS_SHARE if operation.locking is None else ROW_SHARE, operation.span)
        for item in situation.family(relation)[1:]:
            ledger.lock(item, ACCESS_SHARE if operation.locking is None else ROW_SHARE, operation.span)
        view = situation.view(relation)
        if view is not None and not view.materialized:
            for other in view.reads:
                ledger.lock(other, ACCESS_SHARE, operation.span)
    _call(operation, situation, ledger)


def _call(operation: Select, situation: Situation, ledger: Ledger) -> None:
    """A function that is not PostgreSQL's own may do anything."""
    from ....sql.expressions import is_built_in

    for name in operation.functions:
        if not is_built_in(name):
            ledger.unknown(f"what the function `{name}` does")


def lock_table(operation: LockTable, situation: Situation, ledger: Ledger) -> None:
    """The tables behind a view are locked with it, partitions and heirs with their parent."""
    if not situation.transaction.open:
        ledger.fail("LOCK TABLE can only be used in transaction blocks", "transaction", operation.span)
    for relation in operation.relations:
        if situation.exists(relation) is False:
            ledger.fail(f"relation `{relation}` does not exist", "missing", operation.span)
            continue
        ledger.lock_family(relation, operation.mode, operation.span)
        for other in _behind(relation, situation):
            ledger.lock_family(other, operation.mode, operation.span)


def _behind(relation: Relation, situation: Situation) -> list[Relation]:
    found: list[Relation] = []
    view = situation.view(relation)
    wanted = list(view.reads) if view is not None else []
    for item in wanted:
        if item in found:
            continue
        found.append(item)
        inner = situation.view(item)
        if inner is not None:
            wanted.extend(inner.reads)
    return found
