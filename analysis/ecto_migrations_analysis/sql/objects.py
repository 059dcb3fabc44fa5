"""CREATE of everything but tables and indexes."""

from __future__ import annotations

from ..databases.postgres.names import joined, unused_name
from ..operations import (
    AddEnumValue,
    AlterDomain,
    CreateDomain,
    CreateEnum,
    CreateIndex,
    CreateObject,
    CreatePolicy,
    CreateTable,
    CreateTrigger,
    CreateView,
    Operation,
    Relation,
    RenameEnumValue,
)
from ..records import replace
from .alter_object import published
from .kinds import kind_name
from .parser import Node
from .queries import columns_named, reads
from .statement import Read, StatementText, object_parts
from .tree import options
from .types import data_type

# pg_trigger.h, TRIGGER_TYPE_….
_EVENTS = {4: "insert", 8: "delete", 16: "update", 32: "truncate"}

_DOMAIN_CLAUSES = {
    "T": "set default",
    "N": "drop not null",
    "O": "set not null",
    "C": "add constraint",
    "X": "drop constraint",
    "V": "validate constraint",
}


def _enum(text: StatementText, node: Node) -> list[Operation]:
    values, complete = text.names(node.get("vals", []))
    name = text.named(node["typeName"])
    return [CreateEnum(name=name, values=values, complete=complete, span=text.span)]


def _alter_enum(text: StatementText, node: Node) -> list[Operation]:
    name = text.named(node["typeName"])
    value = text.name(node.get("newVal"))
    if "oldVal" in node:
        return [RenameEnumValue(name=name, value=text.name(node["oldVal"]), to=value, span=text.span)]
    neighbour = text.name(node.get("newValNeighbor"))
    position = None
    if neighbour is not None:
        position = ("after" if node.get("newValIsAfter") else "before", neighbour)
    return [
        AddEnumValue(
            name=name,
            value=value,
            if_not_exists=bool(node.get("skipIfNewValExists")),
            position=position,
            span=text.span,
        )
    ]


def _domain(text: StatementText, node: Node) -> list[Operation]:
    constraints = [item["Constraint"] for item in node.get("constraints", []) if "Constraint" in item]
    kinds = {item["contype"] for item in constraints}
    checks = [
        text.in_parentheses(item["raw_expr"], place)
        for item in constraints
        if item["contype"] == "CONSTR_CHECK" and (place := text.place(item)) is not None
    ]
    known = len(checks) == sum(item["contype"] == "CONSTR_CHECK" for item in constraints)
    return [
        CreateDomain(
            name=text.named(node["domainname"]),
            type=data_type(node.get("typeName")),
            constrained=bool(kinds & {"CONSTR_CHECK", "CONSTR_NOTNULL"}),
            not_null="CONSTR_NOTNULL" in kinds,
            checks=tuple(checks) if known and "collClause" not in node else None,
            span=text.span,
        )
    ]


def _alter_domain(text: StatementText, node: Node) -> list[Operation]:
    clause = _DOMAIN_CLAUSES.get(node.get("subtype", ""), "alter")
    if clause == "set default" and "def" not in node:
        clause = "drop default"
    constraint = node.get("def", {}).get("Constraint", {})
    return [
        AlterDomain(
            name=text.named(node["typeName"]),
            clause=clause,
            validated=not constraint.get("skip_validation", False),
            span=text.span,
        )
    ]


def _view(text: StatementText, node: Node) -> list[Operation]:
    query = node.get("query")
    columns, star = columns_named(text, query)
    return [
        CreateView(
            name=text.relation(node["view"]),
            replace=bool(node.get("replace")),
            reads=reads(text, query),
            columns_read=columns,
            reads_every_column=star,
            definition=text.expression(None, text.first, text.last),
            span=text.span,
        )
    ]


def _trigger(text: StatementText, node: Node) -> list[Operation]:
    columns, _ = text.names(node.get("columns", []))
    events = node.get("events", 0)
    return [
        CreateTrigger(
            name=text.name(node.get("trigname")),
            relation=text.relation(node["relation"]),
            replace=bool(node.get("replace")),
            update_of=columns,
            constraint_from=text.relation(node["constrrel"]) if "constrrel" in node else None,
            function=text.named(node.get("funcname", [])),
            events=tuple(name for bit, name in _EVENTS.items() if events & bit),
            for_each_row=bool(node.get("row")),
            span=text.span,
        )
    ]


def _policy(text: StatementText, node: Node) -> list[Operation]:
    expressions = []
    if "qual" in node:
        using = text.find("USING")
        expressions.append(text.in_parentheses(node["qual"], text.first if using is None else using))
    if "with_check" in node:
        check = text.find("CHECK")
        expressions.append(text.in_parentheses(node["with_check"], text.first if check is None else check))
    return [
        CreatePolicy(
            name=text.name(node.get("policy_name")),
            relation=text.relation(node["table"]),
            expressions=tuple(expressions),
            span=text.span,
        )
    ]


def _sequence(text: StatementText, node: Node) -> list[Operation]:
    owner = options(node.get("options", [])).get("owned_by")
    parts = object_parts(owner["arg"]) if owner else []
    return [
        CreateObject(
            kind="sequence",
            name=text.relation(node["sequence"]),
            relation=text.qualified(parts[:-1]) if len(parts) > 1 else None,
            if_not_exists=bool(node.get("if_not_exists")),
            span=text.span,
        )
    ]


def _statistics(text: StatementText, node: Node) -> list[Operation]:
    relations = text.relations(node.get("relations", []))
    relation = relations[0] if relations else None
    name = text.named(node.get("defnames", []))
    if not node.get("defnames") and relation is not None and relation.name is not None:
        # ChooseExtendedStatisticName: an expression counts as "expr".
        elements = [item.get("StatsElem", {}) for item in node.get("exprs", [])]
        columns = joined(element.get("name") or "expr" for element in elements)
        name = Relation(unused_name(relation.name, columns, "stat"), relation.schema)
    return [
        CreateObject(
            kind="statistics",
            name=name,
            relation=relation,
            if_not_exists=bool(node.get("if_not_exists")),
            span=text.span,
        )
    ]


def _rule(text: StatementText, node: Node) -> list[Operation]:
    return [
        CreateObject(
            kind="rule",
            name=Relation(text.name(node.get("rulename"))),
            relation=text.relation(node["relation"]),
            replace=bool(node.get("replace")),
            relations=reads(text, node.get("actions")),
            span=text.span,
        )
    ]


def _publication(text: StatementText, node: Node) -> list[Operation]:
    name = Relation(text.name(node.get("pubname")))
    return [CreateObject(kind="publication", name=name, relations=published(text, node), span=text.span)]


def _schema(text: StatementText, node: Node) -> list[Operation]:
    from .reader import operations_of

    role = node.get("authrole", {}).get("rolename")
    name = text.name(node.get("schemaname") or role)
    created = CreateObject(
        kind="schema", name=Relation(name), if_not_exists=bool(node.get("if_not_exists")), span=text.span
    )
    inside = [found for item in node.get("schemaElts", []) for found in operations_of(text, item)]
    return [created, *(_within(operation, name) for operation in inside)]


def _within(operation: Operation, schema: str | None) -> Operation:
    """What `CREATE SCHEMA s CREATE TABLE t` makes lives in `s`."""
    if isinstance(operation, CreateTable | CreateIndex) and operation.relation.schema is None:
        return replace(operation, relation=Relation(operation.relation.name, schema))
    if isinstance(operation, CreateView) and operation.name.schema is None:
        return replace(operation, name=Relation(operation.name.name, schema))
    return operation


def _define(text: StatementText, node: Node) -> list[Operation]:
    """CREATE TYPE (shell or base), AGGREGATE, OPERATOR, COLLATION, TEXT SEARCH …"""
    return [
        CreateObject(
            kind=kind_name(node.get("kind", "")),
            name=text.named(node.get("defnames", [])),
            if_not_exists=bool(node.get("if_not_exists")),
            replace=bool(node.get("replace")),
            span=text.span,
        )
    ]


def _composite(text: StatementText, node: Node) -> list[Operation]:
    return [CreateObject(kind="type", name=text.relation(node["typevar"]), span=text.span)]


def _simple(kind: str, *fields: str) -> Read:
    """CREATE of an object whose name is one string or a list, in the first of `fields` that is there."""

    def read(text: StatementText, node: Node) -> list[Operation]:
        value = next((node[field] for field in fields if field in node), None)
        if isinstance(value, list):
            name = text.named(value)
        else:
            name = Relation(text.name(value if isinstance(value, str) else None))
        return [
            CreateObject(
                kind=kind,
                name=name,
                if_not_exists=bool(node.get("if_not_exists")),
                replace=bool(node.get("replace")),
                span=text.span,
            )
        ]

    return read


def _cast(text: StatementText, node: Node) -> list[Operation]:
    return [CreateObject(kind="cast", name=Relation(None), span=text.span)]


READERS: dict[str, Read] = {
    "CreateEnumStmt": _enum,
    "AlterEnumStmt": _alter_enum,
    "CreateDomainStmt": _domain,
    "AlterDomainStmt": _alter_domain,
    "ViewStmt": _view,
    "CreateTrigStmt": _trigger,
    "CreatePolicyStmt": _policy,
    "CreateSeqStmt": _sequence,
    "CreateStatsStmt": _statistics,
    "RuleStmt": _rule,
    "CreatePublicationStmt": _publication,
    "CreateSchemaStmt": _schema,
    "DefineStmt": _define,
    "CompositeTypeStmt": _composite,
    "CreateRangeStmt": _simple("type", "typeName"),
    "CreateExtensionStmt": _simple("extension", "extname"),
    "CreateRoleStmt": _simple("role", "role"),
    "CreatedbStmt": _simple("database", "dbname"),
    "CreateTableSpaceStmt": _simple("tablespace", "tablespacename"),
    "CreateSubscriptionStmt": _simple("subscription", "subname"),
    "CreateEventTrigStmt": _simple("event trigger", "trigname"),
    "CreateFdwStmt": _simple("foreign data wrapper", "fdwname"),
    "CreateForeignServerStmt": _simple("server", "servername"),
    "CreateUserMappingStmt": _simple("user mapping", "servername"),
    "CreatePLangStmt": _simple("language", "plname"),
    "CreateAmStmt": _simple("access method", "amname"),
    "CreateOpClassStmt": _simple("operator class", "opclassname"),
    "CreateOpFamilyStmt": _simple("operator family", "opfamilyname"),
    "CreateConversionStmt": _simple("conversion", "conversion_name"),
    "CreateTransformStmt": _simple("transform", "lang"),
    "CreateCastStmt": _cast,
}
