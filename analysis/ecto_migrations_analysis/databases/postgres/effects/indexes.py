"""CREATE, DROP and RENAME of indexes, and REINDEX."""

from __future__ import annotations

from ....operations import (
    AttachIndexPartition,
    CreateIndex,
    DropIndex,
    Reindex,
    Relation,
    RenameIndex,
)
from ....schema.state import Table
from ..locks import (
    ACCESS_EXCLUSIVE,
    ACCESS_SHARE,
    SHARE,
    SHARE_UPDATE_EXCLUSIVE,
)
from . import dependents
from .ledger import Ledger
from .pending import refuse_pending
from .references import refuse_unknown_columns
from .situation import Situation


def create_index(operation: CreateIndex, situation: Situation, ledger: Ledger) -> None:
    """SHARE while it is built; CONCURRENTLY reads the table twice under SHARE UPDATE EXCLUSIVE."""
    relation = operation.relation
    table = situation.table(relation)
    if situation.exists(relation) is False:
        ledger.fail(f"relation `{relation}` does not exist", "missing", operation.span)
        return
    view = situation.view(relation)
    if view is not None and not view.materialized:
        ledger.fail(f"cannot create index on relation `{relation}`", "unsupported", operation.span)
        return
    if relation.name is None:
        ledger.unknown("the name of the table")
    if operation.concurrently:
        refuse_in_transaction("CREATE INDEX CONCURRENTLY", operation, situation, ledger)
    _refuse_hash(operation, ledger)
    if not operation.nulls_distinct and situation.version < 15:
        ledger.fail("NULLS NOT DISTINCT needs PostgreSQL 15", "version", operation.span)
    if table is not None:
        _refuse_columns(operation, table, ledger)
        if operation.name is not None and operation.name in table.indexes:
            if not operation.if_not_exists:
                ledger.fail(f"relation `{operation.name}` already exists", "duplicate", operation.span)
            # It is found by name once the table is locked, and nothing is built.
            _lock(operation, situation, ledger)
            return
        _refuse_on_partitioned(operation, table, ledger)
    if operation.if_not_exists and (table is None or not table.complete):
        ledger.unknown(f"whether `{operation.name or '…'}` exists already: then nothing is built")
    refuse_pending("CREATE INDEX", situation.partitions(relation, operation.only), operation.span, ledger)
    _lock(operation, situation, ledger)
    for item in situation.partitions(relation, operation.only):
        ledger.scan(item)
    if operation.unique:
        ledger.fail_on_rows(
            relation, f"rows of `{relation}` have the same key of `{operation.name or '…'}`", operation.span
        )


def _refuse_hash(operation: CreateIndex, ledger: Ledger) -> None:
    """What a hash index cannot be (PostgreSQL documentation, "Hash Indexes")."""
    if operation.method.lower() != "hash":
        return
    for what, asked in (("unique", operation.unique), ("multicolumn", len(operation.elements) > 1)):
        if asked:
            reason = f'access method "hash" does not support {what} indexes'
            ledger.fail(reason, "unsupported", operation.span)


def _lock(operation: CreateIndex, situation: Situation, ledger: Ledger) -> None:
    mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently else SHARE
    ledger.lock_family_of_partitions(operation.relation, mode, operation.span, operation.only)


def _refuse_columns(operation: CreateIndex, table: Table, ledger: Ledger) -> None:
    if not table.complete or table.uncertain:
        return
    names = [item.column for item in operation.elements if item.column is not None]
    for name in [*names, *operation.include]:
        column = table.columns.get(name)
        if column is None:
            ledger.fail(f"column `{name}` does not exist", "missing", operation.span)
        elif column.generated is not None and not column.generated.stored:
            ledger.fail(
                "indexes on virtual generated columns are not supported", "unsupported", operation.span
            )
    for expression in (*(item.expression for item in operation.elements), operation.where):
        if expression is not None:
            refuse_unknown_columns(expression, table.relation, table.columns, operation.span, ledger)


def _refuse_on_partitioned(operation: CreateIndex, table: Table, ledger: Ledger) -> None:
    if table.partition_by is None:
        return
    if operation.concurrently:
        ledger.fail(
            f"cannot create index on partitioned table `{table.relation}` concurrently",
            "unsupported",
            operation.span,
        )
    columns = {item.column for item in operation.elements}
    if operation.unique and operation.complete and not set(table.partition_key) <= columns:
        ledger.fail(
            "a unique constraint on a partitioned table must include all partitioning columns",
            "unsupported",
            operation.span,
        )


def refuse_in_transaction(
    command: str, operation: CreateIndex | DropIndex | Reindex, situation: Situation, ledger: Ledger
) -> None:
    if situation.transaction.open:
        ledger.fail(f"{command} cannot run inside a transaction block", "transaction", operation.span)


def drop_index(operation: DropIndex, situation: Situation, ledger: Ledger) -> None:
    """Its table is locked too: ACCESS EXCLUSIVE, or with CONCURRENTLY SHARE UPDATE EXCLUSIVE."""
    name = operation.name.name
    if operation.concurrently:
        refuse_in_transaction("DROP INDEX CONCURRENTLY", operation, situation, ledger)
        if operation.cascade:
            ledger.fail("DROP INDEX CONCURRENTLY does not support CASCADE", "unsupported", operation.span)
    owner = situation.owner_of_index(operation.name)
    if owner is None and situation.schema.complete and name is not None:
        if not operation.if_exists:
            ledger.fail(f"index `{name}` does not exist", "missing", operation.span)
        return
    mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently else ACCESS_EXCLUSIVE
    if owner is None:
        # The DSL names the table, which the database finds by the index.
        owner = operation.relation
        if owner is None:
            ledger.unknown(f"which table `{name or '…'}` belongs to: it is locked {mode}")
            return
        if operation.if_exists:
            ledger.unknown(f"whether `{name or '…'}` exists: else nothing happens")
        ledger.lock(owner, mode, operation.span)
        return
    table = situation.table(owner)
    index = table.indexes.get(name) if table is not None and name is not None else None
    if index is not None and index.constraint is not None:
        ledger.fail(
            f"cannot drop index `{name}`: constraint `{index.constraint}` of `{owner}` requires it",
            "dependents",
            operation.span,
        )
    if index is not None and index.attached_to is not None:
        ledger.fail(
            f"cannot drop index `{name}`: index `{index.attached_to}` requires it",
            "dependents",
            operation.span,
        )
    if operation.concurrently and table is not None and table.partition_by is not None:
        ledger.fail(f"cannot drop partitioned index `{name}` concurrently", "unsupported", operation.span)
    _refuse_used_key(operation, owner, situation, ledger)
    _lock_indexed(owner, name, mode, operation, situation, ledger)


def _lock_indexed(
    owner: Relation,
    name: str | None,
    mode: str,
    operation: DropIndex,
    situation: Situation,
    ledger: Ledger,
) -> None:
    """The table, and the partitions that have a part of the index."""
    ledger.lock(owner, mode, operation.span)
    for item in situation.family(owner)[1:]:
        table = situation.table(item)
        if table is not None and any(index.attached_to is not None for index in table.indexes.values()):
            ledger.lock(item, mode, operation.span)


def _refuse_used_key(operation: DropIndex, owner: Relation, situation: Situation, ledger: Ledger) -> None:
    """Foreign keys can rely on a unique index that is no constraint."""
    table = situation.table(owner)
    index = table.indexes.get(operation.name.name or "") if table is not None else None
    if table is None or index is None or not index.definition.unique or index.constraint is not None:
        return
    columns = {item.column for item in index.definition.elements}
    others = [
        other.definition
        for other in table.indexes.values()
        if other is not index and other.definition.unique and other.definition.where is None
    ]
    if any({item.column for item in other.elements} == columns for other in others):
        return
    relying = [
        (child, constraint)
        for child, constraint in situation.schema.referencing(owner)
        if set(constraint.definition.referenced_columns or table.primary_key) == columns
    ]
    if operation.cascade:
        for child, _ in relying:
            ledger.lock_family(child.relation, ACCESS_EXCLUSIVE, operation.span)
    elif relying:
        names = [
            f"the foreign key `{constraint.name}` of `{child.relation}`" for child, constraint in relying
        ]
        ledger.fail(
            f"cannot drop index `{operation.name}`: {dependents.listed(names)} depends on it",
            "dependents",
            operation.span,
        )


def rename_index(operation: RenameIndex, situation: Situation, ledger: Ledger) -> None:
    """SHARE UPDATE EXCLUSIVE on the index alone (since PostgreSQL 12)."""
    owner = situation.owner_of_index(operation.name)
    if operation.if_exists:
        return
    if owner is None and situation.schema.complete and operation.name.name is not None:
        ledger.fail(f"relation `{operation.name}` does not exist", "missing", operation.span)


def attach_index(operation: AttachIndexPartition, situation: Situation, ledger: Ledger) -> None:
    """The partition's index is locked ACCESS EXCLUSIVE, which every query on the partition meets."""
    for name, mode in ((operation.name, SHARE_UPDATE_EXCLUSIVE), (operation.child, ACCESS_EXCLUSIVE)):
        owner = situation.owner_of_index(name)
        if owner is None:
            if situation.schema.complete:
                ledger.fail(f"index `{name}` does not exist", "missing", operation.span)
            else:
                ledger.unknown(f"which table `{name}` belongs to")
            continue
        ledger.lock(owner, ACCESS_SHARE, operation.span)
        ledger.wait(owner, mode, str(name.name), operation.span)


def reindex(operation: Reindex, situation: Situation, ledger: Ledger) -> None:
    """SHARE on the table, ACCESS EXCLUSIVE on each index while it is built."""
    if operation.concurrently:
        refuse_in_transaction("REINDEX CONCURRENTLY", operation, situation, ledger)
    elif operation.kind in ("schema", "database", "system"):
        refuse_in_transaction(f"REINDEX {operation.kind.upper()}", operation, situation, ledger)
    if operation.kind == "index":
        _reindex_index(operation, situation, ledger)
    elif operation.kind == "table":
        _reindex_table(operation.name, operation, situation, ledger)
    elif operation.kind == "system":
        return
    else:
        ledger.unknown("which tables there are: all of them are reindexed, one after the other")
        for relation in situation.schema.tables:
            if operation.kind == "database" or relation.schema == _schema_of(operation.name):
                _reindex_table(relation, operation, situation, ledger)


def _schema_of(name: Relation) -> str | None:
    return None if name.name == "public" else name.name


def _reindex_index(operation: Reindex, situation: Situation, ledger: Ledger) -> None:
    name = operation.name.name
    owner = situation.owner_of_index(operation.name)
    if owner is None:
        if situation.schema.complete and name is not None:
            ledger.fail(f"index `{operation.name}` does not exist", "missing", operation.span)
        else:
            ledger.unknown(
                f"which table `{name or '…'}` belongs to: writing to it waits, and reading by the index"
            )
        return
    if situation.is_partitioned(owner):
        refuse_in_transaction("REINDEX INDEX", operation, situation, ledger)
    for item in situation.partitions(owner):
        table = situation.table(item)
        indexes = list(table.indexes) if table is not None else []
        if item != owner:
            indexes = [key for key in indexes if table is not None and table.indexes[key].attached_to == name]
        else:
            indexes = [name] if name is not None else []
        _rebuild(item, indexes, operation, ledger)


def _reindex_table(relation: Relation, operation: Reindex, situation: Situation, ledger: Ledger) -> None:
    if situation.exists(relation) is False:
        ledger.fail(f"relation `{relation}` does not exist", "missing", operation.span)
        return
    if situation.is_partitioned(relation) and operation.kind == "table":
        refuse_in_transaction("REINDEX TABLE", operation, situation, ledger)
    table = situation.table(relation)
    if table is None or not table.complete:
        ledger.unknown(f"which indexes `{relation}` has")
    for item in situation.partitions(relation):
        known = situation.table(item)
        _rebuild(item, list(known.indexes) if known is not None else [], operation, ledger)


def _rebuild(relation: Relation, indexes: list[str], operation: Reindex, ledger: Ledger) -> None:
    ledger.lock(relation, SHARE_UPDATE_EXCLUSIVE if operation.concurrently else SHARE, operation.span)
    ledger.rebuild(relation, indexes)
    if indexes:
        ledger.scan(relation)
    if not operation.concurrently:
        for name in indexes:
            ledger.wait(relation, ACCESS_EXCLUSIVE, name, operation.span)
