"""How volatile functions and expressions are.

PostgreSQL manual, "Function Volatility Categories". What matters here: a default that is not volatile is
evaluated once when a column is added, and the table is not rewritten (`StoreAttrDefault`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeAlias

from ..operations import Relation
from .holes import is_hole
from .literals import is_constant, is_literal
from .parser import Node
from .tree import kind, string, strings

Volatility: TypeAlias = Literal["constant", "immutable", "stable", "volatile", "unknown"]

# What is known to be volatile stays so, whatever else is unknown.
_ORDER: dict[Volatility, int] = {"constant": 0, "immutable": 1, "stable": 2, "unknown": 3, "volatile": 4}
_WORDS: dict[str, Volatility] = {"immutable": "immutable", "stable": "stable", "volatile": "volatile"}


def worst(*found: Volatility) -> Volatility:
    """The most volatile one; "constant" of none."""
    return max(found, key=_ORDER.__getitem__, default="constant")


@cache
def table(section: str) -> Mapping[str, Volatility]:
    """The names of a section of volatility.txt (`function`, `operator`, `extension`)."""
    # Here, because it takes longer to import than to use, and few migrations have a default by a function.
    # Not importlib.resources, which takes longer to load than this to read.
    from pkgutil import get_data

    text = (get_data(__package__, "volatility.txt") or b"").decode()
    found: dict[str, Volatility] = {}
    for line in text.splitlines():
        if line.startswith(section + " "):
            _, word, *names = line.split(" ")
            found.update(dict.fromkeys(names, _WORDS[word]))
    return found


def is_built_in(name: str) -> bool:
    """Whether PostgreSQL itself has a function of this name."""
    return name in table("function")


def function_volatility(name: str, schema: str | None, functions: Mapping[Relation, str]) -> Volatility:
    """The volatility of a function by its name: of built-in ones, of `functions`, of extensions.

    The worst of all overloads, since the types of the arguments are not known. An unqualified name can be a
    function of the project beside a built-in one; one in another schema is never built in.
    """
    found: list[Volatility] = []
    if schema in (None, "pg_catalog") and name in table("function"):
        found.append(table("function")[name])
    if schema != "pg_catalog":
        key = Relation(name) if schema == "public" else Relation(name, schema)
        declared = functions.get(key)
        if declared is not None:
            found.append(_WORDS.get(declared.lower(), "unknown"))
        elif not found and name in table("extension"):
            found.append(table("extension")[name])
    return worst(*found) if found else "unknown"


def operator_volatility(name: str) -> Volatility:
    """The volatility of an operator of the same name in `pg_catalog`."""
    return table("operator").get(name, "unknown")


# Expressions that are as volatile as their parts.
_TRANSPARENT = {
    "A_ArrayExpr",
    "A_Indices",
    "A_Indirection",
    "BoolExpr",
    "BooleanTest",
    "CaseExpr",
    "CaseWhen",
    "CoalesceExpr",
    "CollateClause",
    "List",
    "MinMaxExpr",
    "NamedArgExpr",
    "NullTest",
    "RowExpr",
}
# What the session, the clock, the locale or a table decides; JSON and XML functions depend on settings.
_STABLE = {
    "JsonArrayConstructor",
    "JsonFuncExpr",
    "JsonIsPredicate",
    "JsonObjectConstructor",
    "JsonParseExpr",
    "JsonScalarExpr",
    "JsonSerializeExpr",
    "SQLValueFunction",
    "XmlExpr",
    "XmlSerialize",
}
# Operators that the grammar writes as words.
_OPERATORS = {
    "AEXPR_DISTINCT": "=",
    "AEXPR_NOT_DISTINCT": "=",
    "AEXPR_NULLIF": "=",
    "AEXPR_IN": "=",
    "AEXPR_BETWEEN": "<=",
    "AEXPR_NOT_BETWEEN": "<=",
    "AEXPR_BETWEEN_SYM": "<=",
    "AEXPR_NOT_BETWEEN_SYM": "<=",
}
_SCHEMA_OF_TYPES = "pg_catalog"


def tree_volatility(node: Node | None, functions: Mapping[Relation, str]) -> Volatility:
    """The volatility of a (wrapped) expression of the tree."""
    sort = kind(node)
    if not node or not sort:
        return "constant"
    fields = node[sort]
    if sort == "A_Const":
        return "constant" if is_literal(node) and not _is_hole_literal(fields) else "unknown"
    if sort in ("ColumnRef", "SetToDefault", "A_Star", "String"):
        return "unknown" if any(map(is_hole, strings(fields.get("fields", [])))) else "immutable"
    if sort in _TRANSPARENT:
        return _parts(fields, functions)
    if sort in _STABLE:
        return worst("stable", _parts(fields, functions))
    if sort == "FuncCall":
        return worst(_call(fields, functions), _parts(fields, functions, "funcname"))
    if sort == "A_Expr":
        return _operation(fields, node, functions)
    if sort == "TypeCast":
        return _cast(fields, functions)
    return "unknown"


def _parts(fields: Node, functions: Mapping[Relation, str], *without: str) -> Volatility:
    found: list[Volatility] = []
    for name, value in fields.items():
        if name in without:
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and kind(item)[:1].isupper():
                found.append(tree_volatility(item, functions))
    return worst(*found)


def _is_hole_literal(fields: Node) -> bool:
    return is_hole(fields.get("sval", {}).get("sval", ""))


def _call(fields: Node, functions: Mapping[Relation, str]) -> Volatility:
    names = strings(fields.get("funcname", []))
    if not names or any(map(is_hole, names)):
        return "unknown"
    return function_volatility(names[-1], names[-2] if len(names) > 1 else None, functions)


def _operation(fields: Node, node: Node, functions: Mapping[Relation, str]) -> Volatility:
    if is_literal(node):
        return "constant"
    parts = _parts(fields, functions, "name")
    names = strings(fields.get("name", []))
    if len(names) > 1 and names[0] != "pg_catalog":
        return worst("unknown", parts)
    operator = _OPERATORS.get(fields.get("kind", ""), names[-1] if names else "")
    found = operator_volatility(operator)
    operands = [fields.get("lexpr"), fields.get("rexpr")]
    if found == "stable" and any(_is_number(operand) for operand in operands):
        # The stable ones take a point of time, or a text with anything, never a number.
        found = "immutable" if operator != "||" else found
    return worst("immutable", found, parts)


def _is_number(node: Node | None) -> bool:
    return bool(node) and is_literal(node) and string(node or {}) is None and not _is_null(node or {})


def _is_null(node: Node) -> bool:
    constant = node.get("A_Const", {})
    return bool(constant.get("isnull")) or "boolval" in constant


def _cast(fields: Node, functions: Mapping[Relation, str]) -> Volatility:
    inner = tree_volatility(fields.get("arg"), functions)
    if inner == "constant" and is_constant({"TypeCast": fields}):
        return "constant"
    names = strings(fields.get("typeName", {}).get("names", []))
    if any(map(is_hole, names)):
        return worst("unknown", inner)
    # No cast of PostgreSQL's own types is volatile; those of other types are known to their makers.
    own = names[:1] == [_SCHEMA_OF_TYPES] or (len(names) == 1 and names[0] in _OWN_TYPES)
    return worst("stable" if own else "unknown", inner)


# Types that are written without schema: the grammar puts `pg_catalog` before those it knows itself.
_OWN_TYPES = frozenset(
    """
    bit bool box bpchar bytea char cidr circle date daterange float4 float8 inet int2 int4 int8 int4range
    int8range interval json jsonb jsonpath line lseg macaddr macaddr8 money name numeric numrange oid path
    pg_lsn point polygon regclass regconfig regproc regprocedure regrole regtype text tid time timestamp
    timestamptz timetz tsquery tsrange tstzrange tsvector txid_snapshot uuid varbit varchar xml
    """.split()  # noqa: SIM905
)
