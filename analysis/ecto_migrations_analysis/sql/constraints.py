"""Constraints of the tree, inline or of a table, to `ConstraintDefinition`, with PostgreSQL's names."""

from __future__ import annotations

from ..databases.postgres import names
from ..operations import ConstraintDefinition, Expression, Relation
from ..operations.constraints import ConstraintKind
from ..syntax.span import Span
from .expression_tree import columns_in
from .figure import expression_name
from .parser import Node
from .statement import StatementText
from .tree import items

# Constraint types that become a constraint of the table.
KINDS: dict[str, ConstraintKind] = {
    "CONSTR_CHECK": "check",
    "CONSTR_FOREIGN": "foreign key",
    "CONSTR_UNIQUE": "unique",
    "CONSTR_PRIMARY": "primary key",
    "CONSTR_EXCLUSION": "exclusion",
    "CONSTR_NOTNULL": "not null",
}

_ACTIONS = {"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_MATCH = {"f": "FULL", "p": "PARTIAL"}


def attributes(following: list[Node]) -> Node:
    """The fields that the attributes behind an inline constraint set (`DEFERRABLE`, `NOT ENFORCED`)."""
    fields: Node = {}
    for node in following:
        sort = node.get("contype", "")
        if sort in ("CONSTR_ATTR_DEFERRABLE", "CONSTR_ATTR_DEFERRED"):
            fields["deferrable"] = True
        if sort == "CONSTR_ATTR_DEFERRED":
            fields["initdeferred"] = True
        if sort == "CONSTR_ATTR_NOT_ENFORCED":
            fields["is_enforced"] = False
            fields["skip_validation"] = True
    return fields


def constraint_definition(
    text: StatementText,
    node: Node,
    table: Relation,
    span: Span,
    *,
    column: str | None = None,
    inline: bool = False,
    new_table: bool = False,
) -> ConstraintDefinition:
    """The constraint of a (bare) Constraint node whose type is one of `KINDS`.

    `inline` constraints belong to `column` (None: not known). In a new table NOT VALID means nothing: there
    is nothing to validate, and PostgreSQL marks the constraint as valid (`transformCheckConstraints`).
    """
    kind = KINDS[node["contype"]]
    keys = "fk_attrs" if kind == "foreign key" else "keys"
    columns, complete = text.names(node.get(keys, []))
    if inline and kind != "check":
        columns, complete = ((column,), True) if column is not None else ((), False)
    expression: Expression | None = None
    if kind == "check":
        expression = text.in_parentheses(node.get("raw_expr"), _keyword(text, node, "CHECK"))
        found = columns_in(node.get("raw_expr"))
        columns, complete = tuple(sorted(found or ())), found is not None
    elif kind == "exclusion":
        expression, columns, complete = _exclusion(text, node)
    enforced = bool(node.get("is_enforced", kind not in ("check", "foreign key")))
    skipped = bool(node.get("skip_validation")) and not (new_table and enforced)
    referenced, _ = text.names(node.get("pk_attrs", []))
    nullified, _ = text.names(node.get("fk_del_set_cols", []))
    included, _ = text.names(node.get("including", []))
    definition = ConstraintDefinition(
        kind=kind,
        name=_name(text, node, table, columns, complete, new_table=new_table),
        columns=columns,
        expression=expression,
        references=text.relation(node["pktable"]) if kind == "foreign key" else None,
        referenced_columns=referenced,
        on_delete=_ACTIONS.get(node.get("fk_del_action", "")),
        on_delete_columns=nullified,
        on_update=_ACTIONS.get(node.get("fk_upd_action", "")),
        match=_MATCH.get(node.get("fk_matchtype", "")),
        validated=not skipped,
        enforced=enforced,
        deferrable=bool(node.get("deferrable")),
        initially_deferred=bool(node.get("initdeferred")),
        using_index=text.name(node.get("indexname")),
        nulls_distinct=not node.get("nulls_not_distinct", False),
        no_inherit=bool(node.get("is_no_inherit")),
        include=included,
        complete=complete or "indexname" in node,
        temporal=bool(node.get("without_overlaps") or node.get("fk_with_period")),
        span=span,
    )
    if definition.name is not None:
        text.taken.add(definition.name)
    return definition


def _keyword(text: StatementText, node: Node, word: str) -> int:
    """The token `word` at or behind the place of the constraint."""
    start = text.place(node)
    index = text.first if start is None else start
    while index < text.last and text.tokens.word(index) != word:
        index += 1
    return index


def _exclusion(text: StatementText, node: Node) -> tuple[Expression, tuple[str, ...], bool]:
    """What follows EXCLUDE, and the plain columns of it."""
    start = _keyword(text, node, "EXCLUDE") + 1
    stop = start
    for index in text.tokens.top_level(start, text.last):
        word = text.tokens.word(index)
        if word in (",", "DEFERRABLE", "NOT", "INITIALLY", "ENFORCED"):
            break
        stop = text.tokens.close(index) + 1 if word == "(" else index + 1
    found = [
        text.name(item["IndexElem"].get("name"))
        for pair in node.get("exclusions", [])
        for item in items(pair)
        if "IndexElem" in item
    ]
    columns = tuple(name for name in found if name is not None)
    return text.expression(None, start, stop), columns, not text.has_hole(start, stop)


def _name(
    text: StatementText,
    node: Node,
    table: Relation,
    columns: tuple[str, ...],
    complete: bool,
    *,
    new_table: bool,
) -> str | None:
    """The name written, or the one PostgreSQL makes up; None where it cannot be known."""
    if "conname" in node:
        return text.name(node["conname"])
    if "indexname" in node:
        return text.name(node["indexname"])
    if table.name is None or not complete:
        return None
    kind = KINDS[node["contype"]]
    if kind == "check":
        return names.check_name(table.name, columns, text.taken)
    if kind == "foreign key":
        return names.foreign_key_name(table.name, columns, text.taken)
    if kind == "primary key":
        return names.primary_key_name(table.name, text.taken)
    if kind == "not null":
        return names.not_null_name(table.name, columns[0], text.taken) if columns else None
    if kind == "exclusion":
        return names.exclusion_name(table.name, _element_names(node), text.taken)
    included, known = text.names(node.get("including", []))
    if not known:
        return None
    return names.unique_name(table.name, names.index_column_names([*columns, *included]), text.taken)


def _element_names(node: Node) -> list[str]:
    elements = [
        item["IndexElem"]
        for pair in node.get("exclusions", [])
        for item in items(pair)
        if "IndexElem" in item
    ]
    return names.index_column_names(
        element.get("name") or expression_name(element.get("expr")) for element in elements
    )
