"""VACUUM, ANALYZE, CLUSTER, REINDEX and REFRESH."""

from __future__ import annotations

from typing import Literal

from ..operations import Maintenance, Operation, RefreshMaterializedView, Reindex, Relation
from .parser import Node
from .statement import Read, StatementText
from .tree import is_true, options

_ReindexKind = Literal["index", "table", "schema", "database", "system"]
_KINDS: dict[str, _ReindexKind] = {
    "REINDEX_OBJECT_INDEX": "index",
    "REINDEX_OBJECT_TABLE": "table",
    "REINDEX_OBJECT_SCHEMA": "schema",
    "REINDEX_OBJECT_SYSTEM": "system",
    "REINDEX_OBJECT_DATABASE": "database",
}


def _reindex(text: StatementText, node: Node) -> list[Operation]:
    name = text.relation(node["relation"]) if "relation" in node else Relation(text.name(node.get("name")))
    return [
        Reindex(
            kind=_KINDS[node["kind"]],
            name=name,
            concurrently=is_true(options(node.get("params", [])).get("concurrently")),
            span=text.span,
        )
    ]


def _vacuum(text: StatementText, node: Node) -> list[Operation]:
    command: Literal["vacuum", "vacuum full", "analyze"] = "analyze"
    if node.get("is_vacuumcmd"):
        command = "vacuum full" if is_true(options(node.get("options", [])).get("full")) else "vacuum"
    relations = tuple(
        text.relation(item["VacuumRelation"].get("relation"))
        for item in node.get("rels", [])
        if "VacuumRelation" in item
    )
    return [Maintenance(command=command, relations=relations, span=text.span)]


def _cluster(text: StatementText, node: Node) -> list[Operation]:
    relations = (text.relation(node["relation"]),) if "relation" in node else ()
    return [Maintenance(command="cluster", relations=relations, span=text.span)]


def _refresh(text: StatementText, node: Node) -> list[Operation]:
    return [
        RefreshMaterializedView(
            name=text.relation(node["relation"]),
            concurrently=bool(node.get("concurrent")),
            with_data=not node.get("skipData", False),
            span=text.span,
        )
    ]


READERS: dict[str, Read] = {
    "ReindexStmt": _reindex,
    "VacuumStmt": _vacuum,
    "ClusterStmt": _cluster,
    "RefreshMatViewStmt": _refresh,
}
