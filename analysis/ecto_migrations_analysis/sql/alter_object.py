"""ALTER and RENAME of everything, except the actions of ALTER TABLE on tables."""

from __future__ import annotations

from ..operations import (
    AttachIndexPartition,
    Operation,
    Relation,
    RenameColumn,
    RenameConstraint,
    RenameIndex,
    RenameObject,
    RenameTable,
    SetTableSchema,
)
from ..syntax.span import Span
from .kinds import OF_A_TABLE, kind_name
from .parser import Node
from .statement import Read, StatementText, object_parts
from .table_settings import COLUMN_SETTINGS, TABLE_SETTINGS, role_name, subject
from .tree import options

_TABLES = ("table", "foreign table")

# What ALTER VIEW, ALTER INDEX and ALTER TYPE can do beyond settings.
_OTHER_ACTIONS = {
    "AT_AddColumn": "add attribute",
    "AT_DropColumn": "drop attribute",
    "AT_AlterColumnType": "alter attribute",
    "AT_ColumnDefault": "set default",
    "AT_AttachPartition": "attach partition",
}


def alter_object(text: StatementText, node: Node) -> list[Operation]:
    """ALTER INDEX, VIEW, MATERIALIZED VIEW, SEQUENCE or TYPE in the form of an ALTER TABLE statement."""
    name = text.relation(node["relation"])
    kind = kind_name(node.get("objtype", ""))
    operations: list[Operation] = []
    for item in node.get("cmds", []):
        command = item["AlterTableCmd"]
        action = command.get("subtype", "")
        if action == "AT_AttachPartition":
            child = text.relation(command["def"]["PartitionCmd"]["name"])
            operations.append(AttachIndexPartition(name=name, child=child, span=text.span))
            continue
        clause = (
            TABLE_SETTINGS.get(action)
            or COLUMN_SETTINGS.get(action)
            or _OTHER_ACTIONS.get(action)
            or action.removeprefix("AT_").lower()
        )
        to = subject(text, command) if action in TABLE_SETTINGS else None
        operations.append(RenameObject(kind=kind, name=name, clause=clause, to=to, span=text.span))
    return operations


def _rename(text: StatementText, node: Node) -> list[Operation]:
    kind = kind_name(node["renameType"])
    to = text.name(node.get("newname"))
    if "relation" not in node:
        return [_renamed(text, kind, node.get("object"), node, to)]
    relation = text.relation(node["relation"])
    place = text.relation_span(node["relation"])
    missing_ok = bool(node.get("missing_ok"))
    old = text.name(node.get("subname"))
    only = not node["relation"].get("inh", False)
    if kind == "column" and kind_name(node.get("relationType", "")) in _TABLES:
        return [
            RenameColumn(
                relation=relation,
                relation_span=place,
                table_if_exists=missing_ok,
                only=only,
                column=old,
                column_span=_before_to(text),
                to=to,
                span=text.span,
            )
        ]
    if kind == "constraint":
        return [
            RenameConstraint(
                relation=relation,
                relation_span=place,
                table_if_exists=missing_ok,
                only=only,
                name=old,
                to=to,
                span=text.span,
            )
        ]
    if kind in _TABLES:
        return [
            RenameTable(
                relation=relation, relation_span=place, table_if_exists=missing_ok, to=to, span=text.span
            )
        ]
    if kind == "index":
        return [RenameIndex(name=relation, to=to, if_exists=missing_ok, span=text.span)]
    if kind in ("column", "attribute"):
        owner = kind_name(node["relationType"]) if kind == "column" else "type"
        return [RenameObject(kind=owner, name=relation, clause=f"rename {kind}", to=to, span=text.span)]
    if kind in OF_A_TABLE:
        return [
            RenameObject(
                kind=kind, name=Relation(old), relation=relation, clause="rename to", to=to, span=text.span
            )
        ]
    return [RenameObject(kind=kind, name=relation, clause="rename to", to=to, span=text.span)]


def _renamed(text: StatementText, kind: str, named: Node | None, node: Node, to: str | None) -> RenameObject:
    if named is None:  # schemas, databases, roles, one bare name
        return RenameObject(
            kind=kind,
            name=Relation(text.name(node.get("subname"))),
            clause="rename to",
            to=to,
            span=text.span,
        )
    clause = "rename constraint" if kind == "domain constraint" else "rename to"
    kind = "domain" if kind == "domain constraint" else kind
    return RenameObject(
        kind=kind, name=text.qualified(object_parts(named)), clause=clause, to=to, span=text.span
    )


def _before_to(text: StatementText) -> Span:
    """The name before TO: the column of `RENAME COLUMN a TO b`."""
    last = text.last - 1
    while last > text.first and text.tokens.word(last) != "TO":
        last -= 1
    return text.span_of(last - 1, last)


def _set_schema(text: StatementText, node: Node) -> list[Operation]:
    kind = kind_name(node["objectType"])
    schema = text.name(node.get("newschema"))
    if kind in _TABLES and "relation" in node:
        return [
            SetTableSchema(
                relation=text.relation(node["relation"]),
                relation_span=text.relation_span(node["relation"]),
                table_if_exists=bool(node.get("missing_ok")),
                schema=schema,
                span=text.span,
            )
        ]
    return [RenameObject(kind=kind, name=_object(text, node), clause="set schema", to=schema, span=text.span)]


def _owner(text: StatementText, node: Node) -> list[Operation]:
    return [
        RenameObject(
            kind=kind_name(node["objectType"]),
            name=_object(text, node),
            clause="owner to",
            to=role_name(text, node.get("newowner", {})),
            span=text.span,
        )
    ]


def _depends(text: StatementText, node: Node) -> list[Operation]:
    kind = kind_name(node["objectType"])
    named = object_parts(node["object"]) if "object" in node else []
    of_table = kind in OF_A_TABLE and bool(named)
    return [
        RenameObject(
            kind=kind,
            name=text.qualified(named) if named else text.relation(node.get("relation")),
            relation=text.relation(node["relation"]) if of_table and "relation" in node else None,
            clause="no depends on extension" if node.get("remove") else "depends on extension",
            to=text.name(node.get("extname", {}).get("sval")),
            span=text.span,
        )
    ]


def _object(text: StatementText, node: Node) -> Relation:
    if "relation" in node:
        return text.relation(node["relation"])
    return text.qualified(object_parts(node.get("object", {})))


def _sequence(text: StatementText, node: Node) -> list[Operation]:
    settings = options(node.get("options", []))
    owner = settings.get("owned_by")
    parts = object_parts(owner["arg"]) if owner else []
    return [
        RenameObject(
            kind="sequence",
            name=text.relation(node["sequence"]),
            # `as` is the one that can matter: the sequence's values are checked against the new range.
            clause=" ".join(name.replace("_", " ") for name in settings) or "alter",
            relation=text.qualified(parts[:-1]) if len(parts) > 1 else None,
            span=text.span,
        )
    ]


def _function(text: StatementText, node: Node) -> list[Operation]:
    kind = kind_name(node.get("objtype", "OBJECT_FUNCTION"))
    named = {"ObjectWithArgs": node.get("func", {})}
    return [RenameObject(kind=kind, name=text.qualified(object_parts(named)), clause="alter", span=text.span)]


def _policy(text: StatementText, node: Node) -> list[Operation]:
    return [
        RenameObject(
            kind="policy",
            name=Relation(text.name(node.get("policy_name"))),
            relation=text.relation(node["table"]),
            clause="alter",
            span=text.span,
        )
    ]


def _extension(text: StatementText, node: Node) -> list[Operation]:
    clause = "update"
    if "action" in node:
        clause = "add" if node["action"] > 0 else "drop"
    name = Relation(text.name(node.get("extname")))
    return [RenameObject(kind="extension", name=name, clause=clause, span=text.span)]


def _statistics(text: StatementText, node: Node) -> list[Operation]:
    return [
        RenameObject(
            kind="statistics",
            name=text.named(node.get("defnames", [])),
            clause="set statistics",
            span=text.span,
        )
    ]


def _publication(text: StatementText, node: Node) -> list[Operation]:
    return [
        RenameObject(
            kind="publication",
            name=Relation(text.name(node.get("pubname"))),
            clause=text.tokens.word(text.first + 3).lower() or "alter",
            relations=published(text, node),
            span=text.span,
        )
    ]


def published(text: StatementText, node: Node) -> tuple[Relation, ...]:
    """The tables of a publication."""
    tables = (item.get("PublicationObjSpec", {}).get("pubtable") for item in node.get("pubobjects", []))
    return tuple(text.relation(table["relation"]) for table in tables if table)


def _database(text: StatementText, node: Node) -> list[Operation]:
    moves = "tablespace" in options(node.get("options", []))
    return [
        RenameObject(
            kind="database",
            name=Relation(text.name(node.get("dbname"))),
            clause="set tablespace" if moves else "alter",
            span=text.span,
        )
    ]


def _simple(kind: str, *fields: str) -> Read:
    """ALTER of an object whose name is one string or a list in the first of `fields` that is there."""

    def read(text: StatementText, node: Node) -> list[Operation]:
        value = next((node[field] for field in fields if field in node), None)
        if isinstance(value, str):
            name = Relation(text.name(value))
        elif isinstance(value, list):
            name = text.named(value)
        elif isinstance(value, dict) and "roletype" in value:
            name = Relation(role_name(text, value))
        else:
            name = text.qualified(object_parts(value or {}))
        return [RenameObject(kind=kind, name=name, clause="alter", span=text.span)]

    return read


def _type(text: StatementText, node: Node) -> list[Operation]:
    return [
        RenameObject(kind="type", name=text.named(node.get("typeName", [])), clause="set", span=text.span)
    ]


READERS: dict[str, Read] = {
    "RenameStmt": _rename,
    "AlterObjectSchemaStmt": _set_schema,
    "AlterOwnerStmt": _owner,
    "AlterObjectDependsStmt": _depends,
    "AlterSeqStmt": _sequence,
    "AlterFunctionStmt": _function,
    "AlterPolicyStmt": _policy,
    "AlterExtensionStmt": _extension,
    "AlterExtensionContentsStmt": _extension,
    "AlterStatsStmt": _statistics,
    "AlterPublicationStmt": _publication,
    "AlterTypeStmt": _type,
    "AlterRoleStmt": _simple("role", "role"),
    "AlterRoleSetStmt": _simple("role", "role"),
    "AlterDatabaseStmt": _database,
    "AlterDatabaseSetStmt": _simple("database", "dbname"),
    "AlterDatabaseRefreshCollStmt": _simple("database", "dbname"),
    "AlterTableSpaceOptionsStmt": _simple("tablespace", "tablespacename"),
    "AlterCollationStmt": _simple("collation", "collname"),
    "AlterEventTrigStmt": _simple("event trigger", "trigname"),
    "AlterFdwStmt": _simple("foreign data wrapper", "fdwname"),
    "AlterForeignServerStmt": _simple("server", "servername"),
    "AlterUserMappingStmt": _simple("user mapping", "servername"),
    "AlterOpFamilyStmt": _simple("operator family", "opfamilyname"),
    "AlterOperatorStmt": _simple("operator", "opername"),
    "AlterSubscriptionStmt": _simple("subscription", "subname"),
    "AlterTSConfigurationStmt": _simple("text search configuration", "cfgname"),
    "AlterTSDictionaryStmt": _simple("text search dictionary", "dictname"),
}
