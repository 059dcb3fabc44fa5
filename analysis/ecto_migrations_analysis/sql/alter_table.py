"""ALTER TABLE: each of its actions is an operation of its own, with the source of its clause."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypedDict

from ..operations import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AttachPartition,
    ColumnSetting,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropNotNull,
    Identity,
    OpaqueSQL,
    Operation,
    Relation,
    SetDefault,
    SetExpression,
    SetNotNull,
    TableSetting,
    ValidateConstraint,
)
from ..syntax.span import Span
from .alter_object import alter_object
from .columns import column_definition
from .constraints import KINDS, constraint_definition
from .parser import Node
from .statement import Read, StatementText
from .table_settings import COLUMN_SETTINGS, TABLE_SETTINGS, parameters, subject
from .tables import partition_bound
from .tree import strings
from .types import data_type


class Table(TypedDict):
    """What all operations of one ALTER TABLE share."""

    relation: Relation
    relation_span: Span
    table_if_exists: bool
    only: bool


class Clause:
    """One action: its node, its tokens, and the name that it mentions."""

    def __init__(self, text: StatementText, node: Node, table: Table, first: int, last: int) -> None:
        self.text = text
        self.node = node
        self.table = table
        self.first = first
        self.last = last
        self.name_at = self._name_at()

    @property
    def span(self) -> Span:
        """The whole action: `DROP COLUMN x`."""
        return self.text.span_of(self.first, self.last)

    @property
    def rest(self) -> Span:
        """What is done to the column: `SET NOT NULL` of `ALTER COLUMN x SET NOT NULL`."""
        return self.text.span_of(self.name_at + 1, self.last)

    @property
    def name(self) -> str | None:
        return self.text.name(self.node.get("name"))

    @property
    def name_span(self) -> Span:
        return self.text.span_of(self.name_at, self.name_at + 1)

    @property
    def missing_ok(self) -> bool:
        return bool(self.node.get("missing_ok"))

    @property
    def cascade(self) -> bool:
        return self.node.get("behavior") == "DROP_CASCADE"

    def words(self, first: int, last: int) -> str:
        """Words of the clause in lower case, one space apart."""
        return " ".join(self.text.tokens.word(index).lower() for index in range(first, last))

    def _name_at(self) -> int:
        tokens = self.text.tokens
        index = self.first + 1
        if tokens.is_word(index, "COLUMN", "CONSTRAINT"):
            index += 1
        index = tokens.skip(index, "IF", "NOT", "EXISTS")
        return tokens.skip(index, "IF", "EXISTS")


Action: TypeAlias = Callable[[Clause], "list[Operation]"]


def _alter_table(text: StatementText, node: Node) -> list[Operation]:
    if node.get("objtype") not in ("OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"):
        return alter_object(text, node)
    relation = node["relation"]
    table = Table(
        relation=text.relation(relation),
        relation_span=text.relation_span(relation),
        table_if_exists=bool(node.get("missing_ok")),
        only=not relation.get("inh", False),
    )
    commands = [item["AlterTableCmd"] for item in node.get("cmds", [])]
    operations: list[Operation] = []
    for command, (first, last) in zip(commands, _ranges(text, relation, len(commands)), strict=True):
        clause = Clause(text, command, table, first, last)
        operations.extend(_action(clause))
    return operations


def _ranges(text: StatementText, relation: Node, count: int) -> list[tuple[int, int]]:
    """The tokens of each action: what stands between the commas behind the table's name."""
    start = text.place(relation)
    whole = [(text.first, text.last)] * count
    if start is None:
        return whole
    first = text.tokens.name_end(start)
    if text.tokens.is_word(first, "*", ")"):
        first += 1
    ranges = text.tokens.split(first, text.last)
    return ranges if len(ranges) == count else whole


def _action(clause: Clause) -> list[Operation]:
    action = clause.node.get("subtype", "")
    if action in _ACTIONS:
        return _ACTIONS[action](clause)
    if action in COLUMN_SETTINGS:
        return [
            ColumnSetting(
                column=clause.name,
                column_span=clause.name_span,
                clause=COLUMN_SETTINGS[action],
                span=clause.rest,
                **clause.table,
            )
        ]
    if action in TABLE_SETTINGS:
        return [
            TableSetting(
                clause=TABLE_SETTINGS[action],
                subject=subject(clause.text, clause.node),
                parameters=parameters(clause.node),
                span=clause.span,
                **clause.table,
            )
        ]
    keywords = "ALTER TABLE"
    relations = (clause.table["relation"],)
    reason = f"an action of ALTER TABLE that is not known ({action})"
    return [OpaqueSQL(reason=reason, keywords=keywords, relations=relations, span=clause.span)]


def _add_column(clause: Clause) -> list[Operation]:
    column, constraints = column_definition(
        clause.text, clause.node["def"]["ColumnDef"], clause.table["relation"], clause.last
    )
    operations: list[Operation] = [
        AddColumn(column=column, if_not_exists=clause.missing_ok, span=clause.span, **clause.table)
    ]
    operations.extend(
        AddConstraint(
            constraint=constraint,
            of_new_column=column.name,
            inline=True,
            span=constraint.span,
            **clause.table,
        )
        for constraint in constraints
    )
    return operations


def _drop_column(clause: Clause) -> list[Operation]:
    return [
        DropColumn(
            column=clause.name,
            column_span=clause.name_span,
            if_exists=clause.missing_ok,
            cascade=clause.cascade,
            span=clause.span,
            **clause.table,
        )
    ]


def _column_default(clause: Clause) -> list[Operation]:
    column, place = clause.name, clause.name_span
    value = clause.node.get("def")
    if value is None:
        return [DropDefault(column=column, column_span=place, span=clause.rest, **clause.table)]
    expression = clause.text.expression(value, clause.name_at + 3, clause.last)
    return [
        SetDefault(column=column, column_span=place, default=expression, span=clause.rest, **clause.table)
    ]


def _set_not_null(clause: Clause) -> list[Operation]:
    return [
        SetNotNull(column=clause.name, column_span=clause.name_span, span=clause.rest, **clause.table),
    ]


def _drop_not_null(clause: Clause) -> list[Operation]:
    return [DropNotNull(column=clause.name, column_span=clause.name_span, span=clause.rest, **clause.table)]


def _alter_type(clause: Clause) -> list[Operation]:
    definition = clause.node["def"]["ColumnDef"]
    using = None
    if "raw_default" in definition:
        start = clause.text.tokens.find(("USING",), clause.name_at, clause.last)
        if start is not None:
            using = clause.text.expression(definition["raw_default"], start + 1, clause.last)
    collation = definition.get("collClause")
    return [
        AlterColumnType(
            column=clause.name,
            column_span=clause.name_span,
            type=data_type(definition.get("typeName")),
            using=using,
            collation=".".join(strings(collation["collname"])) if collation else None,
            span=clause.rest,
            **clause.table,
        )
    ]


def _add_identity(clause: Clause) -> list[Operation]:
    always = clause.node["def"]["Constraint"].get("generated_when") == "a"
    return [
        AddIdentity(
            column=clause.name,
            column_span=clause.name_span,
            identity=Identity(always),
            span=clause.rest,
            **clause.table,
        )
    ]


def _set_expression(clause: Clause) -> list[Operation]:
    expression = clause.text.in_parentheses(clause.node.get("def"), clause.name_at)
    return [
        SetExpression(
            column=clause.name,
            column_span=clause.name_span,
            expression=expression,
            span=clause.rest,
            **clause.table,
        )
    ]


def _drop_expression(clause: Clause) -> list[Operation]:
    return [
        DropExpression(column=clause.name, column_span=clause.name_span, span=clause.rest, **clause.table)
    ]


def _add_constraint(clause: Clause) -> list[Operation]:
    node = clause.node["def"]["Constraint"]
    if node["contype"] not in KINDS:
        return []
    constraint = constraint_definition(clause.text, node, clause.table["relation"], clause.span)
    return [AddConstraint(constraint=constraint, span=clause.span, **clause.table)]


def _alter_constraint(clause: Clause) -> list[Operation]:
    name = clause.text.name(clause.node["def"]["ATAlterConstraint"].get("conname"))
    changed = clause.words(clause.name_at + 1, clause.last)
    return [AlterConstraint(name=name, clause=changed, span=clause.span, **clause.table)]


def _validate_constraint(clause: Clause) -> list[Operation]:
    return [ValidateConstraint(name=clause.name, span=clause.span, **clause.table)]


def _drop_constraint(clause: Clause) -> list[Operation]:
    return [
        DropConstraint(
            name=clause.name,
            if_exists=clause.missing_ok,
            cascade=clause.cascade,
            span=clause.span,
            **clause.table,
        )
    ]


def _attach(clause: Clause) -> list[Operation]:
    partition = clause.node["def"]["PartitionCmd"]
    bound = partition.get("bound", {})
    return [
        AttachPartition(
            partition=clause.text.relation(partition["name"]),
            default=bool(bound.get("is_default")),
            bound=partition_bound(clause.text, bound),
            span=clause.span,
            **clause.table,
        )
    ]


def _detach(clause: Clause) -> list[Operation]:
    partition = clause.node["def"]["PartitionCmd"]
    return [
        DetachPartition(
            partition=clause.text.relation(partition["name"]),
            concurrently=bool(partition.get("concurrent")),
            finalize=clause.node["subtype"] == "AT_DetachPartitionFinalize",
            span=clause.span,
            **clause.table,
        )
    ]


_ACTIONS: dict[str, Action] = {
    "AT_AddColumn": _add_column,
    "AT_DropColumn": _drop_column,
    "AT_ColumnDefault": _column_default,
    "AT_SetNotNull": _set_not_null,
    "AT_DropNotNull": _drop_not_null,
    "AT_AlterColumnType": _alter_type,
    "AT_AddIdentity": _add_identity,
    "AT_SetExpression": _set_expression,
    "AT_DropExpression": _drop_expression,
    "AT_AddConstraint": _add_constraint,
    "AT_AlterConstraint": _alter_constraint,
    "AT_ValidateConstraint": _validate_constraint,
    "AT_DropConstraint": _drop_constraint,
    "AT_AttachPartition": _attach,
    "AT_DetachPartition": _detach,
    "AT_DetachPartitionFinalize": _detach,
}

READERS: dict[str, Read] = {"AlterTableStmt": _alter_table}
