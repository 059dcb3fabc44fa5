"""Small helpers over libpg_query's tree.

A node in a list or a generic field is wrapped in its type (`{"ColumnRef": {…}}`); a field of a fixed type is
not. Fields with their zero value are left out, so that an absent `location` is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .parser import Node


def kind(node: Node | None) -> str:
    """The type of a wrapped node; empty for nothing."""
    return next(iter(node)) if node else ""


def body(node: Node) -> Node:
    """The fields of a wrapped node."""
    inner: Node = next(iter(node.values()))
    return inner


def string(node: Node) -> str | None:
    """The value of a String or of a string constant; None for everything else."""
    if "String" in node:
        return str(node["String"].get("sval", ""))
    constant = node.get("A_Const", {})
    return str(constant["sval"].get("sval", "")) if "sval" in constant else None


def strings(nodes: Iterable[Node]) -> list[str]:
    """The strings of a list of String nodes (others left out)."""
    return [text for text in map(string, nodes) if text is not None]


def items(node: Node | None) -> list[Node]:
    """The items of a wrapped List; the node itself where it is none."""
    if not node:
        return []
    if "List" in node:
        found: list[Node] = node["List"].get("items", [])
        return found
    return [node]


def walk(node: Any) -> Iterator[tuple[str, Node]]:
    """Every dictionary below (and with) `node`, with the key it stands under, in source order."""
    stack: list[tuple[str, Any]] = [("", node)]
    while stack:
        key, value = stack.pop()
        if isinstance(value, dict):
            yield key, value
            stack.extend(reversed(value.items()))
        elif isinstance(value, list):
            stack.extend((key, item) for item in reversed(value))


def first_location(node: Any) -> int | None:
    """The smallest byte offset named below `node`."""
    found = [
        inner.get("location", 0)
        for key, inner in walk(node)
        if key in _LOCATED and inner.get("location", 0) >= 0
    ]
    return min(found, default=None)


# Nodes of expressions whose `location` is always that of a token of theirs.
_LOCATED = {
    "A_ArrayExpr",
    "A_Const",
    "A_Expr",
    "BoolExpr",
    "BooleanTest",
    "CaseExpr",
    "CoalesceExpr",
    "CollateClause",
    "ColumnRef",
    "FuncCall",
    "MinMaxExpr",
    "NullTest",
    "ParamRef",
    "RowExpr",
    "SQLValueFunction",
    "SubLink",
    "TypeCast",
}


def options(definitions: Iterable[Node]) -> dict[str, Node]:
    """`DefElem`s by lower-case name (the last one wins, as in PostgreSQL's loops)."""
    return {item["DefElem"]["defname"].lower(): item["DefElem"] for item in definitions if "DefElem" in item}


def is_true(definition: Node | None) -> bool:
    """Whether an option is on (`defGetBoolean`): present without a value, true, on or 1."""
    if definition is None:
        return False
    value = definition.get("arg")
    if value is None:
        return True
    if "Boolean" in value:
        return bool(value["Boolean"].get("boolval", False))
    if "Integer" in value:
        return bool(value["Integer"].get("ival", 0))
    return str(string(value)).lower() in ("true", "on", "yes", "1")
