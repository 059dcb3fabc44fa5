"""The clauses of ALTER TABLE about columns, except their type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ....operations import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    ColumnDefinition,
    DataType,
    DropColumn,
    DropDefault,
    DropExpression,
    DropNotNull,
    Expression,
    Relation,
    SetDefault,
    SetExpression,
    SetNotNull,
)
from ....operations.tables import ColumnOperation
from ....schema.state import Column, Schema
from ..casts import BUILT_IN, base
from ..locks import ACCESS_EXCLUSIVE
from . import dependents
from .alteration import Alteration

Value = TypeVar("Value")

# Types of well-known extensions that are no domains: nothing is checked for a column that has no value.
_EXTENSION_TYPES = frozenset(
    {"citext", "hstore", "ltree", "lquery", "ltxtquery", "cube", "seg", "semver", "roaringbitmap"}
    | {"isbn", "isbn13", "ean13", "issn", "ismn", "upc", "vector", "halfvec", "sparsevec"}
    | {"geometry", "geography", "box2d", "box3d", "raster"}
)


def add_column(operation: AddColumn, alteration: Alteration) -> None:
    """Instant, unless each existing row needs a value of its own (documentation of ALTER TABLE, Notes)."""
    ledger, column = alteration.ledger, operation.column
    alteration.lock(ACCESS_EXCLUSIVE, operation.span)
    if alteration.stays(column.name):
        if not operation.if_not_exists:
            ledger.fail(f"column `{column.name}` of `{operation.relation}` exists", "duplicate", column.span)
        return
    if operation.if_not_exists and not alteration.known:
        ledger.unknown(f"whether `{operation.relation}` has the column `{column.name or '…'}` already")
    if column.generated is not None and not column.generated.stored and alteration.situation.version < 18:
        ledger.fail("virtual generated columns need PostgreSQL 18", "version", column.span)
    _refuse_partition(operation, alteration)
    computed = _computes_each_row(column, alteration)
    if computed:
        alteration.rewrite()
    if column.not_null and not computed and is_null(column.default):
        alteration.read()
        ledger.fail_on_rows(
            operation.relation,
            f"column `{column.name or '…'}` of `{operation.relation}` contains null values",
            column.not_null_span,
            every=True,
        )


def _refuse_partition(operation: AddColumn, alteration: Alteration) -> None:
    table = alteration.table
    if table is not None and table.partition_of is not None:
        alteration.ledger.fail("cannot add column to a partition", "unsupported", operation.span)
    if len(alteration.situation.family(operation.relation)) == 1:
        return
    if operation.only:
        alteration.ledger.fail("column must be added to child tables too", "unsupported", operation.span)
    if operation.column.identity is not None and not (table and table.partition_by):
        reason = "cannot recursively add identity column to table that has child tables"
        alteration.ledger.fail(reason, "unsupported", operation.span)
    elif operation.column.identity is not None and alteration.situation.version < 17:
        reason = "identity columns of partitioned tables need PostgreSQL 17"
        alteration.ledger.fail(reason, "version", operation.span)


def is_null(default: Expression | None) -> bool:
    """Whether a column with this default is NULL in the rows that are there."""
    return default is None or (default.sql or "").strip().lower() == "null"


def _computes_each_row(column: ColumnDefinition, alteration: Alteration) -> bool:
    """Whether each existing row gets a value that must be written into it."""
    if column.identity is not None or column.type.serial:
        return True
    if column.generated is not None:
        return column.generated.stored
    if alteration.situation.version < 11 and not is_null(column.default):
        # Release notes of PostgreSQL 11: only from there on is a constant stored once.
        return True
    return _domain_is_checked(column.type, alteration) or _default_is_volatile(column.default, alteration)


def _default_is_volatile(default: Expression | None, alteration: Alteration) -> bool:
    if default is None or default.literal or is_null(default):
        return False
    if default.sql is None:
        alteration.ledger.unknown("what the default is: a volatile one rewrites the table")
        return False
    from ....sql.expressions import volatility

    found = volatility(default, alteration.situation.schema.functions)
    if found == "unknown":
        # A function is volatile unless it says otherwise (documentation of CREATE FUNCTION).
        alteration.ledger.unknown(f"whether `{default.sql}` is volatile: only then it rewrites the table")
        return True
    return found == "volatile"


def _domain_is_checked(item: DataType, alteration: Alteration) -> bool:
    """Whether the type is a domain with constraints: PostgreSQL then checks every row, though it is NULL."""
    if item.name is None:
        alteration.ledger.unknown("the type of the new column")
        return False
    if item.dimensions or base(item.name) in BUILT_IN or item.name in _EXTENSION_TYPES:
        return False
    situation = alteration.situation
    found = schema_object(situation.schema.domains, item)
    if found is not None:
        return found.constrained
    if schema_object(situation.schema.enums, item) is None and not situation.schema.complete:
        alteration.ledger.unknown(f"what type `{item}` is: a domain with constraints rewrites the table")
    return False


def schema_object(items: Mapping[Relation, Value], item: DataType) -> Value | None:
    """The type of that name among the domains or enums of the schema."""
    return items.get(Schema.key(Relation(item.name, item.schema)))


def drop_column(operation: DropColumn, alteration: Alteration) -> None:
    """Instant; indexes and constraints with the column go with it."""
    ledger, situation, table = alteration.ledger, alteration.situation, alteration.table
    alteration.lock(ACCESS_EXCLUSIVE, operation.span)
    name = operation.column
    if name is None:
        ledger.unknown("the name of the dropped column")
        return
    if table is None:
        ledger.unknown(f"whether `{operation.relation}.{name}` has a foreign key: it locks the other table")
        return
    if name not in table.columns:
        if alteration.known and name not in alteration.added and not operation.if_exists:
            ledger.fail(
                f"column `{name}` of `{operation.relation}` does not exist", "missing", operation.span
            )
        return
    if name in table.partition_key:
        ledger.fail(f"column `{name}` is part of the partition key", "unsupported", operation.span)
    for constraint in table.constraints.values():
        definition = constraint.definition
        if definition.kind == "foreign key" and name in definition.columns:
            alteration.lock_formerly_referenced(definition.references, operation.span)
    found = dependents.of_column(situation, table, name)
    # Before PostgreSQL 15 generated columns go with the column they are computed from.
    generated = dependents.generated_from(table, name) if situation.version < 15 else []
    blocking = [item for item in found.certain if item not in map(dependents.generated_column, generated)]
    for child, foreign_key in situation.referencing(operation.relation):
        key = foreign_key.definition.referenced_columns or table.primary_key
        if name in key:
            blocking.append(f"the foreign key `{foreign_key.name}` of `{child.relation}`")
            if operation.cascade:
                ledger.lock_family(child.relation, ACCESS_EXCLUSIVE, operation.span)
    if operation.cascade:
        _drop_views(operation, alteration)
    elif blocking:
        ledger.fail(
            f"cannot drop column `{name}` of `{operation.relation}`:"
            f" {dependents.listed(blocking)} depends on it",
            "dependents",
            operation.span,
        )
    for doubt in found.doubtful:
        ledger.unknown(f"whether {doubt} uses `{operation.relation}.{name}`")


def _drop_views(operation: DropColumn, alteration: Alteration) -> None:
    used = [
        view.name
        for view in alteration.situation.views_of(operation.relation)
        if dependents.view_uses(alteration.situation, view, operation.relation, operation.column or "")
    ]
    upon = [view.name for view in dependents.views_upon(alteration.situation, used)]
    for name in [*used, *upon]:
        alteration.ledger.lock(name, ACCESS_EXCLUSIVE, operation.span)


def set_not_null(operation: SetNotNull, alteration: Alteration) -> None:
    """All rows are read, unless a validated CHECK proves that none is NULL (since PostgreSQL 12)."""
    alteration.lock(ACCESS_EXCLUSIVE, operation.span)
    require_not_null(operation.column, operation, alteration)


def require_not_null(
    name: str | None, operation: ColumnOperation | AddConstraint, alteration: Alteration
) -> None:
    """What making a column NOT NULL takes, be it by SET NOT NULL, a constraint or a primary key."""
    ledger, relation = alteration.ledger, alteration.relation
    column = alteration.column(name)
    if name is not None and name in alteration.added:
        added = alteration.added[name].column
        if added.not_null or added.identity or added.type.serial:
            return
        # Not even a default spares the scan: only NOT NULL in the column's own definition is known to hold.
        alteration.read()
        if is_null(added.default):
            reason = f"column `{name}` of `{relation}` contains null values"
            ledger.fail_on_rows(relation, reason, operation.span, every=added.generated is None)
        return
    if column is None:
        if alteration.known and name is not None:
            ledger.fail(f"column `{name}` of `{relation}` does not exist", "missing", operation.span)
            return
        if name is not None and proven_not_null(alteration, name):
            return
        ledger.unknown(f"whether `{relation}.{name or '…'}` is NOT NULL already, or a CHECK proves it")
    elif is_not_null(alteration, column.name) or proven_not_null(alteration, column.name):
        return
    alteration.read()
    ledger.fail_on_rows(relation, f"`{relation}.{name or '…'}` contains null values", operation.span)


def is_not_null(alteration: Alteration, name: str) -> bool:
    """Whether the column is NOT NULL; a NOT NULL constraint that is not validated does not count."""
    column = alteration.column(name)
    if column is None:
        return False
    unvalidated = any(
        name in constraint.definition.columns and not constraint.definition.validated
        for constraint in alteration.constraints("not null")
    )
    return not unvalidated and (column.not_null or name in alteration.primary_key())


def proven_not_null(alteration: Alteration, name: str) -> bool:
    """Whether validated CHECKs that stay prove it (`NotNullImpliedByRelConstraints`)."""
    from ....sql.expressions import is_not_null_check

    return any(
        constraint.definition.validated
        and constraint.definition.enforced
        and constraint.definition.expression is not None
        and name in is_not_null_check(constraint.definition.expression)
        for constraint in alteration.constraints("check")
    )


def drop_not_null(operation: DropNotNull, alteration: Alteration) -> None:
    alteration.lock(ACCESS_EXCLUSIVE, operation.span)
    column = _existing(operation, alteration)
    if column is None:
        return
    if column.name in alteration.primary_key():
        alteration.ledger.fail(f"column `{column.name}` is in a primary key", "unsupported", operation.span)
    elif column.identity is not None:
        alteration.ledger.fail(
            f"column `{column.name}` of `{operation.relation}` is an identity column",
            "unsupported",
            operation.span,
        )


def change_default(operation: SetDefault | DropDefault, alteration: Alteration) -> None:
    """Only new rows get the default."""
    alteration.lock(ACCESS_EXCLUSIVE, operation.span)
    column = _existing(operation, alteration)
    if column is None:
        return
    what = "an identity" if column.identity else "a generated" if column.generated else None
    if what is not None:
        alteration.ledger.fail(
            f"column `{column.name}` of `{operation.relation}` is {what} column",
            "unsupported",
            operation.span,
        )


def add_identity(operation: AddIdentity, alteration: Alteration) -> None:
    if alteration.situation.version < 17:
        alteration.lock_alone(ACCESS_EXCLUSIVE, operation.span)
    else:
        alteration.lock_with_partitions(ACCESS_EXCLUSIVE, operation.span)
    ledger, column = alteration.ledger, _existing(operation, alteration)
    if column is None:
        return
    name = f"column `{column.name}` of `{operation.relation}`"
    not_null_here = any(
        isinstance(other, SetNotNull) and other.column == column.name for other in alteration.operations
    )
    if column.identity is not None:
        ledger.fail(f"{name} is an identity column already", "duplicate", operation.span)
    elif column.default is not None and column.name not in alteration.dropped_defaults:
        ledger.fail(f"{name} has a default value already", "duplicate", operation.span)
    elif not is_not_null(alteration, column.name) and not not_null_here and not column.uncertain:
        ledger.fail(
            f"{name} must be declared NOT NULL before identity can be added", "unsupported", operation.span
        )


def set_expression(operation: SetExpression, alteration: Alteration) -> None:
    """A stored generated column is computed anew for every row; a virtual one is not stored."""
    alteration.lock(ACCESS_EXCLUSIVE, operation.span)
    ledger = alteration.ledger
    if alteration.situation.version < 17:
        ledger.fail("SET EXPRESSION needs PostgreSQL 17", "version", operation.span)
    column = _existing(operation, alteration)
    if column is None:
        ledger.unknown(f"whether `{operation.relation}.{operation.column or '…'}` is stored")
        alteration.rewrite()
    elif column.generated is None:
        ledger.fail(
            f"column `{column.name}` of `{operation.relation}` is not a generated column",
            "unsupported",
            operation.span,
        )
    elif column.generated.stored:
        alteration.rewrite()


def drop_expression(operation: DropExpression, alteration: Alteration) -> None:
    alteration.lock(ACCESS_EXCLUSIVE, operation.span)
    column = _existing(operation, alteration)
    if column is not None and column.generated is not None and not column.generated.stored:
        alteration.ledger.fail(
            "DROP EXPRESSION is not supported for virtual generated columns", "unsupported", operation.span
        )


def _existing(operation: ColumnOperation, alteration: Alteration) -> Column | None:
    """The column; that it is missing is a failure where the table is known."""
    column = alteration.column(operation.column)
    if column is None and operation.column is not None and operation.column not in alteration.added:
        if alteration.known:
            alteration.ledger.fail(
                f"column `{operation.column}` of `{operation.relation}` does not exist",
                "missing",
                operation.span,
            )
    return column
