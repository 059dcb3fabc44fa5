"""The name an index column gets from its expression: `lower(email)` gives `lower`.

PostgreSQL source: `FigureIndexColname` (src/backend/parser/parse_target.c).
"""

from __future__ import annotations

from .parser import Node
from .tree import kind, string

_VALUE_FUNCTIONS = {
    "SVFOP_CURRENT_DATE": "current_date",
    "SVFOP_CURRENT_TIME": "current_time",
    "SVFOP_CURRENT_TIME_N": "current_time",
    "SVFOP_CURRENT_TIMESTAMP": "current_timestamp",
    "SVFOP_CURRENT_TIMESTAMP_N": "current_timestamp",
    "SVFOP_LOCALTIME": "localtime",
    "SVFOP_LOCALTIME_N": "localtime",
    "SVFOP_LOCALTIMESTAMP": "localtimestamp",
    "SVFOP_LOCALTIMESTAMP_N": "localtimestamp",
    "SVFOP_CURRENT_ROLE": "current_role",
    "SVFOP_CURRENT_USER": "current_user",
    "SVFOP_USER": "user",
    "SVFOP_SESSION_USER": "session_user",
    "SVFOP_CURRENT_CATALOG": "current_catalog",
    "SVFOP_CURRENT_SCHEMA": "current_schema",
}
_FIXED = {
    "A_ArrayExpr": "array",
    "RowExpr": "row",
    "CoalesceExpr": "coalesce",
    "GroupingFunc": "grouping",
    "XmlSerialize": "xmlserialize",
    "JsonParseExpr": "json",
    "JsonScalarExpr": "json_scalar",
    "JsonSerializeExpr": "json_serialize",
    "JsonObjectConstructor": "json_object",
    "JsonArrayConstructor": "json_array",
    "JsonArrayQueryConstructor": "json_array",
    "JsonObjectAgg": "json_objectagg",
    "JsonArrayAgg": "json_arrayagg",
}
_JSON_FUNCTIONS = {
    "JSON_EXISTS_OP": "json_exists",
    "JSON_QUERY_OP": "json_query",
    "JSON_VALUE_OP": "json_value",
}
_XML = {
    "IS_XMLCONCAT": "xmlconcat",
    "IS_XMLELEMENT": "xmlelement",
    "IS_XMLFOREST": "xmlforest",
    "IS_XMLPARSE": "xmlparse",
    "IS_XMLPI": "xmlpi",
    "IS_XMLROOT": "xmlroot",
}


def expression_name(node: Node | None) -> str | None:
    """The column name of an expression; None where it has none ("expr" is used then)."""
    return _figure(node)[1]


def _figure(node: Node | None) -> tuple[int, str | None]:
    """The name and its strength: 2 for a good name, 1 for that of a type, 0 for none."""
    sort = kind(node)
    if node is None or not sort:
        return 0, None
    fields = node[sort]
    if sort in _FIXED:
        return 2, _FIXED[sort]
    if sort == "ColumnRef":
        return _last(fields.get("fields", []))
    if sort == "FuncCall":
        return _last(fields.get("funcname", []))
    if sort == "A_Indirection":
        strength, name = _last(fields.get("indirection", []))
        return (strength, name) if name else _figure(fields.get("arg"))
    if sort == "A_Expr":
        return (2, "nullif") if fields.get("kind") == "AEXPR_NULLIF" else (0, None)
    if sort == "TypeCast":
        strength, name = _figure(fields.get("arg"))
        if strength <= 1 and fields.get("typeName"):
            names = fields["typeName"].get("names", [])
            return 1, string(names[-1]) if names else None
        return strength, name
    if sort == "CollateClause":
        return _figure(fields.get("arg"))
    if sort == "CaseExpr":
        strength, name = _figure(fields.get("defresult"))
        return (1, "case") if strength <= 1 else (strength, name)
    if sort == "MinMaxExpr":
        return 2, "least" if fields.get("op") == "IS_LEAST" else "greatest"
    if sort == "SQLValueFunction":
        return 2, _VALUE_FUNCTIONS.get(fields.get("op", ""))
    if sort == "XmlExpr":
        return 2, _XML.get(fields.get("op", ""))
    if sort == "JsonFuncExpr":
        return 2, _JSON_FUNCTIONS.get(fields.get("op", ""))
    return 0, None


def _last(parts: list[Node]) -> tuple[int, str | None]:
    """The last name of a list that may hold stars and subscripts too."""
    names = [text for text in map(string, parts) if text is not None]
    return (2, names[-1]) if names else (0, None)
