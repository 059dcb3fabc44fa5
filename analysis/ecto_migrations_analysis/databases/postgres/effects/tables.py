"""CREATE TABLE and DROP TABLE."""

from __future__ import annotations

from ....operations import ConstraintDefinition, CreateTable, DropTable, Relation
from ....schema.state import Schema, Table
from ..locks import (
    ACCESS_EXCLUSIVE,
    ACCESS_SHARE,
    SHARE_ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
)
from ..partition_bounds import bounds, checks
from . import dependents
from .ledger import Ledger
from .pending import refuse_pending
from .references import refuse_reference
from .situation import Situation
from .views import scan_read


def create_table(operation: CreateTable, situation: Situation, ledger: Ledger) -> None:
    """Nobody sees the new table; those it refers to, inherits from or is made like are locked."""
    relation = operation.relation
    there = situation.exists(relation)
    if there and not operation.temporary:
        if not operation.if_not_exists:
            ledger.fail(f"relation `{relation}` already exists", "duplicate", operation.span)
        return
    if operation.if_not_exists and there is None:
        ledger.unknown(f"whether `{relation}` exists already: then nothing happens")
    for source in operation.like:
        _require(source, situation, ledger, operation)
        ledger.lock(source, ACCESS_SHARE, operation.span)
    for source in operation.reads:
        ledger.lock(source, ACCESS_SHARE, operation.span)
        if operation.with_data:
            scan_read(source, situation, ledger)
    for parent in operation.inherits:
        _require(parent, situation, ledger, operation)
        ledger.lock(parent, SHARE_UPDATE_EXCLUSIVE, operation.span)
    if operation.partition_of is not None:
        _create_partition(operation.partition_of, operation, situation, ledger)
    key = Schema.key(relation)
    columns = {column.name: column for column in operation.columns if column.name is not None}
    own = operation.complete and not (operation.like or operation.inherits or operation.partition_of)
    for constraint in operation.constraints:
        parent_table = constraint.references
        if parent_table is None or Schema.key(parent_table) == key:
            continue
        refuse_reference(constraint, relation, columns.get, own, constraint.span, ledger)
        ledger.lock_family_of_partitions(parent_table, SHARE_ROW_EXCLUSIVE, constraint.span)
    _refuse_newer(operation, situation, ledger)


def _require(relation: Relation, situation: Situation, ledger: Ledger, operation: CreateTable) -> None:
    if situation.exists(relation) is False:
        ledger.fail(f"relation `{relation}` does not exist", "missing", operation.span)


def _create_partition(parent: Relation, operation: CreateTable, situation: Situation, ledger: Ledger) -> None:
    """The parent is locked as a whole, and the default partition read: none of its rows may belong here."""
    _require(parent, situation, ledger, operation)
    ledger.lock(parent, ACCESS_EXCLUSIVE, operation.span)
    table = situation.table(parent)
    if table is None:
        ledger.unknown(f"the foreign keys and the default partition of `{parent}`")
        return
    for item in table.children:
        child = situation.table(item)
        if child is not None and child.default_partition:
            ledger.lock_family(item, ACCESS_EXCLUSIVE, operation.span)
            limits = bounds(table, operation.bound.sql) if operation.bound is not None else None
            if limits is not None and limits.excluded_by(checks(child)):
                continue
            for stored in situation.stored(item):
                ledger.scan(stored)
            ledger.fail_on_rows(
                item, f"a row of the default partition `{item}` belongs in the new one", operation.span
            )
    for constraint in table.constraints.values():
        if constraint.definition.references is not None:
            ledger.lock_family(constraint.definition.references, SHARE_ROW_EXCLUSIVE, operation.span)
    for other, _ in situation.referencing(parent):
        mode = SHARE_ROW_EXCLUSIVE if situation.version >= 15 else ACCESS_SHARE
        ledger.lock_family(other.relation, mode, operation.span)


def _refuse_newer(operation: CreateTable, situation: Situation, ledger: Ledger) -> None:
    """What is asked for and this version does not have."""
    version = situation.version
    for column in operation.columns:
        if column.generated is not None and not column.generated.stored and version < 18:
            ledger.fail("virtual generated columns need PostgreSQL 18", "version", column.span)
    for constraint in operation.constraints:
        if not constraint.nulls_distinct and version < 15:
            ledger.fail("NULLS NOT DISTINCT needs PostgreSQL 15", "version", constraint.span)
        if not constraint.enforced and version < 18:
            ledger.fail("NOT ENFORCED needs PostgreSQL 18", "version", constraint.span)
        if constraint.temporal and version < 18:
            ledger.fail("WITHOUT OVERLAPS and PERIOD need PostgreSQL 18", "version", constraint.span)
        if constraint.on_delete_columns and version < 15:
            ledger.fail("ON DELETE SET NULL of some columns needs PostgreSQL 15", "version", constraint.span)


def drop_table(
    operation: DropTable, situation: Situation, ledger: Ledger, together: frozenset[Relation]
) -> None:
    """`together`: all tables that the statement drops, which may refer to each other."""
    relation = operation.relation
    there = situation.exists(relation)
    if there is False:
        if not operation.if_exists:
            ledger.fail(f"table `{relation}` does not exist", "missing", operation.span)
        return
    if situation.view(relation) is not None:
        ledger.fail(f"`{relation}` is not a table", "unsupported", operation.span)
        return
    family = situation.family(relation)
    refuse_pending("DROP TABLE", family, operation.span, ledger)
    table = situation.table(relation)
    if not operation.cascade and len(family) > 1 and table is not None and table.partition_by is None:
        names = ", ".join(f"`{item}`" for item in family[1:])
        ledger.fail(f"cannot drop `{relation}`: {names} inherit from it", "dependents", operation.span)
    ledger.lock_family(relation, ACCESS_EXCLUSIVE, operation.span)
    if table is None:
        ledger.unknown(f"which foreign keys `{relation}` has and which refer to it: they lock other tables")
        return
    gone = together | frozenset(family)
    for item in family:
        known = situation.table(item)
        if known is not None:
            _lock_around(known, gone, operation, situation, ledger)
    _refuse_or_cascade(family, gone, operation, situation, ledger)


def _lock_around(
    table: Table, gone: frozenset[Relation], operation: DropTable, situation: Situation, ledger: Ledger
) -> None:
    """The other ends of its foreign keys lose their triggers; a parent loses a partition."""
    if table.partition_of is not None and table.partition_of not in gone:
        ledger.lock(table.partition_of, ACCESS_EXCLUSIVE, operation.span)
        parent = situation.table(table.partition_of)
        for item in parent.children if parent is not None else ():
            sibling = situation.table(item)
            if sibling is not None and sibling.default_partition and item not in gone:
                ledger.lock(item, ACCESS_EXCLUSIVE, operation.span)
    for constraint in table.constraints.values():
        references = constraint.definition.references
        if references is None or _is_inherited(constraint.definition, table, situation):
            continue
        older = situation.version < 15 and situation.is_partitioned(references)
        # Before PostgreSQL 15 only partitions have the triggers of a foreign key to a partitioned table.
        for item in situation.partitions(references) if older else situation.family(references):
            ledger.lock(item, ACCESS_EXCLUSIVE, operation.span)


def _is_inherited(definition: ConstraintDefinition, table: Table, situation: Situation) -> bool:
    """Whether the foreign key is the parent's, which keeps its triggers on the table it refers to."""
    parent = situation.table(table.partition_of) if table.partition_of is not None else None
    return parent is not None and any(
        other.definition.columns == definition.columns
        and other.definition.references == definition.references
        for other in parent.constraints.values()
    )


def _refuse_or_cascade(
    family: list[Relation],
    gone: frozenset[Relation],
    operation: DropTable,
    situation: Situation,
    ledger: Ledger,
) -> None:
    relying = [
        (child, constraint)
        for item in _with_parents(family, situation)
        for child, constraint in situation.referencing(item)
        if child.relation not in gone
    ]
    views = dependents.views_upon(situation, family)
    if operation.cascade:
        for child, constraint in relying:
            ledger.lock_family(child.relation, ACCESS_EXCLUSIVE, operation.span)
            if constraint.definition.references is not None:
                # The foreign key goes as a whole, from all partitions that it refers to.
                ledger.lock_family(constraint.definition.references, ACCESS_EXCLUSIVE, operation.span)
        for view in views:
            ledger.lock(view.name, ACCESS_EXCLUSIVE, operation.span)
        return
    names = [f"the foreign key `{constraint.name}` of `{child.relation}`" for child, constraint in relying]
    names += [f"the view `{view.name}`" for view in views]
    if names:
        ledger.fail(
            f"cannot drop table `{operation.relation}`: {dependents.listed(names)} depends on it",
            "dependents",
            operation.span,
        )


def _with_parents(family: list[Relation], situation: Situation) -> list[Relation]:
    """A foreign key to a partitioned table is one to each of its partitions."""
    found = list(family)
    for item in found:
        table = situation.table(item)
        if table is not None and table.partition_of is not None and table.partition_of not in found:
            found.append(table.partition_of)
    return found
