"""The tables and columns that a statement names, in the DSL or in SQL.

Operations tell most of it, with the source of each name. What they keep without its source (the columns of an
index, the table of a reference) is taken from the command where there is one, else the clause is the place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import operations as op
from ..operations import Operation, Relation, Statement
from ..operations.base import NOWHERE
from ..operations.tables import ColumnOperation, TableOperation
from ..program import commands as dsl
from ..schema.state import Schema
from ..syntax.span import Span
from .model import Mention


def mentions(statement: Statement) -> Iterator[Mention]:
    """Every name in the statement; the same one may come twice. Names that are not known are left out."""
    found = list(_of_command(statement)) if statement.command is not None else []
    for operation in statement.operations:
        found += _of_operation(operation)
    yield from _known(found)


def operation_mentions(operation: Operation) -> Iterator[Mention]:
    """The names in an operation, where its command is not at hand: of other migrations."""
    yield from _known(_of_operation(operation))


def _known(found: Iterable[Mention]) -> Iterator[Mention]:
    for item in found:
        if item.relation.name is not None and item.column != "" and item.span != NOWHERE:
            yield item


def _at(*spans: Span) -> Span:
    return next((span for span in spans if span != NOWHERE), NOWHERE)


def _table(relation: Relation, span: Span, makes: bool = False) -> Mention:
    return Mention(Schema.key(relation), None, span, makes)


def _column(relation: Relation, name: str | None, span: Span, makes: bool = False) -> Mention:
    return Mention(Schema.key(relation), name or "", span, makes)


def _columns(relation: Relation, names: Iterable[str | None], span: Span) -> Iterator[Mention]:
    for name in names:
        if name is not None:
            yield _column(relation, name, span)


# --- operations --------------------------------------------------------------------------------------------


def _of_operation(operation: Operation) -> Iterator[Mention]:
    if isinstance(operation, TableOperation):
        makes = isinstance(operation, op.CreateTable)
        yield _table(operation.relation, _at(operation.relation_span, operation.span), makes)
        yield from _of_table_operation(operation)
    elif isinstance(operation, op.CreateIndex):
        yield _table(operation.relation, _at(operation.relation_span, operation.span))
        names = [*(element.column for element in operation.elements), *operation.include]
        yield from _columns(operation.relation, names, operation.span)
    elif isinstance(operation, op.DropIndex):
        if operation.relation is not None:
            yield _table(operation.relation, _at(operation.relation_span, operation.span))
    elif isinstance(operation, op.Update):
        yield _table(operation.relation, operation.span)
        yield from _columns(operation.relation, operation.columns, operation.span)
    elif isinstance(operation, op.Insert | op.Delete):
        yield _table(operation.relation, operation.span)


def _of_table_operation(operation: TableOperation) -> Iterator[Mention]:
    relation = operation.relation
    if isinstance(operation, op.CreateTable):
        for column in operation.columns:
            yield _column(relation, column.name, _at(column.name_span, column.span), makes=True)
        for constraint in operation.constraints:
            yield from _of_constraint(relation, constraint, operation.span)
    elif isinstance(operation, op.AddColumn):
        column = operation.column
        yield _column(relation, column.name, _at(column.name_span, column.span), makes=True)
    elif isinstance(operation, ColumnOperation):
        yield _column(relation, operation.column, _at(operation.column_span, operation.span))
        if isinstance(operation, op.RenameColumn):
            yield _column(relation, operation.to, operation.span)
    elif isinstance(operation, op.AddConstraint):
        yield from _of_constraint(relation, operation.constraint, operation.span)
    elif isinstance(operation, op.RenameTable):
        yield _table(Relation(operation.to, relation.schema), operation.span)


def _of_constraint(
    relation: Relation, constraint: op.ConstraintDefinition, otherwise: Span
) -> Iterator[Mention]:
    span = _at(constraint.span, otherwise)
    yield from _columns(relation, constraint.columns, span)
    if constraint.references is not None:
        yield _table(constraint.references, span)
        yield from _columns(constraint.references, constraint.referenced_columns, span)


# --- commands ----------------------------------------------------------------------------------------------


def _of_command(statement: Statement) -> Iterator[Mention]:
    """What the DSL names and operations keep without its place."""
    command = statement.command
    if isinstance(command, dsl.CreateIndex | dsl.DropIndex | dsl.RenameIndex):
        index = command.index
        relation = _named(index.prefix, index.table)
        yield _table(relation, index.table_span)
        for column in (*index.columns, *index.include):
            if not column.expression and isinstance(column.text, str):
                yield _column(relation, column.text, column.span)
    elif isinstance(command, dsl.CreateTable | dsl.AlterTable):
        changes = command.columns if isinstance(command, dsl.CreateTable) else command.changes
        table = _named(command.table.prefix, command.table.name)
        for change in changes:
            reference = getattr(change, "type", None)
            if isinstance(reference, dsl.Reference):
                prefix = reference.prefix if reference.prefix_given else table.schema
                yield _table(_named(prefix, reference.table), reference.table_span)
    elif isinstance(command, dsl.RenameTable):
        yield _table(_named(command.to.prefix, command.to.name), command.to.name_span)


def _named(prefix: object, name: object) -> Relation:
    known = name if isinstance(name, str) else None
    if prefix is None:
        return Relation(known)
    return Relation(known if isinstance(prefix, str) else None, prefix if isinstance(prefix, str) else None)
