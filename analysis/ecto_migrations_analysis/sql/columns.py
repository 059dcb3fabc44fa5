"""Column definitions of CREATE TABLE and ADD COLUMN, with the constraints written inside them."""

from __future__ import annotations

from ..operations import ColumnDefinition, ConstraintDefinition, Generated, Identity, Relation
from ..operations.base import NOWHERE
from ..records import replace
from ..syntax.span import Span
from .constraints import KINDS, attributes, constraint_definition
from .parser import Node
from .statement import StatementText
from .tree import strings
from .types import data_type

# What may stand behind the type and is no constraint of the tree.
_AFTER_TYPE = ("OPTIONS", "STORAGE", "COMPRESSION")


def column_definition(
    text: StatementText, node: Node, table: Relation, last: int, *, new_table: bool = False
) -> tuple[ColumnDefinition, list[ConstraintDefinition]]:
    """The column of a (bare) ColumnDef whose tokens end at `last`, and its constraints except NOT NULL.

    Serial and identity columns are NOT NULL without saying so (`transformColumnDefinition`); a primary key
    stands among the constraints.
    """
    start = text.place(node) or text.first
    name = text.name(node.get("colname"))
    constraints = [item["Constraint"] for item in node.get("constraints", []) if "Constraint" in item]
    collation = node.get("collClause")
    boundaries = sorted(
        place
        for place in map(text.place, [*constraints, *([collation] if collation else [])])
        if place is not None
    )
    type_ = data_type(node.get("typeName"))
    column = ColumnDefinition(
        name=name,
        type=type_,
        not_null=type_.serial,
        collation=".".join(strings(collation["collname"])) if collation else None,
        span=text.span_of(start, last),
        name_span=text.span_of(start, start + 1),
        type_span=_type_span(text, node, boundaries, last),
    )
    found: list[ConstraintDefinition] = []
    for index, constraint in enumerate(constraints):
        first = text.place(constraint)
        if first is None:
            first = start
        sort = constraint["contype"]
        behind = constraints[index + 1 :]
        if sort in KINDS:
            following = _attributes_behind(behind)
            stop = _end(text, [*constraints[index + 1 + len(following) :]], collation, first, last)
            span = text.span_of(first, stop)
            if sort == "CONSTR_NOTNULL":
                column = replace(column, not_null=True, not_null_span=span)
                continue
            merged = {**constraint, **attributes(following)}
            found.append(
                constraint_definition(
                    text, merged, table, span, column=name, inline=True, new_table=new_table
                )
            )
        else:
            stop = _end(text, behind, collation, first, last)
            column = _with(text, column, constraint, first, stop)
    return column, found


def _with(
    text: StatementText, column: ColumnDefinition, constraint: Node, first: int, stop: int
) -> ColumnDefinition:
    """The column with a default, identity or generated clause."""
    sort = constraint["contype"]
    if sort == "CONSTR_DEFAULT":
        while first < stop and text.tokens.word(first) != "DEFAULT":
            first += 1
        return replace(column, default=text.expression(constraint.get("raw_expr"), first + 1, stop))
    if sort == "CONSTR_IDENTITY":
        identity = Identity(constraint.get("generated_when") == "a", text.span_of(first, stop))
        return replace(column, identity=identity, not_null=True)
    if sort == "CONSTR_GENERATED":
        expression = text.in_parentheses(constraint.get("raw_expr"), first)
        return replace(column, generated=Generated(expression, constraint.get("generated_kind") != "v"))
    return column


def _attributes_behind(behind: list[Node]) -> list[Node]:
    found: list[Node] = []
    for node in behind:
        if not node["contype"].startswith("CONSTR_ATTR"):
            break
        found.append(node)
    return found


def _end(text: StatementText, behind: list[Node], collation: Node | None, first: int, last: int) -> int:
    """Where the clause that starts at `first` ends: at the next clause of the column."""
    places = [text.place(node) for node in [*behind, *([collation] if collation else [])]]
    return min((place for place in places if place is not None and place > first), default=last)


def _type_span(text: StatementText, node: Node, boundaries: list[int], last: int) -> Span:
    if not node.get("typeName"):
        return NOWHERE
    first = text.place(node["typeName"])
    if first is None:
        return NOWHERE
    stop = min((place for place in boundaries if place > first), default=last)
    word = text.tokens.find(_AFTER_TYPE, first + 1, stop)
    return text.span_of(first, stop if word is None else word)
