"""Type names of the tree to `DataType`."""

from __future__ import annotations

import re

from ..databases.postgres.types import parse_type
from ..operations import DataType
from .holes import is_hole
from .literals import constant_text, literal_text
from .parser import Node
from .tree import string, strings, walk

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")

# The field masks that the grammar puts into the modifiers of `interval` (utils/datetime.h: 1 << MONTH, …).
_YEAR, _MONTH, _DAY, _HOUR, _MINUTE, _SECOND = 1 << 2, 1 << 1, 1 << 3, 1 << 10, 1 << 11, 1 << 12
_INTERVAL_FIELDS = {
    _YEAR: "year",
    _MONTH: "month",
    _DAY: "day",
    _HOUR: "hour",
    _MINUTE: "minute",
    _SECOND: "second",
    _YEAR | _MONTH: "year to month",
    _DAY | _HOUR: "day to hour",
    _DAY | _HOUR | _MINUTE: "day to minute",
    _DAY | _HOUR | _MINUTE | _SECOND: "day to second",
    _HOUR | _MINUTE: "hour to minute",
    _HOUR | _MINUTE | _SECOND: "hour to second",
    _MINUTE | _SECOND: "minute to second",
}


def data_type(node: Node | None) -> DataType:
    """The type of a (bare) TypeName: spelled out again and named by `parse_type`, which all parts share.

    The name is None where a piece of it is not known, and for `t.c%TYPE`.
    """
    if not node or node.get("pct_type"):
        return DataType(None)
    names = strings(node.get("names", []))
    modifiers = node.get("typmods", [])
    if not names or any(map(is_hole, names)) or _unknown(modifiers):
        return DataType(None)
    parsed = parse_type(_spelling(names, modifiers))
    return DataType(
        parsed.name,
        parsed.modifiers,
        len(node.get("arrayBounds", [])),
        parsed.serial,
        parsed.schema,
    )


def _unknown(modifiers: list[Node]) -> bool:
    for key, node in walk(modifiers):
        if key == "String" and is_hole(node.get("sval", "")):
            return True
        if key == "A_Const" and is_hole(constant_text(node)):
            return True
    return False


def _spelling(names: list[str], modifiers: list[Node]) -> str:
    name = names[-1]
    if names[-2:] == ["pg_catalog", "interval"] and modifiers:
        mask = int(literal_text(modifiers[0]) or 0)
        digits = literal_text(modifiers[1]) if len(modifiers) > 1 else None
        return f"interval {_INTERVAL_FIELDS.get(mask, '')}" + (f"({digits})" if digits else "")
    # `char` in one word is the grammar's own type; a lone "char" can only come from the quoted name.
    text = name if _PLAIN.match(name) and names != ["char"] else '"' + name.replace('"', '""') + '"'
    if len(names) > 1:
        schema = names[-2]
        text = (schema if _PLAIN.match(schema) else '"' + schema.replace('"', '""') + '"') + "." + text
    if modifiers:
        text += "(" + ",".join(_modifier(item) for item in modifiers) + ")"
    return text


def _modifier(node: Node) -> str:
    if "ColumnRef" in node:
        return ".".join(text for text in map(string, node["ColumnRef"].get("fields", [])) if text)
    return literal_text(node) or ""
