"""The `modify` that does one thing besides restating the type that the column has."""

from __future__ import annotations

from ...operations import AlterColumnType, Operation
from ...program.commands import AlterTable, Modify
from ...schema.state import Table


def only(
    table: Table | None,
    command: AlterTable,
    operations: list[Operation],
    column: str,
    options: frozenset[str],
) -> Modify | None:
    """The one `modify` of the column, where it has none but these options and keeps the type.

    None too where the column is not known: what its type was, nobody could say then.
    """
    found = [change for change in command.changes if change.column == column]
    known = table.columns.get(column) if table is not None else None
    if len(found) != 1 or not isinstance(found[0], Modify) or known is None or known.uncertain:
        return None
    modify = found[0]
    if not modify.options.complete or {option.key for option in modify.options} - options:
        return None
    types = [item for item in operations if isinstance(item, AlterColumnType) and item.column == column]
    kept = len(types) == 1 and types[0].type == known.type and types[0].using is None
    return modify if kept and types[0].collation is None else None
