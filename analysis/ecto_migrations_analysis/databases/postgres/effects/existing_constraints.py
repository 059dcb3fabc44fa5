"""The clauses of ALTER TABLE about constraints that are there: DROP, VALIDATE and ALTER CONSTRAINT."""

from __future__ import annotations

from ....operations import (
    AddConstraint,
    AlterConstraint,
    ConstraintDefinition,
    DropConstraint,
    ValidateConstraint,
)
from ....schema.state import ConstraintState, Table
from ....syntax.span import Span
from ..locks import ACCESS_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE
from . import dependents
from .alteration import REFERENCING, VALIDATING, Alteration


def drop_constraint(operation: DropConstraint, alteration: Alteration) -> None:
    """Instant; a foreign key's triggers go, which takes the same lock on the table it refers to."""
    ledger = alteration.ledger
    constraint = _find(operation.name, alteration)
    _lock_constrained(ACCESS_EXCLUSIVE, constraint, operation.span, alteration)
    if constraint is None:
        if _is_missing(operation.name, alteration) and not operation.if_exists:
            ledger.fail(
                f"constraint `{operation.name}` of relation `{operation.relation}` does not exist",
                "missing",
                operation.span,
            )
        elif not _is_missing(operation.name, alteration):
            ledger.unknown(
                f"what `{operation.name or '…'}` is: dropping a foreign key locks the other table too"
            )
        return
    definition = constraint.definition
    if definition.kind == "foreign key":
        alteration.lock_referenced(definition.references, ACCESS_EXCLUSIVE, operation.span)
    if definition.kind in ("primary key", "unique"):
        _drop_key(operation, definition, alteration)


def _lock_constrained(
    mode: str, constraint: ConstraintState | None, span: Span, alteration: Alteration
) -> None:
    """Heirs share CHECK and NOT NULL; keys and foreign keys only partitions do."""
    if constraint is None or constraint.definition.kind in ("check", "not null"):
        alteration.lock(mode, span)
    else:
        alteration.lock_with_partitions(mode, span)


def _drop_key(operation: DropConstraint, definition: ConstraintDefinition, alteration: Alteration) -> None:
    """Foreign keys that rely on the key keep it, or go with it."""
    ledger, table = alteration.ledger, alteration.table
    relying = [
        (child, constraint)
        for child, constraint in alteration.situation.referencing(operation.relation)
        if set(constraint.definition.referenced_columns or (table.primary_key if table else ()))
        == set(definition.columns)
        and _relies_on(constraint.definition, operation.name, table)
    ]
    if operation.cascade:
        for child, _ in relying:
            ledger.lock_family(child.relation, ACCESS_EXCLUSIVE, operation.span)
    elif relying:
        names = [
            f"the foreign key `{constraint.name}` of `{child.relation}`" for child, constraint in relying
        ]
        ledger.fail(
            f"cannot drop constraint `{operation.name}` of `{operation.relation}`:"
            f" {dependents.listed(names)} depends on it",
            "dependents",
            operation.span,
        )


def _relies_on(foreign_key: ConstraintDefinition, name: str | None, table: Table | None) -> bool:
    """Whether the foreign key took the index of this constraint, and not an older one on the same columns.

    PostgreSQL takes the first that fits, in the order in which they were made (`transformFkeyCheckAttrs`).
    The one it took cannot go as long as the foreign key is there: it is the oldest of those left.
    """
    if table is None or not foreign_key.referenced_columns:
        return True
    for index in table.indexes.values():
        definition = index.definition
        columns = {element.column for element in definition.elements}
        if definition.unique and definition.where is None and columns == set(foreign_key.referenced_columns):
            return name in (index.name, index.constraint)
    return True


def validate_constraint(operation: ValidateConstraint, alteration: Alteration) -> None:
    """All rows are read, while others read and write."""
    ledger = alteration.ledger
    added = next(
        (
            other.constraint
            for other in alteration.operations
            if isinstance(other, AddConstraint) and other.constraint.name == operation.name
        ),
        None,
    )
    found = _find(operation.name, alteration)
    _lock_constrained(SHARE_UPDATE_EXCLUSIVE, found, operation.span, alteration)
    constraint = added if added is not None else found.definition if found is not None else None
    if constraint is None:
        if _is_missing(operation.name, alteration):
            ledger.fail(
                f"constraint `{operation.name}` of relation `{operation.relation}` does not exist",
                "missing",
                operation.span,
            )
            return
        ledger.unknown(f"what `{operation.name or '…'}` is: a foreign key is looked up in the other table")
        alteration.read()
        ledger.fail_on_rows(
            operation.relation, f"a row breaks constraint `{operation.name or '…'}`", operation.span
        )
        return
    if constraint.kind not in ("check", "foreign key", "not null"):
        ledger.fail(
            f"constraint `{operation.name}` is not a foreign key, check or not-null constraint",
            "unsupported",
            operation.span,
        )
        return
    if not constraint.enforced:
        ledger.fail("cannot validate NOT ENFORCED constraint", "unsupported", operation.span)
    if constraint.validated:
        return
    if constraint.kind == "foreign key":
        alteration.lock_referenced(constraint.references, VALIDATING, operation.span)
        alteration.validate(constraint)
    else:
        alteration.read()
    ledger.fail_on_rows(operation.relation, f"a row breaks constraint `{operation.name}`", operation.span)


def alter_constraint(operation: AlterConstraint, alteration: Alteration) -> None:
    """Only the catalog changes, except that ENFORCED looks all rows up (PostgreSQL 18)."""
    ledger = alteration.ledger
    alteration.lock_with_partitions(ACCESS_EXCLUSIVE, operation.span)
    words = operation.clause.lower()
    newer = "enforced" in words or "inherit" in words
    if newer and alteration.situation.version < 18:
        ledger.fail(f"ALTER CONSTRAINT … {words.upper()} needs PostgreSQL 18", "version", operation.span)
    constraint = _find(operation.name, alteration)
    if constraint is None:
        if _is_missing(operation.name, alteration):
            ledger.fail(
                f"constraint `{operation.name}` of relation `{operation.relation}` does not exist",
                "missing",
                operation.span,
            )
        return
    definition = constraint.definition
    if "inherit" not in words and definition.kind != "foreign key":
        ledger.fail(
            f"constraint `{operation.name}` of relation `{operation.relation}` is not a foreign key"
            " constraint",
            "unsupported",
            operation.span,
        )
        return
    if "not enforced" in words:
        if definition.enforced:
            alteration.lock_referenced(definition.references, ACCESS_EXCLUSIVE, operation.span)
    elif "enforced" in words and not definition.enforced:
        alteration.lock_referenced(definition.references, REFERENCING, operation.span)
        alteration.validate(definition)
        ledger.fail_on_rows(operation.relation, f"a row breaks constraint `{operation.name}`", operation.span)


def _find(name: str | None, alteration: Alteration) -> ConstraintState | None:
    table = alteration.table
    return table.constraints.get(name) if table is not None and name is not None else None


def _is_missing(name: str | None, alteration: Alteration) -> bool:
    """Whether the table is known in full and has no such constraint.

    Not so for a name that looks like that of a NOT NULL: PostgreSQL 18 names them all.
    """
    if name is None or not alteration.known or _find(name, alteration) is not None:
        return False
    return not (alteration.situation.version >= 18 and name.endswith("_not_null"))
