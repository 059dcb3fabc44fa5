"""CREATE FUNCTION and PROCEDURE, DO, CALL."""

from __future__ import annotations

from ..operations import CreateFunction, Expression, OpaqueSQL, Operation
from .parser import Node
from .statement import Read, StatementText
from .tree import string, strings


def _create(text: StatementText, node: Node) -> list[Operation]:
    language: str | None = None
    volatility = "volatile"
    has_search_path = security_definer = False
    for item in node.get("options", []):
        option = item.get("DefElem", {})
        argument = option.get("arg", {})
        if option.get("defname") == "language":
            language = (text.name(string(argument)) or "").lower() or None
        elif option.get("defname") == "volatility":
            volatility = string(argument) or volatility
        elif option.get("defname") == "security":
            security_definer = bool(argument.get("Boolean", {}).get("boolval"))
        elif option.get("defname") == "set":
            setting = argument.get("VariableSetStmt", {})
            has_search_path |= str(setting.get("name", "")).lower() == "search_path"
    if "sql_body" in node:
        language = language or "sql"
    return [
        CreateFunction(
            name=text.named(node.get("funcname", [])),
            language=language,
            volatility=volatility,
            replace=bool(node.get("replace")),
            procedure=bool(node.get("is_procedure")),
            has_search_path=has_search_path,
            security_definer=security_definer,
            body=_body(text, node) if language == "sql" else None,
            span=text.span,
        )
    ]


def _body(text: StatementText, node: Node) -> Expression | None:
    """The text of a function in SQL: the string behind AS, or the statements of BEGIN ATOMIC or RETURN."""
    if "sql_body" in node:
        start = text.find("BEGIN", "RETURN")
        return None if start is None else text.expression(None, start, text.last)
    for item in node.get("options", []):
        option = item.get("DefElem", {})
        if option.get("defname") != "as":
            continue
        found = strings(option.get("arg", {}).get("List", {}).get("items", []))
        start = text.at(option.get("location", 0)) + 1
        span = text.span_of(start, start + 1)
        unknown = text.has_hole(start, start + 1)
        return Expression(None if unknown or not found else found[0], span=span)
    return None


def _do(text: StatementText, node: Node) -> list[Operation]:
    return [OpaqueSQL(reason="a DO block is code", keywords="DO", span=text.span)]


def _call(text: StatementText, node: Node) -> list[Operation]:
    name = str(text.named(node.get("funccall", {}).get("funcname", [])))
    return [OpaqueSQL(reason=f"the procedure {name} is code", keywords="CALL", span=text.span)]


def _execute(text: StatementText, node: Node) -> list[Operation]:
    reason = "what the prepared statement does is not written here"
    return [OpaqueSQL(reason=reason, keywords="EXECUTE", span=text.span)]


READERS: dict[str, Read] = {
    "CreateFunctionStmt": _create,
    "DoStmt": _do,
    "CallStmt": _call,
    "ExecuteStmt": _execute,
}
