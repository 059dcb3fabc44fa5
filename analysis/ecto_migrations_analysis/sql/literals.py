"""Constants in the tree."""

from __future__ import annotations

from .holes import is_hole
from .parser import Node
from .tree import kind


def is_literal(node: Node | None) -> bool:
    """Whether an expression is a plain literal: a constant or a signed number, no cast, no call."""
    while kind(node) == "A_Expr":
        assert node is not None
        fields = node["A_Expr"]
        sign = [item.get("String", {}).get("sval") for item in fields.get("name", [])]
        if "lexpr" in fields or sign not in (["-"], ["+"]):
            return False
        node = fields.get("rexpr")
    if not node or kind(node) != "A_Const":
        return False
    constant = node["A_Const"]
    return "sval" in constant or not is_hole(constant_text(constant))


def is_constant(node: Node | None) -> bool:
    """Whether an expression is a constant that no function makes.

    A literal, an array of such, or a string, NULL or array with a cast: the parser makes a constant of the
    type of it (`coerce_type`).
    """
    if not node:
        return False
    if "A_ArrayExpr" in node:
        return all(is_constant(item) for item in node["A_ArrayExpr"].get("elements", []))
    if "TypeCast" in node:
        argument = node["TypeCast"].get("arg") or {}
        constant = argument.get("A_Const", {})
        return (
            "sval" in constant
            or bool(constant.get("isnull"))
            or ("A_ArrayExpr" in argument and is_constant(argument))
        )
    return is_literal(node)


def literal_text(node: Node | None) -> str | None:
    """The value of a literal as text ("NULL" for null), casts looked through; None for everything else."""
    negative = False
    while node:
        if "TypeCast" in node:
            node = node["TypeCast"].get("arg")
        elif is_literal(node) and "A_Expr" in node:
            fields = node["A_Expr"]
            negative ^= fields["name"][0]["String"]["sval"] == "-"
            node = fields["rexpr"]
        else:
            break
    if not node or not is_literal(node):
        return None
    text = constant_text(node["A_Const"])
    return f"-{text}" if negative else text


def constant_text(fields: Node) -> str:
    """The value of an A_Const as text."""
    if fields.get("isnull"):
        return "NULL"
    if "boolval" in fields:
        return "true" if fields["boolval"].get("boolval", False) else "false"
    if "ival" in fields:
        return str(fields["ival"].get("ival", 0))
    for key in ("fval", "sval", "bsval"):
        if key in fields:
            return str(fields[key].get(key, ""))
    return ""


def is_null(node: Node | None) -> bool:
    """Whether it is NULL, casts looked through."""
    while node and "TypeCast" in node:
        node = node["TypeCast"].get("arg")
    return bool(node) and bool((node or {}).get("A_Const", {}).get("isnull"))
