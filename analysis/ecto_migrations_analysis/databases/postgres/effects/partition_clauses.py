"""ATTACH and DETACH PARTITION."""

from __future__ import annotations

from ....operations import AttachPartition, DetachPartition, Relation
from ....schema.state import Table
from ..locks import ACCESS_EXCLUSIVE, SHARE_ROW_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE
from ..partition_bounds import Bounds, bounds, checks
from .alteration import Alteration


def attach(operation: AttachPartition, alteration: Alteration) -> None:
    """The partition is read to see that its rows belong there, the default partition that none of it does.

    A CHECK that says the same spares the scan (documentation, "Table Partitioning"): known where it says it
    in the words of `partition_bounds`.
    """
    ledger, situation, child = alteration.ledger, alteration.situation, operation.partition
    alteration.lock_alone(SHARE_UPDATE_EXCLUSIVE, operation.span)
    if situation.exists(child) is False:
        ledger.fail(f"relation `{child}` does not exist", "missing", operation.span)
        return
    ledger.lock_family(child, ACCESS_EXCLUSIVE, operation.span)
    limits = _bounds(operation, alteration)
    known = situation.table(child)
    if limits is None or known is None or not _is_implied(limits, known, alteration):
        _verify(child, operation, alteration)
    default = default_partition(alteration)
    if default is not None:
        ledger.lock_family(default, ACCESS_EXCLUSIVE, operation.span)
        apart = situation.table(default)
        if limits is None or apart is None or not limits.excluded_by(checks(apart)):
            _verify(default, operation, alteration)
    if alteration.table is None:
        ledger.unknown(f"the indexes, foreign keys and default partition of `{operation.relation}`")
        return
    _follow_parent(alteration.table, child, operation, alteration)


def _bounds(operation: AttachPartition, alteration: Alteration) -> Bounds | None:
    if alteration.table is None or operation.bound is None:
        return None
    return bounds(alteration.table, operation.bound.sql)


def _is_implied(limits: Bounds, table: Table, alteration: Alteration) -> bool:
    assert alteration.table is not None
    column = table.columns.get(alteration.table.partition_key[0])
    return limits.implied_by(checks(table), column is not None and column.not_null)


def _verify(relation: Relation, operation: AttachPartition, alteration: Alteration) -> None:
    ledger, situation = alteration.ledger, alteration.situation
    table = situation.table(relation)
    checks = [] if table is None else [item.definition for item in table.constraints.values()]
    if any(item.kind == "check" and item.validated for item in checks):
        ledger.unknown(
            f"whether the CHECKs of `{relation}` imply the partition's bounds: then it is not read"
        )
    for item in situation.stored(relation):
        ledger.scan(item)
    ledger.fail_on_rows(relation, f"a row of `{relation}` does not belong in that partition", operation.span)


def _follow_parent(
    parent: Table, child: Relation, operation: AttachPartition, alteration: Alteration
) -> None:
    """The parent's indexes are built on the partition where it lacks them, its foreign keys validated."""
    ledger, situation = alteration.ledger, alteration.situation
    for constraint in parent.constraints.values():
        definition = constraint.definition
        if definition.kind != "foreign key" or definition.references is None:
            continue
        ledger.lock_family(definition.references, SHARE_ROW_EXCLUSIVE, operation.span)
        if not situation.transaction.is_empty(child):
            for relation in situation.stored(definition.references):
                ledger.scan(relation)


def detach(operation: DetachPartition, alteration: Alteration) -> None:
    ledger, situation, child = alteration.ledger, alteration.situation, operation.partition
    default = default_partition(alteration)
    if operation.concurrently:
        if situation.version < 14:
            ledger.fail("DETACH PARTITION CONCURRENTLY needs PostgreSQL 14", "version", operation.span)
        if situation.transaction.open:
            ledger.fail(
                "ALTER TABLE … DETACH CONCURRENTLY cannot run inside a transaction block",
                "transaction",
                operation.span,
            )
        if default is not None:
            ledger.fail(
                "cannot detach partitions concurrently when a default partition exists",
                "unsupported",
                operation.span,
            )
    light = operation.concurrently or operation.finalize
    alteration.lock_alone(SHARE_UPDATE_EXCLUSIVE if light else ACCESS_EXCLUSIVE, operation.span)
    # CONCURRENTLY waits until nobody uses the partition as such, then locks it for an instant.
    ledger.lock_family(child, ACCESS_EXCLUSIVE, operation.span)
    if light:
        return
    if default is not None:
        ledger.lock(default, ACCESS_EXCLUSIVE, operation.span)
    if alteration.table is None:
        ledger.unknown(f"the foreign keys and the default partition of `{operation.relation}`")
        return
    for constraint in alteration.table.constraints.values():
        if constraint.definition.references is not None:
            # The partition keeps the foreign key as its own, with new triggers.
            ledger.lock_family(constraint.definition.references, SHARE_ROW_EXCLUSIVE, operation.span)
    for other, _ in situation.referencing(operation.relation):
        # No row may refer to the partition: they are all looked up.
        ledger.lock_family(other.relation, ACCESS_EXCLUSIVE, operation.span)
        for item in (*situation.stored(other.relation), *situation.stored(child)):
            ledger.scan(item)
        ledger.fail_on_rows(
            other.relation, f"rows of `{other.relation}` refer to rows of `{child}`", operation.span
        )


def default_partition(alteration: Alteration) -> Relation | None:
    """The default partition of the altered table, where one is known."""
    return next(
        (
            item
            for item in alteration.situation.family(alteration.relation)[1:]
            if (table := alteration.situation.table(item)) is not None
            and table.default_partition
            and table.partition_of is not None
        ),
        None,
    )
