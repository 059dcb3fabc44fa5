"""Which columns a CHECK proves to be not null, in PostgreSQL's own reckoning.

SET NOT NULL skips its scan where `NotNullImpliedByRelConstraints` (src/backend/commands/tablecmds.c) finds
`column IS NOT NULL` implied by the valid CHECKs. The proof is a weak one (a CHECK also passes when it is
null), so that only the very test counts, after simplification (`eval_const_expressions`,
`canonicalize_qual`) and through AND and OR: `c > 0` proves nothing.
"""

from __future__ import annotations

from .holes import is_hole
from .literals import is_null
from .parser import Node
from .tree import strings


def proven(node: Node | None, negated: bool = False) -> frozenset[str]:
    """The columns for which a (wrapped) expression, or its negation, implies IS NOT NULL."""
    if not node:
        return frozenset()
    if "NullTest" in node:
        return _null_test(node["NullTest"], negated)
    if "BoolExpr" in node:
        return _boolean(node["BoolExpr"], negated)
    if "A_Expr" in node:
        return _operation(node["A_Expr"], negated)
    return frozenset()


def _null_test(fields: Node, negated: bool) -> frozenset[str]:
    not_null = fields.get("nulltesttype") == "IS_NOT_NULL"
    argument = fields.get("arg") or {}
    if "RowExpr" not in argument:
        return _column(argument) if not_null != negated else frozenset()
    # A test of a row is one of each of its fields: all are null, or none is.
    found = [_column(item) for item in argument["RowExpr"].get("args", [])]
    if not found or not_null == negated:
        return frozenset()
    return frozenset().union(*found) if not negated else found[0].intersection(*found[1:])


def _boolean(fields: Node, negated: bool) -> frozenset[str]:
    arguments = fields.get("args", [])
    operator = fields.get("boolop")
    if operator == "NOT_EXPR":
        return proven(arguments[0], not negated)
    found = [proven(argument, negated) for argument in arguments if not _is_dropped(argument, operator)]
    if not found:
        return frozenset()
    # By De Morgan, a negated AND is an OR of the negations.
    if (operator == "AND_EXPR") != negated:
        return frozenset().union(*found)
    return frozenset(found[0].intersection(*found[1:]))


def _is_dropped(argument: Node, operator: str | None) -> bool:
    """An OR drops its constant false, for it cannot make it true."""
    return operator == "OR_EXPR" and _constant(argument) is False


def _constant(node: Node | None) -> bool | None:
    constant = (node or {}).get("A_Const", {})
    return bool(constant["boolval"].get("boolval", False)) if "boolval" in constant else None


def _operation(fields: Node, negated: bool) -> frozenset[str]:
    left, right = fields.get("lexpr"), fields.get("rexpr")
    sort = fields.get("kind")
    if sort in ("AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT"):
        # With a literal NULL the parser makes a null test of it (`make_nulltest_from_distinct`).
        if (sort == "AEXPR_DISTINCT") == negated:
            return frozenset()
        if _is_plain_null(right):
            return _column(left)
        return _column(right) if _is_plain_null(left) else frozenset()
    if sort != "AEXPR_OP" or strings(fields.get("name", [])) not in (["="], ["<>"], ["!="]):
        return frozenset()
    # `x = true` is simplified to x, `x = false` to NOT x (`simplify_boolean_equality`).
    equal = strings(fields["name"]) == ["="]
    for one, other in ((left, right), (right, left)):
        value = _constant(other)
        if value is not None:
            return proven(one, negated != (value != equal))
    return frozenset()


def _is_plain_null(node: Node | None) -> bool:
    return bool(node) and "A_Const" in (node or {}) and is_null(node)


def _column(node: Node | None) -> frozenset[str]:
    """The column that an expression is, and nothing for any other."""
    if not node or "ColumnRef" not in node:
        return frozenset()
    names = strings(node["ColumnRef"].get("fields", []))
    if not names or is_hole(names[-1]) or any("A_Star" in part for part in node["ColumnRef"]["fields"]):
        return frozenset()
    return frozenset({names[-1]})
