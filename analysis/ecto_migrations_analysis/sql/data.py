"""Statements about rows: queries, changes, COPY, MERGE, TRUNCATE, LOCK."""

from __future__ import annotations

from typing import Any

from ..operations import (
    Delete,
    Expression,
    FunctionCall,
    Insert,
    LockTable,
    Operation,
    Select,
    SessionCommand,
    SetParameter,
    Truncate,
    Update,
)
from ..syntax.span import Span
from .bounds import is_bounded
from .holes import is_hole
from .literals import is_null
from .parser import Node
from .queries import calls, changes, function_names, locking, reads
from .statement import Read, StatementText
from .tables import table_from_query
from .tree import is_true, kind, options

_LOCK_MODES = {
    1: "ACCESS SHARE",
    2: "ROW SHARE",
    3: "ROW EXCLUSIVE",
    4: "SHARE UPDATE EXCLUSIVE",
    5: "SHARE",
    6: "SHARE ROW EXCLUSIVE",
    7: "EXCLUSIVE",
    8: "ACCESS EXCLUSIVE",
}


def _select(text: StatementText, node: Node) -> list[Operation]:
    operations = _changed_before(text, node)
    found = calls(node)
    if "intoClause" in node:
        query = {key: value for key, value in node.items() if key != "intoClause"}
        operations.append(table_from_query(text, node["intoClause"], query, False))
    else:
        operations.append(
            Select(
                reads=reads(text, node),
                locking=locking(node),
                functions=function_names(found),
                calls=found,
                span=text.span,
            )
        )
    operations.extend(_configured(text, found))
    return operations


def _configured(text: StatementText, found: tuple[FunctionCall, ...]) -> list[Operation]:
    """`set_config(name, value, is_local)` is SET in a query."""
    return [
        SetParameter(
            name=call.arguments[0].lower(),
            value=call.arguments[1],
            known=call.arguments[1] is not None,
            local=(call.arguments[2] or "").lower() in ("true", "t", "on", "1"),
            span=text.span,
        )
        for call in found
        if call.name == "set_config" and len(call.arguments) == 3 and call.arguments[0] is not None
    ]


def _changed_before(text: StatementText, node: Node) -> list[Operation]:
    """What the CTEs of a statement change."""
    operations: list[Operation] = []
    for query in changes(node):
        sort = kind(query)
        operations.extend(READERS[sort](text, query[sort]))
    return operations


def _span(text: StatementText, node: Node) -> Span:
    """The source of a statement that changes rows; one in a CTE is what its parentheses hold."""
    place = text.place(node.get("relation", {"location": -1}))
    if place is None:
        return text.span
    first, last = text.tokens.enclosing(place, text.first, text.last)
    return text.span_of(first, last)


def _insert(text: StatementText, node: Node) -> list[Operation]:
    query = node.get("selectStmt", {}).get("SelectStmt")
    rows: int | None = 1  # DEFAULT VALUES
    if query is not None:
        values = query.get("valuesLists")
        rows = len(values) if values else None
    names = (text.name(item["ResTarget"].get("name")) for item in node.get("cols", []))
    operation = Insert(
        relation=text.relation(node["relation"]),
        columns=tuple(name for name in names if name is not None),
        rows=rows,
        reads=reads(text, _without_target(node)),
        span=_span(text, node),
    )
    return [*_changed_before(text, node), operation]


def _update(text: StatementText, node: Node) -> list[Operation]:
    columns: list[str] = []
    nulled: list[str] = []
    for item in node.get("targetList", []):
        target = item["ResTarget"]
        name = text.name(target.get("name"))
        if name is None:
            continue
        columns.append(name)
        if is_null(_assigned(target.get("val"))):
            nulled.append(name)
    operation = Update(
        relation=text.relation(node["relation"]),
        columns=tuple(columns),
        restricted=_restricted(node),
        bounded=is_bounded(node),
        nulled=tuple(nulled),
        reads=reads(text, _without_target(node)),
        where=_where(text, node),
        span=_span(text, node),
    )
    return [*_changed_before(text, node), operation]


def _assigned(value: Node | None) -> Node | None:
    """The value of one column of `(a, b) = (1, NULL)`."""
    if not value or "MultiAssignRef" not in value:
        return value
    source = value["MultiAssignRef"]
    arguments = source.get("source", {}).get("RowExpr", {}).get("args", [])
    place = source.get("colno", 1) - 1
    return arguments[place] if place < len(arguments) else None


def _delete(text: StatementText, node: Node) -> list[Operation]:
    operation = Delete(
        relation=text.relation(node["relation"]),
        restricted=_restricted(node),
        bounded=is_bounded(node),
        reads=reads(text, _without_target(node)),
        where=_where(text, node),
        span=_span(text, node),
    )
    return [*_changed_before(text, node), operation]


def _restricted(node: Node) -> bool | None:
    """Whether there is a WHERE; None where an unknown piece at the end could be one.

    The grammar takes `DELETE FROM t #{x}` for an alias.
    """
    if "whereClause" in node:
        return True
    alias = node.get("relation", {}).get("alias", {}).get("aliasname", "")
    return None if is_hole(alias) else False


def _where(text: StatementText, node: Node) -> Expression | None:
    if "whereClause" not in node:
        return None
    return text.after("WHERE", node["whereClause"], "RETURNING")


def _without_target(node: Node) -> Node:
    return {key: value for key, value in node.items() if key != "relation"}


def _merge(text: StatementText, node: Node) -> list[Operation]:
    """The kinds of change that its WHEN clauses name, once each."""
    relation = text.relation(node["relation"])
    read = reads(text, _without_target(node))
    span = _span(text, node)
    clauses = [item["MergeWhenClause"] for item in node.get("mergeWhenClauses", [])]
    columns: dict[str, list[str]] = {}
    for clause in clauses:
        found = columns.setdefault(clause.get("commandType", ""), [])
        names = (text.name(item["ResTarget"].get("name")) for item in clause.get("targetList", []))
        found.extend(name for name in names if name is not None and name not in found)
    operations = _changed_before(text, node)
    if "CMD_INSERT" in columns:
        operations.append(
            Insert(relation=relation, columns=tuple(columns["CMD_INSERT"]), reads=read, span=span)
        )
    if "CMD_UPDATE" in columns:
        operations.append(
            Update(relation=relation, columns=tuple(columns["CMD_UPDATE"]), reads=read, span=span)
        )
    if "CMD_DELETE" in columns:
        operations.append(Delete(relation=relation, reads=read, span=span))
    if not columns.keys() & {"CMD_INSERT", "CMD_UPDATE", "CMD_DELETE"}:
        operations.append(Select(reads=(relation, *read), span=span))  # DO NOTHING
    return operations


def _copy(text: StatementText, node: Node) -> list[Operation]:
    if "query" in node:
        sort = kind(node["query"])
        return READERS[sort](text, node["query"][sort])
    relation = text.relation(node.get("relation"))
    if not node.get("is_from"):
        return [Select(reads=(relation,), span=text.span)]
    columns, _ = text.names(node.get("attlist", []))
    return [Insert(relation=relation, columns=columns, span=text.span)]


def _truncate(text: StatementText, node: Node) -> list[Operation]:
    return [
        Truncate(
            relations=text.relations(node.get("relations", [])),
            cascade=node.get("behavior") == "DROP_CASCADE",
            restart_identity=bool(node.get("restart_seqs")),
            span=text.span,
        )
    ]


def _lock(text: StatementText, node: Node) -> list[Operation]:
    return [
        LockTable(
            relations=text.relations(node.get("relations", [])),
            mode=_LOCK_MODES[node.get("mode", 8)],
            nowait=bool(node.get("nowait")),
            span=text.span,
        )
    ]


def _explain(text: StatementText, node: Node) -> list[Operation]:
    """EXPLAIN ANALYZE runs the statement; without it nothing happens."""
    query: dict[str, Any] = node.get("query", {})
    sort = kind(query)
    if is_true(options(node.get("options", [])).get("analyze")) and sort in READERS:
        return READERS[sort](text, query[sort])
    return [SessionCommand(command="explain", span=text.span)]


def _cursor(text: StatementText, node: Node) -> list[Operation]:
    query: dict[str, Any] = node.get("query", {})
    sort = kind(query)
    # parsenodes.h: CURSOR_OPT_HOLD. Such a cursor may be declared outside of a transaction.
    command = "declare with hold" if node.get("options", 0) & 0x20 else "declare"
    operations: list[Operation] = [SessionCommand(command=command, span=text.span)]
    return [*operations, *READERS[sort](text, query[sort])] if sort in READERS else operations


READERS: dict[str, Read] = {
    "SelectStmt": _select,
    "InsertStmt": _insert,
    "UpdateStmt": _update,
    "DeleteStmt": _delete,
    "MergeStmt": _merge,
    "CopyStmt": _copy,
    "TruncateStmt": _truncate,
    "LockStmt": _lock,
    "ExplainStmt": _explain,
    "DeclareCursorStmt": _cursor,
}
