"""What a query reads and calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..operations import FunctionCall, Relation
from .holes import is_hole
from .literals import is_null, literal_text
from .parser import Node
from .statement import StatementText
from .tree import strings, walk

_LOCKING = {
    "LCS_FORKEYSHARE": "key share",
    "LCS_FORSHARE": "share",
    "LCS_FORNOKEYUPDATE": "no key update",
    "LCS_FORUPDATE": "update",
}
_CHANGES = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")


def reads(text: StatementText, *nodes: Any) -> tuple[Relation, ...]:
    """The relations that the parts of a statement name, once each; names of CTEs are none.

    Relations that a statement inside (a CTE that changes data) writes to count as read only where its own
    FROM names them.
    """
    found: dict[Relation, None] = {}
    for node in nodes:
        for fields in _tables(node, frozenset()):
            found.setdefault(text.relation(fields))
    return tuple(found)


def _tables(node: Any, hidden: frozenset[str]) -> Iterator[Node]:
    """The RangeVars below `node` that are no names of CTEs in force there."""
    if isinstance(node, list):
        for item in node:
            yield from _tables(item, hidden)
        return
    if not isinstance(node, dict):
        return
    if "RangeVar" in node:
        fields = node["RangeVar"]
        if fields.get("schemaname") or fields.get("relname") not in hidden:
            yield fields
        return
    clause = node.get("withClause")
    if isinstance(clause, dict):
        expressions = [
            item["CommonTableExpr"] for item in clause.get("ctes", []) if "CommonTableExpr" in item
        ]
        if clause.get("recursive"):
            hidden |= {expression["ctename"] for expression in expressions}
        for expression in expressions:
            yield from _tables(expression.get("ctequery"), hidden)
            hidden |= {expression["ctename"]}
    for key, value in node.items():
        if key != "withClause" and isinstance(value, dict | list):
            yield from _tables(value, hidden)


def relation_nodes(node: Any) -> list[Node]:
    """Every RangeVar of a statement, wrapped or not."""
    return [fields for _, fields in walk(node) if "relname" in fields]


def calls(*nodes: Any) -> tuple[FunctionCall, ...]:
    """The function calls below the nodes, in source order. Names that are not known are left out."""
    found: list[FunctionCall] = []
    for node in nodes:
        for key, fields in walk(node):
            if key not in ("FuncCall", "funccall"):
                continue
            names = strings(fields.get("funcname", []))
            if not names or any(map(is_hole, names)):
                continue
            arguments = tuple(_argument(item) for item in fields.get("args", []))
            schema = names[-2] if len(names) > 1 else None
            found.append(FunctionCall(names[-1], schema, arguments))
    return tuple(found)


def _argument(node: Node) -> str | None:
    if "NamedArgExpr" in node:
        node = node["NamedArgExpr"].get("arg", {})
    text = literal_text(node)
    return None if text is None or is_hole(text) else text


def function_names(found: tuple[FunctionCall, ...]) -> tuple[str, ...]:
    """Their names once each, with the schema where it is written and is not `pg_catalog`."""
    names = (
        f"{call.schema}.{call.name}" if call.schema and call.schema != "pg_catalog" else call.name
        for call in found
    )
    return tuple(dict.fromkeys(names))


def columns_named(text: StatementText, node: Any) -> tuple[frozenset[str], bool]:
    """The column names that a query mentions, and whether it reads every column of a relation (`*`)."""
    columns: set[str] = set()
    star = False
    for key, fields in walk(node):
        if key == "ColumnRef":
            parts = fields.get("fields", [])
            name = text.name(strings(parts)[-1]) if strings(parts) else None
            if parts and "A_Star" in parts[-1]:
                star = True
            elif name is not None:
                columns.add(name)
    return frozenset(columns), star


def locking(node: Any) -> str | None:
    """The strongest row lock that a query asks for."""
    order = list(_LOCKING)
    found = [
        order.index(fields["strength"])
        for key, fields in walk(node)
        if key == "LockingClause" and fields.get("strength") in _LOCKING
    ]
    return _LOCKING[order[max(found)]] if found else None


def changes(node: Any) -> list[Node]:
    """The data-changing statements in the CTEs of a statement, in their order (wrapped)."""
    clause = node.get("withClause") if isinstance(node, dict) else None
    if not isinstance(clause, dict):
        return []
    queries = [item.get("CommonTableExpr", {}).get("ctequery", {}) for item in clause.get("ctes", [])]
    return [query for query in queries if any(sort in query for sort in _CHANGES)]


def has_limit(node: Any) -> bool:
    """Whether a query below (CTEs included) is limited by LIMIT or FETCH."""
    return any(
        "limitCount" in fields and not is_null(fields["limitCount"])  # LIMIT ALL is LIMIT NULL
        for _, fields in walk(node)
    )
