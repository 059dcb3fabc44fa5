"""VACUUM, ANALYZE and CLUSTER."""

from __future__ import annotations

from ....operations import Maintenance, Relation
from ..locks import ACCESS_EXCLUSIVE, ACCESS_SHARE, SHARE_UPDATE_EXCLUSIVE
from .ledger import Ledger
from .pending import refuse_pending
from .situation import Situation


def maintain(operation: Maintenance, situation: Situation, ledger: Ledger) -> None:
    """VACUUM FULL and CLUSTER write the table anew; ANALYZE reads a sample, VACUUM what has changed."""
    command = operation.command
    everything = not operation.relations
    if situation.transaction.open:
        if command.startswith("vacuum"):
            ledger.fail("VACUUM cannot run inside a transaction block", "transaction", operation.span)
        elif command == "cluster" and everything:
            ledger.fail("CLUSTER cannot run inside a transaction block", "transaction", operation.span)
    if everything:
        # CLUSTER without a table: only those that were clustered before.
        ledger.unknown(f"which tables there are: {command.upper()} goes through all of them")
        if command == "cluster":
            return
    relations = operation.relations or tuple(situation.schema.tables)
    for relation in relations:
        if situation.exists(relation) is False:
            ledger.fail(f"relation `{relation}` does not exist", "missing", operation.span)
            continue
        if command == "cluster" and situation.is_partitioned(relation):
            if situation.version < 15:
                ledger.fail("CLUSTER of partitioned tables needs PostgreSQL 15", "version", operation.span)
            elif situation.transaction.open:
                ledger.fail("CLUSTER cannot run inside a transaction block", "transaction", operation.span)
        _maintain(relation, operation, situation, ledger)


def _maintain(relation: Relation, operation: Maintenance, situation: Situation, ledger: Ledger) -> None:
    full = operation.command in ("vacuum full", "cluster")
    mode = ACCESS_EXCLUSIVE if full else SHARE_UPDATE_EXCLUSIVE
    if operation.command == "cluster":
        refuse_pending("CLUSTER", [relation], operation.span, ledger)
    if operation.command != "cluster" and situation.version >= 18:
        # Since PostgreSQL 18 heirs are treated as partitions are.
        ledger.lock_family(relation, mode, operation.span)
        treated = situation.stored(relation)
    else:
        ledger.lock_family_of_partitions(relation, mode, operation.span)
        treated = situation.partitions(relation)
    if operation.command == "analyze":
        # Rows of the whole family are sampled for its statistics.
        ledger.lock_family(relation, ACCESS_SHARE, operation.span)
    if not full:
        return
    if situation.table(relation) is None:
        ledger.unknown(f"which indexes `{relation}` has: all of them are rebuilt")
    for item in treated:
        table = situation.table(item)
        ledger.rewrite(item)
        ledger.scan(item)
        ledger.rebuild(item, table.indexes if table is not None else ())
