"""The type to write in a migration for one that PostgreSQL has: the adapter makes that of it again.

Source: `Ecto.Adapters.Postgres.Connection.ecto_to_db/1` and `column_type/2` (ecto_sql 3.14).
"""

from __future__ import annotations

import re

from ...operations import DataType

# Where several names make the same type, the one that generators and schemas use.
_NAMES = {
    "bigint": ":bigint",
    "bytea": ":binary",
    "double precision": ":float",
    "interval": ":interval",
    "jsonb": ":map",
    "text": ":text",
    "uuid": ":uuid",
    "timestamp with time zone": ":timestamptz",
    "time with time zone": ":timetz",
}
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def ecto_type(type: DataType) -> tuple[str, str] | None:
    """The Ecto type as source, and the options that belong to it (`"size: 40"`, or empty).

    None for a type that is not known.
    """
    if type.name is None:
        return None
    if type.dimensions:
        # The adapter puts modifiers behind the brackets of an array; its element says them by its own name.
        element = _sized(DataType(type.name, type.modifiers, schema=type.schema))
        for _ in range(type.dimensions):
            element = f"{{:array, {element}}}"
        return element, ""
    if type.schema is not None or type.name != type.name.lower():
        return _quoted(_as_sql(type)), ""
    return _named(type.name, type.modifiers)


def _named(name: str, modifiers: tuple[int, ...]) -> tuple[str, str]:
    if name == "character varying":
        if modifiers == (255,):
            return ":string", ""
        return (":string", f"size: {modifiers[0]}") if modifiers else (":varchar", "")
    if name == "numeric":
        options = [f"{key}: {value}" for key, value in zip(("precision", "scale"), modifiers, strict=False)]
        return ":decimal", ", ".join(options)
    if name == "timestamp without time zone" and modifiers in ((), (0,)):
        return (":naive_datetime" if modifiers else ":naive_datetime_usec"), ""
    if name == "time without time zone" and modifiers in ((), (0,)):
        return (":time" if modifiers else ":time_usec"), ""
    if modifiers:
        return _quoted(str(DataType(name, modifiers))), ""
    return _NAMES.get(name) or (f":{name}" if _PLAIN.fullmatch(name) else _quoted(name)), ""


def _sized(type: DataType) -> str:
    if type.schema is None:
        written, options = _named(type.name or "", type.modifiers)
        if not options:
            return written
    return _quoted(_as_sql(type))


def _as_sql(type: DataType) -> str:
    """The adapter sends the atom as it is: capitals need SQL's quotation marks in it."""
    parts = [part for part in (type.schema, type.name) if part is not None]
    quoted = [part if part == part.lower() else '"' + part.replace('"', '""') + '"' for part in parts]
    return str(DataType(".".join(quoted), type.modifiers))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("#{", "\\#{")
    return f':"{escaped}"'
