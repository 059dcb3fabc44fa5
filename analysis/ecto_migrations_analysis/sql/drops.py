"""DROP of everything."""

from __future__ import annotations

from ..operations import DropIndex, DropObject, DropTable, DropView, Operation, Relation
from ..syntax.span import Span
from .kinds import OF_A_TABLE, kind_name
from .parser import Node
from .statement import Read, StatementText, object_parts
from .table_settings import role_name


def _drop(text: StatementText, node: Node) -> list[Operation]:
    """One operation for each object named; the span of one among several is that of its name."""
    objects = node.get("objects", [])
    places = _places(text, len(objects))
    return [_one(text, node, item, place) for item, place in zip(objects, places, strict=True)]


def _one(text: StatementText, node: Node, item: Node, place: Span) -> Operation:
    kind = kind_name(node["removeType"])
    parts = object_parts(item)
    if_exists = bool(node.get("missing_ok"))
    cascade = node.get("behavior") == "DROP_CASCADE"
    span = text.span if len(node["objects"]) == 1 else place
    if kind == "table":
        return DropTable(
            relation=text.qualified(parts),
            relation_span=place,
            if_exists=if_exists,
            cascade=cascade,
            span=span,
        )
    if kind == "index":
        return DropIndex(
            name=text.qualified(parts),
            concurrently=bool(node.get("concurrent")),
            if_exists=if_exists,
            cascade=cascade,
            relation_span=place,
            span=span,
        )
    if kind in ("view", "materialized view"):
        return DropView(
            name=text.qualified(parts),
            materialized=kind != "view",
            if_exists=if_exists,
            cascade=cascade,
            span=span,
        )
    relation = None
    if kind in OF_A_TABLE and len(parts) > 1:
        relation = text.qualified(parts[:-1])
        parts = parts[-1:]
    return DropObject(
        kind=kind,
        # A cast has two types and no name.
        name=Relation(None) if kind == "cast" else text.qualified(parts),
        relation=relation,
        if_exists=if_exists,
        cascade=cascade,
        span=span,
    )


def _places(text: StatementText, count: int) -> list[Span]:
    """Where the names stand: the parts between the commas, without what stands before and behind."""
    ranges = text.tokens.split(text.first + 1, text.last)
    if len(ranges) != count:
        return [text.span] * count
    first, last = ranges[0]
    while first < last and text.tokens.items[first].keyword and text.tokens.is_word(first, *_BEFORE):
        first += 1
    ranges[0] = (first, last)
    first, last = ranges[-1]
    if last - first > 1 and text.tokens.is_word(last - 1, "CASCADE", "RESTRICT"):
        ranges[-1] = (first, last - 1)
    return [text.span_of(*place) for place in ranges]


_BEFORE = (
    "TABLE", "INDEX", "VIEW", "MATERIALIZED", "SEQUENCE", "TYPE", "DOMAIN", "SCHEMA", "EXTENSION", "FUNCTION",
    "PROCEDURE", "ROUTINE", "AGGREGATE", "TRIGGER", "POLICY", "RULE", "STATISTICS", "COLLATION", "FOREIGN",
    "CONCURRENTLY", "IF", "EXISTS",
)  # fmt: skip


def _simple(kind: str, field: str) -> Read:
    """DROP of an object whose name is one string."""

    def read(text: StatementText, node: Node) -> list[Operation]:
        name = Relation(text.name(node.get(field)))
        if_exists = bool(node.get("missing_ok"))
        return [DropObject(kind=kind, name=name, if_exists=if_exists, span=text.span)]

    return read


def _roles(text: StatementText, node: Node) -> list[Operation]:
    return [
        DropObject(
            kind="role",
            name=Relation(role_name(text, item.get("RoleSpec", {}))),
            if_exists=bool(node.get("missing_ok")),
            span=text.span,
        )
        for item in node.get("roles", [])
    ]


READERS: dict[str, Read] = {
    "DropStmt": _drop,
    "DropRoleStmt": _roles,
    "DropdbStmt": _simple("database", "dbname"),
    "DropTableSpaceStmt": _simple("tablespace", "tablespacename"),
    "DropSubscriptionStmt": _simple("subscription", "subname"),
    "DropUserMappingStmt": _simple("user mapping", "servername"),
}
