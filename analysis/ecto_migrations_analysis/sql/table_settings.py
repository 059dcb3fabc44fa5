"""The clauses of ALTER TABLE and ALTER … that only set something, by the names of libpg_query's tree."""

from __future__ import annotations

from .parser import Node
from .statement import StatementText
from .tree import items, string

COLUMN_SETTINGS = {
    "AT_SetStatistics": "set statistics",
    "AT_SetOptions": "set",
    "AT_ResetOptions": "reset",
    "AT_SetStorage": "set storage",
    "AT_SetCompression": "set compression",
    "AT_SetIdentity": "set identity",
    "AT_DropIdentity": "drop identity",
    "AT_AlterColumnGenericOptions": "options",
}

TABLE_SETTINGS = {
    "AT_ChangeOwner": "owner to",
    "AT_ClusterOn": "cluster on",
    "AT_DropCluster": "set without cluster",
    "AT_DropOids": "set without oids",
    "AT_SetLogged": "set logged",
    "AT_SetUnLogged": "set unlogged",
    "AT_SetAccessMethod": "set access method",
    "AT_SetTableSpace": "set tablespace",
    "AT_SetRelOptions": "set",
    "AT_ResetRelOptions": "reset",
    "AT_AddInherit": "inherit",
    "AT_DropInherit": "no inherit",
    "AT_AddOf": "of",
    "AT_DropOf": "not of",
    "AT_ReplicaIdentity": "replica identity",
    "AT_EnableTrig": "enable trigger",
    "AT_EnableTrigAll": "enable trigger",
    "AT_EnableTrigUser": "enable trigger",
    "AT_EnableAlwaysTrig": "enable always trigger",
    "AT_EnableReplicaTrig": "enable replica trigger",
    "AT_DisableTrig": "disable trigger",
    "AT_DisableTrigAll": "disable trigger",
    "AT_DisableTrigUser": "disable trigger",
    "AT_EnableRule": "enable rule",
    "AT_EnableAlwaysRule": "enable always rule",
    "AT_EnableReplicaRule": "enable replica rule",
    "AT_DisableRule": "disable rule",
    "AT_EnableRowSecurity": "enable row level security",
    "AT_DisableRowSecurity": "disable row level security",
    "AT_ForceRowSecurity": "force row level security",
    "AT_NoForceRowSecurity": "no force row level security",
    "AT_GenericOptions": "options",
}

# ReplicaIdentityStmt.identity_type (catalog/pg_class.h, REPLICA_IDENTITY_…).
_IDENTITY = {"d": "default", "f": "full", "n": "nothing"}


def subject(text: StatementText, node: Node) -> str | None:
    """The name that a clause mentions: a trigger, a role, a tablespace, a parent table."""
    action = node.get("subtype", "")
    if action.endswith("TrigAll"):
        return "all"
    if action.endswith("TrigUser"):
        return "user"
    if "newowner" in node:
        return role_name(text, node["newowner"])
    definition = node.get("def", {})
    if "RangeVar" in definition:
        relation = text.relation(definition["RangeVar"])
        return None if relation.name is None else str(relation)
    if "TypeName" in definition:
        return text.name(".".join(filter(None, map(string, definition["TypeName"].get("names", [])))))
    if "ReplicaIdentityStmt" in definition:
        identity = definition["ReplicaIdentityStmt"]
        return _IDENTITY.get(identity.get("identity_type", "")) or text.name(identity.get("name"))
    return text.name(node.get("name"))


def parameters(node: Node) -> tuple[str, ...]:
    """The names of the storage parameters that a clause sets or resets."""
    found = [item["DefElem"] for item in items(node.get("def")) if "DefElem" in item]
    return tuple(
        f"{item['defnamespace']}.{item['defname']}" if item.get("defnamespace") else item["defname"]
        for item in found
    )


def role_name(text: StatementText, role: Node) -> str | None:
    """The name of a (bare) RoleSpec; "current_user" and its like where no role is named."""
    if role.get("roletype") == "ROLESPEC_CSTRING":
        return text.name(role.get("rolename"))
    return str(role.get("roletype", "")).removeprefix("ROLESPEC_").lower() or None
