"""Sequences: tables whose columns take their default from one wait for its locks."""

from __future__ import annotations

from ....operations import Relation, RenameObject
from ....schema.state import Schema
from ..locks import ACCESS_SHARE
from .ledger import Ledger
from .situation import Situation


def sequence_owner(name: Relation, situation: Situation) -> tuple[Relation, str] | None:
    """The table and column that take their numbers from the sequence; None where none is known."""
    if name.name is None:
        return None
    for relation, table in situation.schema.tables.items():
        if name.schema is not None and Schema.key(name).schema != relation.schema:
            continue
        for column in table.columns.values():
            default = (column.default.sql or "") if column.default is not None else ""
            if column.identity is not None and f"{relation.name}_{column.name}_seq" == name.name:
                return relation, column.name
            if "nextval" in default.lower() and _mentions(default, name.name):
                return relation, column.name
    return None


def _mentions(default: str, name: str) -> bool:
    text = default.partition("'")[2].partition("'")[0].replace('"', "")
    return text == name or text.endswith(f".{name}")


def alter_sequence(operation: RenameObject, situation: Situation, ledger: Ledger) -> None:
    """It is locked SHARE ROW EXCLUSIVE (ACCESS EXCLUSIVE for RENAME, OWNER, SET SCHEMA and their like)."""
    if operation.relation is not None:
        ledger.lock(operation.relation, ACCESS_SHARE, operation.span)
    owner = sequence_owner(operation.name, situation)
    if owner is None:
        if not situation.schema.complete:
            ledger.unknown(f"which table takes its numbers from `{operation.name}`: new rows wait")
    else:
        ledger.wait_for_sequence(owner[0], str(operation.name.name), operation.span)
