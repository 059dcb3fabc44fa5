"""CREATE TABLE in its forms."""

from __future__ import annotations

from ..operations import (
    ColumnDefinition,
    ConstraintDefinition,
    CreateObject,
    CreateTable,
    CreateView,
    Expression,
    Operation,
    Relation,
)
from .columns import column_definition
from .constraints import KINDS, constraint_definition
from .parser import Node
from .queries import columns_named, reads
from .statement import Read, StatementText
from .tree import kind

_STRATEGIES = {
    "PARTITION_STRATEGY_RANGE": "range",
    "PARTITION_STRATEGY_LIST": "list",
    "PARTITION_STRATEGY_HASH": "hash",
}


def _create(text: StatementText, node: Node) -> list[Operation]:
    relation = text.relation(node["relation"])
    columns, constraints, like, complete = _elements(text, node, relation)
    bound = node.get("partbound")
    parents = text.relations(node.get("inhRelations", []))
    partition = node.get("partspec", {})
    return [
        CreateTable(
            relation=relation,
            columns=columns,
            constraints=constraints,
            if_not_exists=bool(node.get("if_not_exists")),
            temporary=node["relation"].get("relpersistence") == "t",
            unlogged=node["relation"].get("relpersistence") == "u",
            partition_by=_STRATEGIES.get(partition.get("strategy", "")),
            partition_key=tuple(
                name
                for item in partition.get("partParams", [])
                if (name := text.name(item["PartitionElem"].get("name"))) is not None
            ),
            partition_of=parents[0] if bound and parents else None,
            default_partition=bool(bound and bound.get("is_default")),
            bound=partition_bound(text, bound),
            inherits=() if bound else parents,
            like=like,
            complete=complete and not parents and "ofTypename" not in node,
            relation_span=text.relation_span(node["relation"]),
            span=text.span,
        )
    ]


def _elements(
    text: StatementText, node: Node, relation: Relation
) -> tuple[tuple[ColumnDefinition, ...], tuple[ConstraintDefinition, ...], tuple[Relation, ...], bool]:
    """The columns, the constraints, the tables of LIKE, and whether these are all columns there are."""
    elements = node.get("tableElts", [])
    ranges = _ranges(text, node, len(elements))
    columns: list[ColumnDefinition] = []
    constraints: list[ConstraintDefinition] = []
    like: list[Relation] = []
    for element, (first, last) in zip(elements, ranges, strict=True):
        sort = kind(element)
        fields = element[sort]
        if sort == "ColumnDef":
            column, found = column_definition(text, fields, relation, last, new_table=True)
            columns.append(column)
            constraints.extend(found)
        elif sort == "Constraint" and fields["contype"] in KINDS:
            span = text.span_of(first, last)
            constraints.append(constraint_definition(text, fields, relation, span, new_table=True))
        elif sort == "TableLikeClause":
            like.append(text.relation(fields["relation"]))
    complete = not like and all(column.name is not None for column in columns)
    return tuple(columns), tuple(constraints), tuple(like), complete


def _ranges(text: StatementText, node: Node, count: int) -> list[tuple[int, int]]:
    """The tokens of each element in the parentheses behind the name of the table."""
    start = text.place(node["relation"])
    opening = text.find("(", start=text.first if start is None else start)
    if opening is None or not count:
        return [(text.first, text.last)] * count
    ranges = text.tokens.split(opening + 1, text.tokens.close(opening))
    return ranges if len(ranges) == count else [(text.first, text.last)] * count


def partition_bound(text: StatementText, bound: Node | None) -> Expression | None:
    """`FOR VALUES …` or `DEFAULT` as written."""
    if not bound:
        return None
    start = text.place(bound)
    if start is None:
        return None
    # The tree points at the first token of the bound, or behind FOR VALUES.
    while start > text.first and text.tokens.word(start) not in ("FOR", "DEFAULT"):
        start -= 1
    stop = start + 1
    for index in text.tokens.top_level(start, text.last):
        word = text.tokens.word(index)
        if index > start and word in ("PARTITION", "USING", "ON", "TABLESPACE", ","):
            break
        if word == "WITH" and text.tokens.word(index - 1) != "VALUES":
            break  # the storage parameters, not the modulus of a hash partition
        stop = text.tokens.close(index) + 1 if word == "(" else index + 1
    return text.expression(None, start, stop)


def _create_as(text: StatementText, node: Node) -> list[Operation]:
    into = node["into"]
    query = node.get("query")
    with_data = not into.get("skipData", False)
    if node.get("objtype") == "OBJECT_MATVIEW":
        columns, star = columns_named(text, query)
        return [
            CreateView(
                name=text.relation(into["rel"]),
                materialized=True,
                with_data=with_data,
                if_not_exists=bool(node.get("if_not_exists")),
                reads=reads(text, query),
                columns_read=columns,
                reads_every_column=star,
                definition=text.expression(None, text.first, text.last),
                span=text.span,
            )
        ]
    return [table_from_query(text, into, query, bool(node.get("if_not_exists")))]


def table_from_query(text: StatementText, into: Node, query: object, if_not_exists: bool) -> CreateTable:
    """`CREATE TABLE … AS` and `SELECT … INTO`; `query` is what it reads."""
    return CreateTable(
        relation=text.relation(into["rel"]),
        if_not_exists=if_not_exists,
        temporary=into["rel"].get("relpersistence") == "t",
        unlogged=into["rel"].get("relpersistence") == "u",
        reads=reads(text, query),
        from_query=True,
        with_data=not into.get("skipData", False),
        complete=False,
        relation_span=text.relation_span(into["rel"]),
        span=text.span,
    )


def _create_foreign(text: StatementText, node: Node) -> list[Operation]:
    base = node["base"]
    return [
        CreateObject(
            kind="foreign table",
            name=text.relation(base["relation"]),
            if_not_exists=bool(base.get("if_not_exists")),
            relations=text.relations(base.get("inhRelations", [])),
            span=text.span,
        )
    ]


READERS: dict[str, Read] = {
    "CreateStmt": _create,
    "CreateTableAsStmt": _create_as,
    "CreateForeignTableStmt": _create_foreign,
}
