"""Commands about indexes and constraints as operations on the database."""

from __future__ import annotations

import re

from ...operations import (
    AddConstraint,
    ConstraintDefinition,
    CreateIndex,
    DropConstraint,
    DropIndex,
    Expression,
    IndexElement,
    RenameIndex,
)
from ...program import commands as c
from ...program.terms import Text, Unknown
from ...records import replace
from ...syntax.span import Span
from .column_operations import names
from .command_names import first_span, relation, spelled
from .index_directions import DIRECTIONS
from .verification import parsed

# An expression that is but a column: PostgreSQL folds what is not quoted to lower case.
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


def create_index_operation(command: c.CreateIndex, sql: str | None) -> CreateIndex:
    """`sql` is the statement, where it is known: the grammar reads expressions and `options:` from it."""
    operation = _stated(command.index, first_span(command.index.span, command.span))
    operation = replace(operation, if_not_exists=command.if_not_exists, span=command.span)
    plain = all(element.column is not None for element in operation.elements)
    if sql is None or (plain and command.index.options is None):
        return operation
    for read in parsed(sql):
        if isinstance(read, CreateIndex):
            return replace(
                operation,
                elements=read.elements,
                include=read.include,
                options=read.options,
                complete=read.complete,
            )
    return operation


def _stated(index: c.Index, span: Span) -> CreateIndex:
    """The index that an `index(…)` describes."""
    elements = tuple(_element(column) for column in index.columns)
    return CreateIndex(
        relation=relation(index.prefix, index.table),
        relation_span=first_span(index.table_span, span),
        name=spelled(index.name),
        elements=elements,
        unique=index.unique is True,
        concurrently=index.concurrently is True,
        method=index.using.strip().lower() if isinstance(index.using, str) else "btree",
        include=names([column.text for column in index.include]),
        where=_expression(index.where),
        nulls_distinct=index.nulls_distinct is not False,
        only=index.only is True,
        complete=index.columns_complete
        and all(isinstance(column.text, str) for column in (*index.columns, *index.include)),
        span=span,
    )


def _element(column: c.IndexColumn) -> IndexElement:
    order = DIRECTIONS.get(column.direction or "")
    if not isinstance(column.text, str):
        return IndexElement(expression=Expression(None, span=column.span), order=order)
    if not column.expression:
        return IndexElement(column=spelled(column.text), order=order)
    if _COLUMN.fullmatch(column.text):
        return IndexElement(column=spelled(column.text.lower()), order=order)
    return IndexElement(expression=Expression(column.text, span=column.span), order=order)


def drop_index_operation(command: c.DropIndex) -> DropIndex:
    index = command.index
    stated = _stated(index, first_span(index.span, command.span))
    return DropIndex(
        name=relation(index.prefix, index.name),
        relation=stated.relation,
        relation_span=stated.relation_span,
        concurrently=index.concurrently is True,
        if_exists=command.if_exists,
        cascade=command.cascade is True,
        stated=stated,
        span=command.span,
    )


def rename_index_operation(command: c.RenameIndex) -> RenameIndex:
    index = command.index
    return RenameIndex(
        name=relation(index.prefix, index.name),
        to=spelled(command.to),
        relation=relation(index.prefix, index.table),
        span=command.span,
    )


def add_constraint_operation(command: c.CreateConstraint, sql: str | None) -> AddConstraint:
    """`sql` is the statement, where it is known: the grammar finds the constraint's columns in it."""
    constraint = command.constraint
    table = relation(constraint.prefix, constraint.table)
    definition = ConstraintDefinition(
        kind="check" if constraint.check is not None else "exclusion",
        name=spelled(constraint.name),
        expression=_body(constraint),
        validated=constraint.validate is not False,
        complete=False,
        span=first_span(constraint.span, command.span),
    )
    for read in parsed(sql) if sql is not None else ():
        if isinstance(read, AddConstraint):
            definition = replace(
                definition, columns=read.constraint.columns, complete=read.constraint.complete
            )
    return AddConstraint(
        relation=table,
        relation_span=first_span(constraint.table_span, command.span),
        constraint=definition,
        span=command.span,
    )


def drop_constraint_operation(command: c.DropConstraint) -> DropConstraint:
    constraint = command.constraint
    return DropConstraint(
        relation=relation(constraint.prefix, constraint.table),
        relation_span=first_span(constraint.table_span, command.span),
        name=spelled(constraint.name),
        if_exists=command.if_exists,
        cascade=command.cascade is True,
        span=command.span,
    )


def _body(constraint: c.Constraint) -> Expression | None:
    """The condition of a check, or what follows EXCLUDE."""
    expression = _expression(constraint.check if constraint.check is not None else constraint.exclude)
    if constraint.check is not None or expression is None or expression.sql is None:
        return expression
    return replace(expression, sql=f"USING {expression.sql}")


def _expression(text: Text | Unknown | None) -> Expression | None:
    if text is None:
        return None
    return Expression(text.value if isinstance(text, Text) else None, span=text.span)
