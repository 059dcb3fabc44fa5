"""Trigger events that wait for the commit: foreign keys and unique constraints that are checked late.

`ALTER TABLE`, `CREATE INDEX`, `DROP TABLE`, `TRUNCATE` and `CLUSTER` refuse a table that has some
(`CheckTableNotInUse` in tablecmds.c: "because it has pending trigger events"); RENAME and SET SCHEMA do not.
"""

from __future__ import annotations

from ...operations import ConstraintDefinition, Delete, Insert, Update
from ...schema.state import Schema, Table


def deferred_events(
    operation: Insert | Update | Delete, schema: Schema, deferred: frozenset[str] | None
) -> frozenset[str]:
    """The names of the constraints whose checks are pending after the statement, if it changed a row.

    `deferred`: names of the constraints that SET CONSTRAINTS deferred, None for all.
    """
    table = schema.table(operation.relation)
    if table is None:
        return frozenset()
    own = [constraint.definition for constraint in table.constraints.values()]
    others = [constraint.definition for _, constraint in schema.referencing(table.relation)]
    pending = [each for each in own if _queued_by_child(operation, each)]
    pending += [each for each in others if _queued_by_parent(operation, each, table)]
    return frozenset(each.name for each in pending if is_late(each, deferred) and each.name is not None)


def certainly_changes_rows(operation: Insert | Update | Delete) -> bool:
    """Whether the statement changes a row of any table that has some."""
    if isinstance(operation, Insert):
        return operation.rows is not None
    return operation.restricted is False


def is_late(constraint: ConstraintDefinition, deferred: frozenset[str] | None) -> bool:
    """Whether the constraint is checked at the commit; `deferred` as in `deferred_events`."""
    if not constraint.deferrable or not constraint.enforced:
        return False
    return constraint.initially_deferred or deferred is None or constraint.name in deferred


def _queued_by_child(operation: Insert | Update | Delete, constraint: ConstraintDefinition) -> bool:
    """Whether the row's own reference is to be checked.

    A new row is queued even where it refers to nothing; an updated one only where the reference changed
    (`RI_FKey_fk_upd_check_required`). A late unique check is queued only for a row that meets an equal one.
    """
    if constraint.kind != "foreign key" or isinstance(operation, Delete):
        return False
    return isinstance(operation, Insert) or bool(set(constraint.columns) & set(operation.columns))


def _queued_by_parent(
    operation: Insert | Update | Delete, constraint: ConstraintDefinition, table: Table
) -> bool:
    """Whether rows that others may refer to go away or change their key.

    Only NO ACTION can be late; RESTRICT, CASCADE and SET NULL run at once.
    """
    if isinstance(operation, Insert):
        return False
    if isinstance(operation, Delete):
        return _is_no_action(constraint.on_delete)
    key = constraint.referenced_columns or table.primary_key
    return _is_no_action(constraint.on_update) and bool(set(key) & set(operation.columns))


def _is_no_action(action: str | None) -> bool:
    return action is None or action.lower() == "no action"
