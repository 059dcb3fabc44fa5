"""UPDATE and DELETE in SQL, as one that writes the rows of a batch: `… WHERE id = ANY($1) AND …`.

The text stays as it is; only the condition on the key is put in.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

from ...operations import Delete, Relation, Update
from ...program.terms import Text
from ...schema.state import Schema
from .. import sql_names

# Applied to their own result, they change nothing; and neither do all of them, one on the other.
_SAME_TWICE = frozenset({"lower", "btrim", "ltrim", "rtrim"})


def batched(
    text: Text,
    operation: Update | Delete,
    key: str,
    new: str | None,
    functions: Mapping[Relation, str],
) -> str | None:
    """The statement for the rows whose keys are `$1`, and, where `new` is given, that hold NULL there.

    None where it cannot be done in batches.
    It must do the same for a row whatever happens to the others, and nothing more when it is run again.
    """
    from ...sql.parser import Refusal, parse, scan
    from ...sql.tokens import Tokens
    from ...sql.tree import body, kind

    sql = _dedented(text.value) if text.value is not None else None
    if sql is None or Schema.key(operation.relation) in map(Schema.key, operation.reads):
        return None
    tree = parse(sql)
    if isinstance(tree, Refusal) or len(tree) != 1:
        return None
    statement = tree[0]["stmt"]
    if kind(statement) not in ("UpdateStmt", "DeleteStmt"):
        return None
    fields = body(statement)
    if "withClause" in fields or "returningList" in fields or _has_parameter(fields):
        return None
    joined = [*fields.get("fromClause", []), *fields.get("usingClause", [])]
    if not all(_is_join_of_tables(item) for item in joined):
        return None
    names = _names_of(fields["relation"])
    if kind(statement) == "UpdateStmt" and not _same_twice(fields, names, functions):
        return None
    tokens = Tokens(sql, [token for token in scan(sql) if token.name != "ASCII_59"])
    if not tokens.items:
        return None
    end = tokens.items[-1].end
    qualified = joined or "alias" in fields["relation"] or operation.reads
    of = f"{sql_names.name(names[-1])}." if qualified else ""
    condition = f"{of}{sql_names.name(key)} = ANY($1)"
    if new is not None:
        condition += f" AND {of}{sql_names.name(new)} IS NULL"
    where = tokens.find(["WHERE"], 0, len(tokens.items))
    if (where is not None) != ("whereClause" in fields):
        return None
    start = tokens.items[0].start
    if where is None:
        gap = "\n" if "\n" in sql[start:end] else " "
        return f"{sql[start:end]}{gap}WHERE {condition}"
    behind = tokens.items[where].end
    rest = sql[behind:end].strip()
    if _is_any_of(fields["whereClause"]) and tokens.close(where + 1) != len(tokens.items) - 1:
        rest = f"({rest})"
    return f"{sql[start:behind]} {condition} AND {rest}"


def _dedented(sql: str) -> str:
    """The lines without the white space that all of them have; as it is where a string goes over lines."""
    if re.search(r"'[^'\n]*\n", re.sub(r"'[^'\n]*'", "", sql)) or "$$" in sql:
        return sql
    first, newline, rest = sql.strip("\n").partition("\n")
    if not first.strip() or first != first.lstrip():
        return textwrap.dedent(sql.strip("\n"))
    return first + newline + textwrap.dedent(rest)


def _names_of(relation: Mapping[str, object]) -> list[str]:
    """What columns of the table may be qualified with: its name, and last the alias that counts."""
    names = [str(relation.get("relname", ""))]
    alias = relation.get("alias")
    if isinstance(alias, Mapping):
        return [str(alias.get("aliasname", ""))]
    return names


def _is_any_of(where: Mapping[str, Mapping[str, object]]) -> bool:
    return where.get("BoolExpr", {}).get("boolop") == "OR_EXPR"


def _is_join_of_tables(node: Mapping[str, object]) -> bool:
    """Tables and joins of tables: what is computed in FROM would be computed for each batch."""
    if "RangeVar" in node:
        return True
    join = node.get("JoinExpr")
    if not isinstance(join, Mapping):
        return False
    return _is_join_of_tables(join["larg"]) and _is_join_of_tables(join["rarg"])


def _has_parameter(fields: object) -> bool:
    from ...sql.tree import walk

    return any(key == "ParamRef" for key, _ in walk(fields))


# --- the same when it is run again -------------------------------------------------------------------------


def _same_twice(fields: dict, names: list[str], functions: Mapping[Relation, str]) -> bool:  # type: ignore[type-arg]
    """Whether a row that was written comes out the same, or is left out by the WHERE."""
    targets = [item["ResTarget"] for item in fields.get("targetList", [])]
    columns = {target.get("name", "") for target in targets}
    if any("indirection" in target for target in targets):
        return False
    if columns & _wanted_null(fields.get("whereClause"), names):
        return True
    for target in targets:
        value = target.get("val")
        if _kept(value, target.get("name", ""), names):
            continue
        if _reads(value, columns, names) or _is_by_chance(value, functions):
            return False
    return True


def _wanted_null(where: dict | None, names: list[str]) -> set[str]:  # type: ignore[type-arg]
    """The columns that the condition wants to be NULL, whatever else it wants."""
    if not where:
        return set()
    both = where.get("BoolExpr", {})
    if both.get("boolop") == "AND_EXPR":
        return set().union(*(_wanted_null(item, names) for item in both.get("args", [])))
    test = where.get("NullTest", {})
    if test.get("nulltesttype") != "IS_NULL":
        return set()
    name = _own_column(test.get("arg"), names)
    return {name} if name is not None else set()


def _own_column(node: dict | None, names: list[str]) -> str | None:  # type: ignore[type-arg]
    """The name of a column of the table that is written; an unqualified one may be that."""
    from ...sql.tree import strings

    parts = strings((node or {}).get("ColumnRef", {}).get("fields", []))
    if len(parts) == 1 or (len(parts) == 2 and parts[0] in names):
        return parts[-1]
    return None


def _kept(value: dict | None, column: str, names: list[str]) -> bool:  # type: ignore[type-arg]
    """Whether the value of a column that has been written so is its own: `lower(c)`, `coalesce(c, …)`."""
    from ...sql.tree import strings

    if not value:
        return False
    together = value.get("CoalesceExpr", {}).get("args", [])
    if together:
        return _own_column(together[0], names) == column
    call = value.get("FuncCall", {})
    called = strings(call.get("funcname", []))
    arguments = call.get("args", [])
    if called and called[-1] in _SAME_TWICE and len(arguments) == 1:
        return _own_column(arguments[0], names) == column or _kept(arguments[0], column, names)
    return False


def _reads(value: object, columns: set[str], names: list[str]) -> bool:
    from ...sql.tree import walk

    return any(
        key == "ColumnRef" and _own_column({"ColumnRef": fields}, names) in columns
        for key, fields in walk(value)
    )


def _is_by_chance(value: object, functions: Mapping[Relation, str]) -> bool:
    """Whether a function in it may give something else each time; the time of writing does not count."""
    from ...sql.tree import strings, walk
    from ...sql.volatility import function_volatility

    for key, fields in walk(value):
        if key != "FuncCall":
            continue
        called = strings(fields.get("funcname", []))
        schema = called[-2] if len(called) > 1 else None
        if function_volatility(called[-1], schema, functions) in ("volatile", "unknown"):
            return True
    return False
