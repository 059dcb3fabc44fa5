"""What cannot be read: what it may have touched is in doubt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..operations import CallsCode, OpaqueSQL, UnparsedSQL
from ..records import replace
from .edit import change_table, doubt, doubt_table
from .persistent import put, unlike
from .state import Origin, Schema, targets

K = TypeVar("K")
V = TypeVar("V")

# Modules whose functions do not reach the database.
_HARMLESS = frozenset(
    {":logger", ":timer", "Application", "Code", "File", "IO", "Logger", "Mix", "Process", "System", "Task"}
    | {"Decimal", "Ecto.Changeset", "Ecto.Enum", "Ecto.Query", "Ecto.Type", "Ecto.UUID", "Jason", "Timex"}
)
_LIBRARY = frozenset({"up", "down", "change", "__using__"})


def opaque(schema: Schema, operation: OpaqueSQL, origin: Origin) -> Schema:
    """SQL that is not understood: the tables it names are in doubt, or everything where it names none."""
    reason = f"SQL that is not understood ran: {operation.reason}"
    named = [relation for relation in operation.relations if relation.name is not None]
    if not named or len(named) < len(operation.relations):
        return doubt(schema, reason)
    for relation in named:
        schema = change_table(schema, relation, lambda table: doubt_table(table, reason))
    # It may have made things that are not known.
    return replace(schema, complete=False)


def unparsed(schema: Schema, operation: UnparsedSQL, origin: Origin) -> Schema:
    """PostgreSQL refuses it, so that it did nothing; unless it was not meant for PostgreSQL at all."""
    return doubt(schema, f"SQL that PostgreSQL's grammar refuses ran: {operation.message}")


def calls_code(schema: Schema, operation: CallsCode, origin: Origin) -> Schema:
    if leaves_schema_alone(operation):
        return schema
    module, _, function = operation.call.partition("/")[0].rpartition(".")
    if module.rpartition(".")[2] in ("Migration", "Migrations") and function in _LIBRARY:
        # A library's own migration (`Oban.Migration.up`) makes tables of its own.
        return replace(schema, complete=False)
    return doubt(schema, f"{operation.call} ran, and may have done anything")


def leaves_schema_alone(operation: CallsCode) -> bool:
    """A function of the repo's query API works on rows (it is noted without an arity); those of the standard
    library do not know the database."""
    name, arity, _ = operation.call.partition("/")
    return not arity or name.rpartition(".")[0] in _HARMLESS


def in_doubt(before: Schema, after: Schema, reason: str) -> Schema:
    """`after`, where only perhaps it came to be: everything that differs from `before` is in doubt.

    What was dropped is there still, in doubt; so is what was made.
    """
    tables = after.tables
    gone = [item for item in unlike(before.tables, after.tables) if item[0] not in tables]
    for relation, table in (*gone, *unlike(after.tables, before.tables)):
        tables = put(tables, relation, doubt_table(table, reason), targets)
    return replace(
        after,
        tables=tables,
        views=_both(before.views, after.views),
        view_indexes=_both(before.view_indexes, after.view_indexes),
        # Perhaps not made: no key that can be relied on.
        view_keys=before.view_keys,
        enums=_both(before.enums, after.enums),
        domains=_both(before.domains, after.domains),
        functions=_both(before.functions, after.functions),
        complete=after.complete and len(tables) == len(before.tables),
    )


def _both(before: Mapping[K, V], after: Mapping[K, V]) -> Mapping[K, V]:
    """What was there, what is there now, and of what changed what it is now."""
    result = before
    for key, value in unlike(after, before):
        result = put(result, key, value)
    return result
