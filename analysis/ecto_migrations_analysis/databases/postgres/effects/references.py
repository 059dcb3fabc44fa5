"""What a foreign key must find at its other end, and expressions in the columns of their table."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ....operations import ColumnDefinition, ConstraintDefinition, Expression, Relation
from ....schema.state import Column, Table
from ....syntax.span import Span
from .comparable import comparable
from .ledger import Ledger

Lookup = Callable[[str], "Column | ColumnDefinition | None"]


def refuse_reference(
    constraint: ConstraintDefinition,
    relation: Relation,
    column: Lookup,
    known: bool,
    span: Span,
    ledger: Ledger,
) -> None:
    """Fails where the referenced table, its key or the types do not fit.

    `column` finds the columns of `relation`, which has the foreign key; `known`: it finds them all.
    """
    parent = constraint.references
    if parent is None:
        return
    missing = [name for name in constraint.columns if known and column(name) is None]
    for name in missing:
        ledger.fail(f"column `{name}` of `{relation}` does not exist", "missing", span)
    table = ledger.situation.table(parent)
    if table is None and ledger.situation.exists(parent) is False:
        ledger.fail(f"relation `{parent}` does not exist", "missing", span)
    if table is None or not table.complete or table.uncertain:
        return
    key = constraint.referenced_columns or table.primary_key
    if not _is_unique(table, key):
        ledger.fail(f"there is no unique constraint matching the given keys of `{parent}`", "missing", span)
        return
    for name, referenced in zip(constraint.columns, key, strict=False):
        own, other = column(name), table.columns.get(referenced)
        if own is None or other is None or (isinstance(own, Column) and own.uncertain):
            continue
        if comparable(own.type, other.type) is False:
            ledger.fail(
                f"foreign key constraint `{constraint.name or '…'}` cannot be implemented: `{name}` is"
                f" {own.type}, `{parent}.{referenced}` is {other.type}",
                "unsupported",
                span,
            )


def _is_unique(table: Table, key: tuple[str, ...]) -> bool:
    """Whether a plain unique index has just these columns."""
    return any(
        index.definition.unique
        and index.definition.where is None
        and sorted(item.column or "" for item in index.definition.elements) == sorted(key)
        for index in table.indexes.values()
    )


# What every table has beside its own columns, its name for a whole row among them.
_SYSTEM_COLUMNS = frozenset({"tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"})


def refuse_unknown_columns(
    expression: Expression, relation: Relation, columns: Collection[str], span: Span, ledger: Ledger
) -> None:
    """Fails where the expression names a column that the table (whose `columns` are known) does not have."""
    if expression.sql is None:
        return
    from ....sql.expressions import columns_of

    for name in sorted(columns_of(expression) or ()):
        if name not in columns and name not in _SYSTEM_COLUMNS and name != relation.name:
            ledger.fail(f"column `{name}` does not exist", "missing", span)
