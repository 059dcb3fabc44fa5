"""The clauses of ALTER TABLE that set how a column or table is kept.

Their locks are those of `AlterTableGetLockLevel` in tablecmds.c.
"""

from __future__ import annotations

from ....operations import ColumnSetting, Relation, TableSetting
from ..locks import (
    ACCESS_EXCLUSIVE,
    ACCESS_SHARE,
    SHARE_ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
)
from .alteration import Alteration

_COLUMN_LOCKS = {
    "set statistics": SHARE_UPDATE_EXCLUSIVE,
    "set": SHARE_UPDATE_EXCLUSIVE,
    "reset": SHARE_UPDATE_EXCLUSIVE,
}
# Those that do not go on to partitions and heirs.
_COLUMN_ALONE = frozenset({"set", "reset", "set compression", "set identity", "drop identity", "options"})

_TABLE_LOCKS = {
    "cluster on": SHARE_UPDATE_EXCLUSIVE,
    "set without cluster": SHARE_UPDATE_EXCLUSIVE,
    "enable trigger": SHARE_ROW_EXCLUSIVE,
    "enable always trigger": SHARE_ROW_EXCLUSIVE,
    "enable replica trigger": SHARE_ROW_EXCLUSIVE,
    "disable trigger": SHARE_ROW_EXCLUSIVE,
}
_TRIGGERS = frozenset(clause for clause in _TABLE_LOCKS if clause.endswith("trigger"))

# Storage parameters that need no more than SHARE UPDATE EXCLUSIVE (reloptions.c); those of TOAST tables and
# of autovacuum are recognized by their beginning.
_LIGHT_PARAMETERS = frozenset(
    {"fillfactor", "parallel_workers", "toast_tuple_target", "log_autovacuum_min_duration"}
    | {"vacuum_index_cleanup", "vacuum_truncate", "vacuum_max_eager_freeze_failure_rate"}
)


def column_setting(operation: ColumnSetting, alteration: Alteration) -> None:
    mode = _COLUMN_LOCKS.get(operation.clause, ACCESS_EXCLUSIVE)
    lock = alteration.lock_alone if operation.clause in _COLUMN_ALONE else alteration.lock
    if "identity" in operation.clause and alteration.situation.version >= 17:
        lock = alteration.lock_with_partitions
    if operation.clause == "set compression" and alteration.situation.version < 14:
        alteration.ledger.fail("SET COMPRESSION needs PostgreSQL 14", "version", operation.span)
    lock(mode, operation.span)
    if operation.column is not None and alteration.known and operation.column not in alteration.added:
        column = alteration.column(operation.column)
        if column is None:
            alteration.ledger.fail(
                f"column `{operation.column}` of `{operation.relation}` does not exist",
                "missing",
                operation.span,
            )
        elif "identity" in operation.clause and column.identity is None and not column.uncertain:
            alteration.ledger.fail(
                f"column `{operation.column}` of `{operation.relation}` is not an identity column",
                "unsupported",
                operation.span,
            )


def table_setting(operation: TableSetting, alteration: Alteration) -> None:
    clause = operation.clause
    mode = _TABLE_LOCKS.get(clause, ACCESS_EXCLUSIVE)
    if clause in ("set", "reset"):
        mode = SHARE_UPDATE_EXCLUSIVE if _are_light(operation.parameters) else ACCESS_EXCLUSIVE
    if clause in _TRIGGERS:
        alteration.lock_with_partitions(mode, operation.span)
    else:
        alteration.lock_alone(mode, operation.span)
    if clause in _SPECIAL:
        _SPECIAL[clause](operation, alteration)


def _are_light(parameters: tuple[str, ...]) -> bool:
    return all(name in _LIGHT_PARAMETERS or name.startswith(("autovacuum_", "toast.")) for name in parameters)


def _change_persistence(operation: TableSetting, alteration: Alteration) -> None:
    """SET LOGGED and SET UNLOGGED write the table anew, unless it is so already."""
    table = alteration.table
    unlogged = operation.clause == "set unlogged"
    if table is None:
        alteration.ledger.unknown(f"whether `{operation.relation}` is unlogged already")
    elif table.unlogged == unlogged:
        return
    alteration.rewrite(alone=True)
    if not unlogged:
        return
    for child, constraint in alteration.situation.referencing(operation.relation):
        if not child.unlogged:
            alteration.ledger.fail(
                f"`{operation.relation}` cannot become unlogged: the logged table `{child.relation}` refers"
                f" to it (`{constraint.name}`)",
                "dependents",
                operation.span,
            )


def _move(operation: TableSetting, alteration: Alteration) -> None:
    """SET TABLESPACE copies the table's files, not its indexes'."""
    if operation.subject == "pg_default":
        # Where tables are unless somebody says otherwise.
        return
    alteration.ledger.unknown(f"whether `{operation.relation}` is in the tablespace already")
    for relation in alteration.situation.stored(operation.relation, only=True):
        alteration.ledger.rewrite(relation)


def _change_access_method(operation: TableSetting, alteration: Alteration) -> None:
    if alteration.situation.version < 15:
        alteration.ledger.fail("SET ACCESS METHOD needs PostgreSQL 15", "version", operation.span)
    if operation.subject != "heap":
        alteration.rewrite(alone=True)


def _inherit(operation: TableSetting, alteration: Alteration) -> None:
    parent = _named(operation.subject)
    if parent is None:
        alteration.ledger.unknown("which table it inherits from")
    else:
        adding = operation.clause == "inherit"
        alteration.ledger.lock(parent, SHARE_UPDATE_EXCLUSIVE if adding else ACCESS_SHARE, operation.span)


def _named(subject: str | None) -> Relation | None:
    if subject is None:
        return None
    schema, dot, name = subject.rpartition(".")
    return Relation(name, schema if dot else None)


_SPECIAL = {
    "set logged": _change_persistence,
    "set unlogged": _change_persistence,
    "set tablespace": _move,
    "set access method": _change_access_method,
    "inherit": _inherit,
    "no inherit": _inherit,
}
