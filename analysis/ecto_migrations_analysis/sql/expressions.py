"""Questions about the text of an SQL expression: a default, a check, an index expression, a predicate.

The commonest texts are answered without PostgreSQL's grammar, which costs 50 ms to load; a test proves both
ways to give the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from ..operations import Expression, Relation
from . import not_null
from .expression_tree import columns_in
from .parser import Node, Refusal, parse
from .tree import kind, string, walk
from .volatility import Volatility, function_volatility, is_built_in, tree_volatility
from .words import NO_COLUMNS

NO_FUNCTIONS: Mapping[Relation, str] = MappingProxyType({})

__all__ = ["Volatility", "columns_of", "is_built_in", "is_not_null_check", "string_literals", "volatility"]


def volatility(expression: Expression | str, functions: Mapping[Relation, str] = NO_FUNCTIONS) -> Volatility:
    """How volatile an expression is; `functions` are those that migrations define, by name.

    "constant" holds no call and no column. A name counts as its worst overload, so that "stable" can be
    immutable in truth, and "volatile" stable (`ts_rewrite`). "unknown": a function of nobody known, an
    unknown piece, a subquery, or no SQL.
    """
    if isinstance(expression, Expression):
        if expression.literal:
            return "constant"
        if expression.sql is None:
            return "unknown"
        expression = expression.sql
    quick = quick_volatility(expression, functions)
    if quick is not None:
        return quick
    return parsed_volatility(expression, functions)


def parsed_volatility(sql: str, functions: Mapping[Relation, str] = NO_FUNCTIONS) -> Volatility:
    """`volatility` by the grammar alone."""
    try:
        node = _parse(sql)
        return "unknown" if node is None else tree_volatility(node, functions)
    except RecursionError:
        return "unknown"


def columns_of(expression: Expression | str) -> frozenset[str] | None:
    """The columns an expression names; None where that is not known (an unknown piece, a subquery, `t.*`)."""
    sql = expression.sql if isinstance(expression, Expression) else expression
    if sql is None:
        return None
    quick = quick_columns(sql)
    return parsed_columns(sql) if quick is None else quick


def parsed_columns(sql: str) -> frozenset[str] | None:
    """`columns_of` by the grammar alone."""
    node = _parse(sql)
    return None if node is None else columns_in(node)


def is_not_null_check(expression: Expression | str) -> frozenset[str]:
    """The columns that a valid CHECK of this expression proves not null, as SET NOT NULL reckons."""
    sql = expression.sql if isinstance(expression, Expression) else expression
    # Every form that proves something says NULL (`NOTNULL`, `IS DISTINCT FROM NULL`).
    if sql is None or "null" not in sql.lower():
        return frozenset()
    found = _NOT_NULL.match(sql)
    column = None if found is None else _column(found["column"])
    return parsed_not_null(sql) if column is None else frozenset({column})


def parsed_not_null(sql: str) -> frozenset[str]:
    """`is_not_null_check` by the grammar alone."""
    try:
        return not_null.proven(_parse(sql))
    except RecursionError:
        return frozenset()


def string_literals(sql: str) -> frozenset[str] | None:
    """The string constants in a statement or an expression; None where it cannot be parsed.

    Labels of an enum that a statement uses are among them.
    """
    if "'" not in sql and "$" not in sql:
        return frozenset()
    tree: object = parse(sql)
    if isinstance(tree, Refusal):
        tree = _parse(sql)
    if tree is None:
        return None
    constants = (string({key: fields}) for key, fields in walk(tree) if key == "A_Const")
    return frozenset(text for text in constants if text is not None)


@lru_cache(maxsize=1024)
def _parse(sql: str) -> Node | None:
    """The expression; None where the text is no single expression."""
    tree = parse(f"SELECT {sql}\n")
    if isinstance(tree, Refusal) or len(tree) != 1:
        return None
    select = tree[0].get("stmt", {}).get("SelectStmt", {})
    targets = select.get("targetList", [])
    if len(targets) != 1 or set(select) - {"targetList", "limitOption", "op"}:
        return None
    target = targets[0]["ResTarget"]
    if "name" in target or not kind(target.get("val")):
        return None
    value: Node = target["val"]
    return value


# --- without the grammar ---

_STRING = r"'(?:[^'\\]|'')*'"
_TYPE = r"[a-z_][a-z0-9_]*"
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_NAME = r'[A-Za-z_][A-Za-z0-9_]*|"[^"]+"'

_CONSTANT = re.compile(
    rf"\s*(?:{_NUMBER}|true|false|null|{_STRING}(?:::{_TYPE}(?:\[\])?)?)\s*\Z", re.IGNORECASE
)
_VALUE_FUNCTION = re.compile(
    r"\s*(?:current_timestamp|current_date|current_time|localtimestamp|localtime)\s*\Z", re.IGNORECASE
)
_NOW_IN_ZONE = re.compile(
    rf"\s*(?:\(\s*now\(\)\s+at\s+time\s+zone\s+{_STRING}\s*\)|now\(\)\s+at\s+time\s+zone\s+{_STRING})\s*\Z",
    re.IGNORECASE,
)
_CALL = re.compile(
    rf"\s*(?:(?P<schema>[A-Za-z_][A-Za-z0-9_]*)\.)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    rf"\(\s*(?:{_STRING}(?:::{_TYPE})?)?\s*\)\s*\Z"
)
_NOT_NULL = re.compile(rf"\s*(?P<column>{_NAME})\s+is\s+not\s+null\s*\Z", re.IGNORECASE)
_COMPARISON = re.compile(rf"\s*(?P<column>{_NAME})\s*(?:>=|<=|<>|!=|=|>|<)\s*(?:{_NUMBER}|{_STRING})\s*\Z")


def quick_volatility(sql: str, functions: Mapping[Relation, str] = NO_FUNCTIONS) -> Volatility | None:
    """The volatility of a common form; None for every other."""
    if _CONSTANT.match(sql):
        return "constant"
    if _VALUE_FUNCTION.match(sql) or _NOW_IN_ZONE.match(sql):
        return "stable"
    call = _CALL.match(sql)
    if call is None or call["name"].lower() in NO_COLUMNS or (call["schema"] or "").lower() in NO_COLUMNS:
        return None
    schema = call["schema"].lower() if call["schema"] else None
    return function_volatility(call["name"].lower(), schema, functions)


def quick_columns(sql: str) -> frozenset[str] | None:
    """The columns of a common form; None for every other."""
    found = _NOT_NULL.match(sql) or _COMPARISON.match(sql)
    column = None if found is None else _column(found["column"])
    return None if column is None else frozenset({column})


def _column(text: str) -> str | None:
    """The column that a name means; None for a keyword, and for what PostgreSQL would shorten."""
    if text.startswith('"'):
        name = text[1:-1]
    else:
        name = text.lower()
        if name in NO_COLUMNS:
            return None
    return name if len(name.encode()) <= 63 else None
