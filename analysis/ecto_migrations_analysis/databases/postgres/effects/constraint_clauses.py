"""ADD CONSTRAINT."""

from __future__ import annotations

from collections.abc import Callable

from ....operations import (
    AddConstraint,
    ColumnDefinition,
    ConstraintDefinition,
)
from ....records import replace
from ....schema.state import Column
from ..locks import ACCESS_EXCLUSIVE, SHARE, SHARE_ROW_EXCLUSIVE
from .alteration import REFERENCING, Alteration
from .column_clauses import is_not_null, is_null, require_not_null
from .references import refuse_reference, refuse_unknown_columns


def add_constraint(operation: AddConstraint, alteration: Alteration) -> None:
    constraint = operation.constraint
    if operation.of_new_column is not None and _column_is_there(operation, alteration):
        # `ADD COLUMN IF NOT EXISTS x … REFERENCES` leaves out what stands inside the definition; what Ecto
        # writes behind it is a clause of its own, and fails where the constraint exists.
        if operation.inline:
            return
    _refuse_duplicate(operation, alteration)
    if constraint.kind not in ("check", "foreign key", "not null") and not constraint.validated:
        alteration.ledger.fail(
            f"{_KINDS[constraint.kind]} constraints cannot be marked NOT VALID", "syntax", operation.span
        )
    if alteration.situation.version < 18 and not constraint.enforced:
        alteration.ledger.fail("NOT ENFORCED needs PostgreSQL 18", "version", operation.span)
    _ADDING[constraint.kind](operation, alteration)


_KINDS = {"unique": "UNIQUE", "primary key": "PRIMARY KEY", "exclusion": "EXCLUDE"}


def _column_is_there(operation: AddConstraint, alteration: Alteration) -> bool:
    name = operation.of_new_column
    return name not in alteration.added and alteration.column(name) is not None


def _refuse_duplicate(operation: AddConstraint, alteration: Alteration) -> None:
    name, table = operation.constraint.name, alteration.table
    if table is None or name is None or not alteration.is_stated(name):
        return
    taken = name in table.constraints and name not in alteration.dropped_constraints
    if taken:
        alteration.ledger.fail(
            f"constraint `{name}` for relation `{operation.relation}` already exists",
            "duplicate",
            operation.span,
        )


def _add_check(operation: AddConstraint, alteration: Alteration) -> None:
    constraint = operation.constraint
    alteration.lock(ACCESS_EXCLUSIVE, operation.span)
    if alteration.known and constraint.expression is not None:
        known = alteration.staying_columns() | {name for name in alteration.added if name is not None}
        refuse_unknown_columns(
            constraint.expression, operation.relation, known, operation.span, alteration.ledger
        )
    if constraint.validated and constraint.enforced:
        # Even where the column is new and NULL in all rows, which passes.
        alteration.read()
        alteration.ledger.fail_on_rows(
            operation.relation,
            f"check constraint `{constraint.name or '…'}` of `{operation.relation}` is violated by a row",
            operation.span,
        )


def _add_not_null(operation: AddConstraint, alteration: Alteration) -> None:
    constraint = operation.constraint
    alteration.lock(ACCESS_EXCLUSIVE, operation.span)
    if alteration.situation.version < 18:
        alteration.ledger.fail(
            "NOT NULL constraints of a table need PostgreSQL 18", "version", operation.span
        )
    if constraint.validated:
        for name in constraint.columns:
            require_not_null(name, operation, alteration)


def _add_key(operation: AddConstraint, alteration: Alteration) -> None:
    """UNIQUE, PRIMARY KEY and EXCLUDE build an index, unless USING INDEX hands them one."""
    ledger, constraint, relation = alteration.ledger, operation.constraint, operation.relation
    _lock_for_key(operation, alteration)
    if constraint.temporal and alteration.situation.version < 18:
        ledger.fail("WITHOUT OVERLAPS needs PostgreSQL 18", "version", operation.span)
    _refuse_nulls_not_distinct(constraint, operation, alteration)
    columns = constraint.columns
    if constraint.using_index is not None:
        columns = _use_index(constraint.using_index, operation, alteration)
    else:
        _build_index(operation, alteration)
        ledger.fail_on_rows(
            relation,
            f"rows of `{relation}` conflict with `{constraint.name or '…'}`",
            operation.span,
        )
    _refuse_on_partitioned(operation, columns, alteration)
    if constraint.kind == "primary key":
        if alteration.constraints("primary key"):
            ledger.fail(
                f"multiple primary keys for table `{relation}` are not allowed", "duplicate", operation.span
            )
        for name in columns:
            require_not_null(name, operation, alteration)


def _lock_for_key(operation: AddConstraint, alteration: Alteration) -> None:
    """Before PostgreSQL 18 partitions are locked only to build their indexes, heirs not at all.

    Making the columns of a primary key NOT NULL goes on to all of them.
    """
    if alteration.situation.version >= 18:
        alteration.lock(ACCESS_EXCLUSIVE, operation.span)
        return
    alteration.lock_alone(ACCESS_EXCLUSIVE, operation.span)
    partitioned = alteration.situation.is_partitioned(operation.relation)
    if partitioned:
        alteration.lock_with_partitions(SHARE, operation.span)
    if operation.constraint.kind == "primary key":
        if not partitioned or not all(is_not_null(alteration, name) for name in operation.constraint.columns):
            alteration.lock(ACCESS_EXCLUSIVE, operation.span)


def _build_index(operation: AddConstraint, alteration: Alteration) -> None:
    constraint, table = operation.constraint, alteration.table
    alteration.read_for_index()
    for name in constraint.columns:
        if alteration.known and name not in alteration.added and not alteration.stays(name):
            alteration.ledger.fail(f"column `{name}` named in key does not exist", "missing", operation.span)
    if table is not None and constraint.name is not None and constraint.name in table.indexes:
        # The index of a constraint that another clause drops, built again under its name.
        alteration.ledger.rebuild(operation.relation, [constraint.name])


def _refuse_nulls_not_distinct(
    constraint: ConstraintDefinition, operation: AddConstraint, alteration: Alteration
) -> None:
    if not constraint.nulls_distinct and alteration.situation.version < 15:
        alteration.ledger.fail("NULLS NOT DISTINCT needs PostgreSQL 15", "version", operation.span)


def _use_index(name: str, operation: AddConstraint, alteration: Alteration) -> tuple[str, ...]:
    """The columns of the index that becomes the constraint's."""
    ledger, table = alteration.ledger, alteration.table
    if table is None:
        ledger.unknown(f"which columns the index `{name}` has")
        return ()
    index = table.indexes.get(name)
    if index is None:
        if alteration.known:
            ledger.fail(f"index `{name}` does not exist", "missing", operation.span)
        return ()
    definition = index.definition
    reason = None
    if index.constraint is not None and index.constraint not in alteration.dropped_constraints:
        reason = "is associated with a constraint already"
    elif not definition.unique:
        reason = "is not a unique index"
    elif definition.where is not None:
        reason = "is a partial index"
    elif any(item.column is None for item in definition.elements) and definition.complete:
        reason = "contains expressions"
    if reason is not None:
        ledger.fail(f"index `{name}` {reason}", "unsupported", operation.span)
    return tuple(item.column for item in definition.elements if item.column is not None)


def _refuse_on_partitioned(
    operation: AddConstraint, columns: tuple[str, ...], alteration: Alteration
) -> None:
    table, ledger = alteration.table, alteration.ledger
    if table is None or table.partition_by is None:
        return
    if operation.constraint.using_index is not None:
        ledger.fail(
            "ADD CONSTRAINT USING INDEX is not supported on partitioned tables", "unsupported", operation.span
        )
    elif operation.constraint.kind == "exclusion" and alteration.situation.version < 17:
        ledger.fail(
            "exclusion constraints on partitioned tables need PostgreSQL 17", "version", operation.span
        )
    elif table.partition_key and not set(table.partition_key) <= set(columns):
        ledger.fail(
            "a unique constraint on a partitioned table must include all partitioning columns",
            "unsupported",
            operation.span,
        )


def _add_foreign_key(operation: AddConstraint, alteration: Alteration) -> None:
    """SHARE ROW EXCLUSIVE on both tables; all rows are looked up unless NOT VALID is given."""
    ledger, constraint = alteration.ledger, operation.constraint
    situation = alteration.situation
    if situation.version >= 18:
        alteration.lock(SHARE_ROW_EXCLUSIVE, operation.span)
    else:
        alteration.lock_with_partitions(SHARE_ROW_EXCLUSIVE, operation.span)
    alteration.lock_referenced(constraint.references, REFERENCING, operation.span)
    if constraint.on_delete_columns and situation.version < 15:
        ledger.fail("ON DELETE SET NULL of some columns needs PostgreSQL 15", "version", operation.span)
    partitioned = situation.is_partitioned(operation.relation)
    if partitioned and not constraint.validated and situation.version < 18:
        ledger.fail(
            f"cannot add NOT VALID foreign key on partitioned table `{operation.relation}` before PostgreSQL"
            " 18",
            "version",
            operation.span,
        )
    _refuse_reference(operation, alteration)
    if not constraint.validated or not constraint.enforced:
        return
    having = _partitions_that_have(operation, alteration) if partitioned else []
    if any(having):
        # Theirs become parts of the new one, and triggers of theirs on the other table go.
        alteration.lock_referenced(constraint.references, ACCESS_EXCLUSIVE, operation.span)
        if all(having):
            return
    new = [alteration.added.get(name) for name in constraint.columns]
    if operation.inline and all(item is not None and item.column.default is None for item in new):
        if not any(item is not None and item.column.type.serial for item in new):
            return
    null = [item is not None and _is_null_everywhere(item.column) for item in new]
    # One NULL is enough not to refer to anything, unless MATCH FULL forbids a part of them.
    empty = bool(null) and (all(null) if constraint.match == "FULL" else any(null))
    alteration.validate(constraint, empty)
    if not empty:
        ledger.fail_on_rows(
            operation.relation,
            f"a row of `{operation.relation}` violates foreign key constraint `{constraint.name or '…'}`",
            operation.span,
        )


def _partitions_that_have(operation: AddConstraint, alteration: Alteration) -> list[bool]:
    """For each partition, whether it has the same foreign key already, validated."""
    situation, wanted = alteration.situation, operation.constraint
    tables = [situation.table(item) for item in situation.partitions(operation.relation)]
    return [
        table is not None
        and any(
            replace(state.definition, name=wanted.name, span=wanted.span) == wanted
            for state in table.constraints.values()
        )
        for table in tables
    ]


def _is_null_everywhere(column: ColumnDefinition) -> bool:
    """Whether the new column has no value in the rows that are there."""
    has_value = column.identity or column.generated or column.type.serial
    return is_null(column.default) and not has_value


def _refuse_reference(operation: AddConstraint, alteration: Alteration) -> None:
    def column(name: str) -> Column | ColumnDefinition | None:
        added = alteration.added.get(name)
        if added is not None:
            return added.column
        found, new_type = alteration.column(name), alteration.new_types.get(name)
        return found if found is None or new_type is None else replace(found, type=new_type)

    refuse_reference(
        operation.constraint, operation.relation, column, alteration.known, operation.span, alteration.ledger
    )


_ADDING: dict[str, Callable[[AddConstraint, Alteration], None]] = {
    "check": _add_check,
    "not null": _add_not_null,
    "unique": _add_key,
    "primary key": _add_key,
    "exclusion": _add_key,
    "foreign key": _add_foreign_key,
}
