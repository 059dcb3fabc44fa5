"""COMMENT, security labels, GRANT and REVOKE: what is said about objects, and to whom they are open."""

from __future__ import annotations

from ..operations import Comment, Operation, Relation, RenameObject
from .kinds import OF_A_TABLE, kind_name
from .parser import Node
from .statement import Read, StatementText, object_parts
from .tree import strings


def _comment(text: StatementText, node: Node) -> list[Operation]:
    kind = kind_name(node.get("objtype", ""))
    return [_about(text, node, kind, text.name(node.get("comment")))]


def _about(text: StatementText, node: Node, kind: str, comment: str | None) -> Comment:
    parts = object_parts(node.get("object", {}))
    relation = None
    if kind in OF_A_TABLE and len(parts) > 1:
        relation = text.qualified(parts[:-1])
    elif kind in ("table", "foreign table"):
        relation = text.qualified(parts)
    name = text.name(parts[-1]) if parts else None
    return Comment(kind=kind, name=name, relation=relation, text=comment, span=text.span)


def _label(text: StatementText, node: Node) -> list[Operation]:
    kind = kind_name(node.get("objtype", ""))
    name = text.qualified(object_parts(node.get("object", {})))
    return [RenameObject(kind=kind, name=name, clause="security label", span=text.span)]


def _grant(text: StatementText, node: Node) -> list[Operation]:
    """One operation for each object named; `ALL … IN SCHEMA` names the schema."""
    kind = kind_name(node.get("objtype", ""))
    clause = "grant" if node.get("is_grant") else "revoke"
    if node.get("targtype") == "ACL_TARGET_ALL_IN_SCHEMA":
        kind = f"all {kind}s in schema"
    names = [text.qualified(object_parts(item)) for item in node.get("objects", [])]
    return [RenameObject(kind=kind, name=name, clause=clause, span=text.span) for name in names]


def _grant_role(text: StatementText, node: Node) -> list[Operation]:
    clause = "grant" if node.get("is_grant") else "revoke"
    names = (text.name(item["AccessPriv"].get("priv_name")) for item in node.get("granted_roles", []))
    return [RenameObject(kind="role", name=Relation(name), clause=clause, span=text.span) for name in names]


def _default_privileges(text: StatementText, node: Node) -> list[Operation]:
    clause = "grant" if node.get("action", {}).get("is_grant") else "revoke"
    schemas = [
        name
        for item in node.get("options", [])
        if item["DefElem"]["defname"] == "schemas"
        for name in strings(item["DefElem"].get("arg", {}).get("List", {}).get("items", []))
    ]
    name = Relation(text.name(schemas[0]) if schemas else None)
    return [RenameObject(kind="default privileges", name=name, clause=clause, span=text.span)]


READERS: dict[str, Read] = {
    "CommentStmt": _comment,
    "SecLabelStmt": _label,
    "GrantStmt": _grant,
    "GrantRoleStmt": _grant_role,
    "AlterDefaultPrivilegesStmt": _default_privileges,
}
