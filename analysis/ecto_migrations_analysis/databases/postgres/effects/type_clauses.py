"""ALTER COLUMN … TYPE: what changing the type drags along, even where the type stays the same."""

from __future__ import annotations

import re

from ....operations import AlterColumnType, ConstraintDefinition, DataType, Relation
from ....schema.identifiers import mentions
from ....schema.state import Column, ConstraintState, IndexState, Table
from ...effects import TypeChangeCost
from ..locks import ACCESS_EXCLUSIVE
from ..types import TypeChange, parse_type, type_change
from . import dependents
from .alteration import REFERENCING, Alteration
from .column_clauses import schema_object
from .comparable import comparable


def alter_type(operation: AlterColumnType, alteration: Alteration) -> None:
    """The table is rewritten where the bytes change; constraints and indexes are made again in any case."""
    ledger, table = alteration.ledger, alteration.table
    alteration.lock(ACCESS_EXCLUSIVE, operation.span)
    name = operation.column
    column = alteration.column(name)
    if column is None and alteration.known and name is not None and name not in alteration.added:
        ledger.fail(f"column `{name}` of `{operation.relation}` does not exist", "missing", operation.span)
        return
    if table is not None and name is not None:
        _refuse(operation, name, table, alteration)
    old = _old_type(operation, column)
    if old is None:
        ledger.unknown(
            f"the present type of `{operation.relation}.{name or '…'}`: another one may rewrite the table"
        )
        change = None
    else:
        change = _change(operation, old, column, alteration)
        _take_down(operation, old, column, change, alteration)
    if table is None or name is None:
        _state_cost(operation, change, [], alteration)
        ledger.unknown(f"the constraints and indexes of `{operation.relation}.{name or '…'}`")
        return
    if not table.complete:
        ledger.unknown(f"all constraints and indexes of `{operation.relation}`")
    rebuilt = _rebuild_indexes(name, table, change, alteration)
    _state_cost(operation, change, rebuilt, alteration)
    _verify_checks(name, alteration)
    _renew_foreign_keys(operation, name, change, alteration)


def _state_cost(
    operation: AlterColumnType, change: TypeChange | None, rebuilt: list[str], alteration: Alteration
) -> None:
    if change is None or change.possible is False or not (change.rewrites_table or rebuilt):
        return
    certain = change.certain or _computes(operation)
    cost = TypeChangeCost(operation.span, change.rewrites_table, tuple(rebuilt), certain, change.reason)
    alteration.ledger.change_type(operation.relation, cost)


def _old_type(operation: AlterColumnType, column: Column | None) -> DataType | None:
    """The type of the history, else the one that `from:` states; None where neither tells."""
    if column is not None and column.type.name is not None and not column.uncertain:
        return column.type
    stated = operation.stated_from
    return stated if stated is not None and stated.name is not None else None


def _change(
    operation: AlterColumnType, old: DataType, column: Column | None, alteration: Alteration
) -> TypeChange:
    schema = alteration.situation.schema
    collated = operation.collation if column is None or operation.collation != column.collation else None
    # Without COLLATE the column gets the type's own collation (documentation of ALTER TABLE).
    loses_collation = operation.collation is None and column is not None and column.collation is not None
    return type_change(
        old,
        operation.type,
        using=operation.using is not None,
        collation_changed=collated is not None or loses_collation,
        time_zone_utc=_session_is_utc(alteration),
        version=alteration.situation.version,
        plain_cast=_is_plain_cast(operation),
        old_is_enum=schema_object(schema.enums, old) is not None,
        new_is_enum=schema_object(schema.enums, operation.type) is not None,
    )


# Zones that never differ from UTC (`TimestampTimestampTzRequiresRewrite` asks for an offset of zero).
_UTC = frozenset(
    [
        "utc",
        "etc/utc",
        "uct",
        "etc/uct",
        "gmt",
        "etc/gmt",
        "gmt0",
        "etc/gmt0",
        "greenwich",
        "universal",
        "zulu",
    ]
)


def _session_is_utc(alteration: Alteration) -> bool | None:
    zone = alteration.situation.transaction.parameters.get("timezone")
    return None if zone is None else zone.lower() in _UTC


# A column that is cast to other types, one after the other.
_CASTS = re.compile(
    r"[\s(]*\"?(?P<column>[\w$]+)\"?[\s)]*(?:::\s*\"?[\w$. ]+\"?(?:\([\d,\s]*\))?[\s)]*)+", re.S
)
_CAST = re.compile(r"\s*\(?\s*\"?(?P<column>[\w$]+)\"?\s*\)?\s*(?:::\s*(?P<type>.+?)\s*)?", re.S)


def _is_plain_cast(operation: AlterColumnType) -> bool:
    """Whether USING is only the column, or the column cast to the new type."""
    if operation.using is None or operation.using.sql is None:
        return False
    found = _CAST.fullmatch(operation.using.sql)
    if found is None or found["column"].lower() != (operation.column or "").lower():
        return False
    return found["type"] is None or parse_type(found["type"]) == operation.type


def _computes(operation: AlterColumnType) -> bool:
    """Whether USING makes new values: casts alone may keep the bytes."""
    using = operation.using
    if using is None or using.sql is None or _is_plain_cast(operation):
        return False
    return _CASTS.fullmatch(using.sql) is None and not using.sql.strip().lower().startswith("cast")


def _take_down(
    operation: AlterColumnType,
    old: DataType,
    column: Column | None,
    change: TypeChange,
    alteration: Alteration,
) -> None:
    ledger = alteration.ledger
    name = f"`{operation.relation}.{operation.column or '…'}`"
    if operation.type.name is None:
        ledger.unknown(f"the new type of {name}")
        return
    if change.possible is False:
        ledger.fail(f"{name} cannot be cast automatically: {change.reason}", "unsupported", operation.span)
        return
    if change.possible is None and operation.using is None:
        ledger.unknown(f"whether {old} can be cast to {operation.type}")
    if not change.certain and not _computes(operation):
        ledger.unknown(change.reason)
    if change.rewrites_table:
        alteration.rewrite()
    if change.may_not_fit:
        ledger.fail_on_rows(
            operation.relation, f"a value of {name} does not fit {operation.type}", operation.span
        )
    if old != operation.type or (column is not None and column.collation != operation.collation):
        for relation in alteration.situation.family(operation.relation, operation.only):
            ledger.invalidate_plans(relation)
    _cast_default(operation, old, column, alteration)


def _cast_default(
    operation: AlterColumnType, old: DataType, column: Column | None, alteration: Alteration
) -> None:
    """The default is converted without the help of USING, so that it may have no cast."""
    if column is None or column.default is None or column.name in alteration.dropped_defaults:
        return
    change = type_change(
        old,
        operation.type,
        old_is_enum=schema_object(alteration.situation.schema.enums, old) is not None,
        new_is_enum=schema_object(alteration.situation.schema.enums, operation.type) is not None,
    )
    if operation.using is not None and change.possible is False:
        alteration.ledger.fail(
            f"the default of `{operation.relation}.{column.name}` cannot be cast automatically to"
            f" {operation.type}",
            "unsupported",
            operation.span,
        )


def _refuse(operation: AlterColumnType, name: str, table: Table, alteration: Alteration) -> None:
    ledger = alteration.ledger
    found = dependents.of_column(alteration.situation, table, name)
    if found.certain:
        ledger.fail(
            f"cannot alter the type of `{operation.relation}.{name}`, used by"
            f" {dependents.listed(found.certain)}",
            "dependents",
            operation.span,
        )
    for doubt in found.doubtful:
        ledger.unknown(f"whether {doubt} uses `{operation.relation}.{name}`")
    if name in table.partition_key:
        ledger.fail(f"column `{name}` is part of the partition key", "unsupported", operation.span)
    if table.partition_of is not None:
        ledger.fail(f"cannot alter the inherited column `{name}`", "unsupported", operation.span)


def _rebuild_indexes(name: str, table: Table, change: TypeChange | None, alteration: Alteration) -> list[str]:
    """Indexes on the column are made again; their storage is kept where nothing of it can differ.

    `CheckIndexCompatible` (indexcmds.c) gives up on an index with an expression or a predicate, and compares
    the columns of the key, not those of INCLUDE.
    """
    rebuilt = []
    for index in table.indexes.values():
        if index.constraint is not None and index.constraint in alteration.dropped_constraints:
            continue
        in_key, mentioned, computed = _place_in(index, name, table)
        if mentioned and (computed or (in_key and change is not None and change.rebuilds_indexes)):
            rebuilt.append(index.name)
    if rebuilt:
        alteration.rebuild(rebuilt)
    return rebuilt


def _place_in(index: IndexState, name: str, table: Table) -> tuple[bool, bool, bool]:
    """Whether the column is in the index's key, whether the index uses it at all, and whether it computes."""
    definition = index.definition
    in_key = any(name == item.column for item in definition.elements)
    texts = [item.expression.sql for item in definition.elements if item.expression is not None]
    if definition.where is not None:
        texts.append(definition.where.sql)
    constraint = table.constraints.get(index.constraint or "")
    if constraint is not None and constraint.definition.kind == "exclusion":
        texts += _computed_by(constraint.definition, table)
    mentioned = in_key or name in definition.include or any(mentions(text, name) for text in texts)
    return in_key, mentioned, bool(texts)


def _computed_by(exclusion: ConstraintDefinition, table: Table) -> list[str | None]:
    """The text of EXCLUDE where it has more than plain columns: an expression or a condition."""
    text = exclusion.expression.sql if exclusion.expression is not None else None
    others = [column for column in table.columns if column not in exclusion.columns]
    computes = text is None or any(mentions(text, other) for other in others) or _WHERE.search(text)
    return [text] if computes else []


_WHERE = re.compile(r"\bwhere\b", re.I)


def _verify_checks(name: str, alteration: Alteration) -> None:
    """A CHECK on the column is added again, and verified unless it was NOT VALID."""
    for constraint in alteration.constraints("check"):
        definition = constraint.definition
        if not definition.validated or not definition.enforced or definition.expression is None:
            continue
        if name in definition.columns or mentions(definition.expression.sql, name):
            alteration.read()


def _renew_foreign_keys(
    operation: AlterColumnType, name: str, change: TypeChange | None, alteration: Alteration
) -> None:
    """Foreign keys from and to the column are dropped and added again (`ATPostAlterTypeCleanup`).

    Dropping one takes ACCESS EXCLUSIVE on the table at its other end. It is validated again where the
    altered table is rewritten, or the values are compared by other operators.
    """
    for constraint in alteration.constraints("foreign key"):
        definition = constraint.definition
        if name not in definition.columns:
            continue
        alteration.lock_formerly_referenced(definition.references, operation.span)
        alteration.lock_referenced(definition.references, REFERENCING, operation.span)
        _compare(operation, constraint, operation.type, _key_type(constraint, name, alteration), alteration)
        if definition.validated and definition.enforced and _is_looked_up(change):
            alteration.validate(definition)
    for child, constraint in alteration.situation.referencing(operation.relation):
        definition = constraint.definition
        key = definition.referenced_columns or alteration.primary_key()
        if name not in key:
            continue
        alteration.ledger.lock_family(child.relation, ACCESS_EXCLUSIVE, operation.span)
        referring = dict(zip(key, definition.columns, strict=False)).get(name)
        column = child.columns.get(referring) if referring is not None else None
        _compare(operation, constraint, column.type if column else None, operation.type, alteration)
        if definition.validated and definition.enforced and _is_looked_up(change):
            alteration.validate_referencing(child.relation)


def _is_looked_up(change: TypeChange | None) -> bool:
    return change is not None and (change.rewrites_table or change.rebuilds_indexes)


def _key_type(constraint: ConstraintState, name: str, alteration: Alteration) -> DataType | None:
    """The type of the column that `name` refers to."""
    definition = constraint.definition
    parent = alteration.situation.table(definition.references or Relation(None))
    if parent is None:
        return None
    key = definition.referenced_columns or parent.primary_key
    referenced = dict(zip(definition.columns, key, strict=False)).get(name)
    column = parent.columns.get(referenced) if referenced is not None else None
    return column.type if column else None


def _compare(
    operation: AlterColumnType,
    constraint: ConstraintState,
    referring: DataType | None,
    referenced: DataType | None,
    alteration: Alteration,
) -> None:
    if referring is not None and referenced is not None and comparable(referring, referenced) is False:
        alteration.ledger.fail(
            f"foreign key constraint `{constraint.name}` cannot be implemented:"
            f" {referring} and {referenced} have no common equality",
            "unsupported",
            operation.span,
        )
