"""Whether an UPDATE or DELETE touches a limited number of rows at a time."""

from __future__ import annotations

from .holes import is_hole
from .parser import Node
from .queries import has_limit
from .tree import kind, strings

# Columns whose ranges are batches: what else is a key is not known here.
_KEYS = {"id", "uuid", "ctid"}
_LOWER, _UPPER = {">", ">="}, {"<", "<="}
# The operators of a condition with the column on its other side.
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "=": "="}


def is_bounded(node: Node) -> bool:
    """Whether a (bare) UpdateStmt or DeleteStmt is limited: by LIMIT in a query that chooses the rows, by a
    range of keys with both ends, or by keys named one by one."""
    chosen = [node.get("fromClause"), node.get("usingClause"), node.get("withClause")]
    if any(has_limit(part) for part in chosen if part):
        return True
    where = node.get("whereClause")
    lower: set[str] = set()
    upper: set[str] = set()
    for condition in conjuncts(where):
        if kind(condition) == "CurrentOfExpr":
            return True
        if kind(condition) == "SubLink" and has_limit(condition):
            return True
        if kind(condition) == "A_Expr" and _by_key(condition["A_Expr"], lower, upper):
            return True
    return bool(lower & upper)


def conjuncts(node: Node | None) -> list[Node]:
    """The conditions that ANDs join."""
    if not node:
        return []
    if "BoolExpr" in node and node["BoolExpr"].get("boolop") == "AND_EXPR":
        return [part for item in node["BoolExpr"].get("args", []) for part in conjuncts(item)]
    return [node]


def _by_key(fields: Node, lower: set[str], upper: set[str]) -> bool:
    """Whether the condition alone names the rows; the ends of ranges go to `lower` and `upper`."""
    left, right = _key(fields.get("lexpr")), _key(fields.get("rexpr"))
    operator = "".join(strings(fields.get("name", [])))
    sort = fields.get("kind", "")
    if sort == "AEXPR_OP" and has_limit(fields):
        return operator == "="
    if sort in ("AEXPR_BETWEEN", "AEXPR_BETWEEN_SYM", "AEXPR_IN"):
        return left is not None and operator in ("BETWEEN", "BETWEEN SYMMETRIC", "=")
    if sort == "AEXPR_OP_ANY":
        return left is not None and operator == "="
    if sort != "AEXPR_OP" or (left is None) == (right is None):
        return False
    if _names_column(fields.get("rexpr") if right is None else fields.get("lexpr")):
        return False  # a join: `x.id = posts.author_id`
    if left is None:
        operator = _MIRRORED.get(operator, "")
    column = left or right or ""
    if operator in _LOWER:
        lower.add(column)
    elif operator in _UPPER:
        upper.add(column)
    return operator == "="


def _names_column(node: object) -> bool:
    """Whether the expression has a column; those of a subquery are its own."""
    if isinstance(node, list):
        return any(map(_names_column, node))
    if not isinstance(node, dict) or "SubLink" in node:
        return False
    if "ColumnRef" in node:
        # An unknown piece (`#{id}`) is a value: what names columns is rarely put together.
        names = strings(node["ColumnRef"].get("fields", []))
        return not (names and is_hole(names[-1]))
    return any(map(_names_column, node.values()))


def _key(node: Node | None) -> str | None:
    """The key column that an expression is."""
    if not node or "ColumnRef" not in node:
        return None
    names = strings(node["ColumnRef"].get("fields", []))
    return names[-1] if names and names[-1] in _KEYS else None
