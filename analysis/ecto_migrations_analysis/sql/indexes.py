"""CREATE INDEX."""

from __future__ import annotations

from ..databases.postgres import names
from ..operations import CreateIndex, Expression, IndexElement, Operation, Relation
from .figure import expression_name
from .literals import literal_text
from .parser import Node
from .statement import Read, StatementText
from .tree import strings

_ORDER = {"SORTBY_ASC": "ASC", "SORTBY_DESC": "DESC"}
_NULLS = {"SORTBY_NULLS_FIRST": "NULLS FIRST", "SORTBY_NULLS_LAST": "NULLS LAST"}


def _create(text: StatementText, node: Node) -> list[Operation]:
    relation = text.relation(node["relation"])
    parameters = [item["IndexElem"] for item in node.get("indexParams", [])]
    ranges = _ranges(text, node, len(parameters))
    elements = [
        element
        for fields, (first, last) in zip(parameters, ranges, strict=True)
        if (element := _element(text, fields, first, last)) is not None
    ]
    included = [item["IndexElem"].get("name") for item in node.get("indexIncludingParams", [])]
    include = tuple(name for name in map(text.name, included) if name is not None)
    where = None
    if "whereClause" in node:
        where = text.after("WHERE", node["whereClause"])
    complete = len(elements) == len(parameters) and len(include) == len(included)
    return [
        CreateIndex(
            relation=relation,
            relation_span=text.relation_span(node["relation"]),
            name=_name(text, node, relation, parameters, included, complete),
            elements=tuple(elements),
            unique=bool(node.get("unique")),
            concurrently=bool(node.get("concurrent")),
            if_not_exists=bool(node.get("if_not_exists")),
            method=text.name(node.get("accessMethod")) or "btree",
            include=include,
            where=where,
            nulls_distinct=not node.get("nulls_not_distinct", False),
            only=not node["relation"].get("inh", False),
            options=_options(node),
            complete=complete,
            span=text.span,
        )
    ]


def _name(
    text: StatementText,
    node: Node,
    relation: Relation,
    parameters: list[Node],
    included: list[str | None],
    complete: bool,
) -> str | None:
    if "idxname" in node:
        return text.name(node["idxname"])
    if relation.name is None or not complete:
        return None
    columns = [fields.get("name") or expression_name(fields.get("expr")) for fields in parameters]
    return names.index_name(relation.name, names.index_column_names([*columns, *included]), text.taken)


def _ranges(text: StatementText, node: Node, count: int) -> list[tuple[int, int]]:
    """The tokens of each element in the parentheses behind the table."""
    start = text.place(node["relation"])
    opening = text.find("(", start=text.first if start is None else start)
    if opening is None:
        return [(text.first, text.last)] * count
    ranges = text.tokens.split(opening + 1, text.tokens.close(opening))
    return ranges if len(ranges) == count else [(text.first, text.last)] * count


def _element(text: StatementText, fields: Node, first: int, last: int) -> IndexElement | None:
    """One element; None where its column is not known."""
    column = None
    expression: Expression | None = None
    if "name" in fields:
        column = text.name(fields["name"])
        if column is None:
            return None
    else:
        expression = text.expression(fields.get("expr"), first, _expression_end(text, first, last))
    order = [
        word
        for word in (_ORDER.get(fields.get("ordering", "")), _NULLS.get(fields.get("nulls_ordering", "")))
        if word
    ]
    opclass = ".".join(strings(fields.get("opclass", [])))
    if fields.get("opclassopts"):
        options = [item["DefElem"] for item in fields["opclassopts"]]
        opclass += "(" + ", ".join(f"{item['defname']}={_value(item)}" for item in options) + ")"
    return IndexElement(
        column=column,
        expression=expression,
        order=" ".join(order) or None,
        opclass=opclass or None,
        collation=".".join(strings(fields.get("collation", []))) or None,
    )


def _expression_end(text: StatementText, first: int, last: int) -> int:
    """Behind an index expression, which is a call or stands in parentheses (`index_elem` of gram.y)."""
    if text.tokens.word(first) == "(":
        return min(text.tokens.close(first) + 1, last)
    index = text.tokens.name_end(first)
    if text.tokens.word(index) == "(":
        index = text.tokens.close(index) + 1
    return min(index, last)


def _options(node: Node) -> tuple[str, ...]:
    found = [item["DefElem"] for item in node.get("options", [])]
    options = [f"{item['defname']}={_value(item)}" for item in found]
    if "tableSpace" in node:
        options.append(f"TABLESPACE {node['tableSpace']}")
    return tuple(options)


def _value(item: Node) -> str:
    argument = item.get("arg", {})
    for key, field in (("Integer", "ival"), ("Float", "fval"), ("String", "sval")):
        if key in argument:
            return str(argument[key].get(field, 0))
    if "TypeName" in argument:
        return ".".join(strings(argument["TypeName"].get("names", [])))
    return literal_text(argument) or "true"


READERS: dict[str, Read] = {"IndexStmt": _create}
